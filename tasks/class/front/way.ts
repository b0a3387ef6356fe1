import { spawn } from 'node:child_process';
import { type ClientHttp2Session, connect } from 'node:http2';
import { Duplex } from 'node:stream';
import { findTool } from '../../base/exec.ts';
import type { CommandLine } from '../engine.ts';
import { overLines } from './lines.ts';

/** ms that a lab's end may take to answer: on a busy server a program starts slowly. */
const WITHIN = 30_000;

interface Open {
  session: ClientHttp2Session;
  token: string;
  end: () => void;
}

/**
 * The ways to the studios of labs: one command beside each job, over which all connections of its student go. It is opened when it is
 * first needed, and anew when it broke (the lab runs elsewhere).
 */
export class Ways {
  private readonly ways = new Map<string, Promise<Open>>();

  /** `commandFor`: the lab's end of the way; undefined while its lab does not run. */
  constructor(private readonly commandFor: (student: string) => Promise<CommandLine | undefined>) {}

  /** A connection to a student's studio, with the token that opens it. Rejects while the lab does not run, or its end does not answer. */
  async connect(student: string): Promise<{ socket: Duplex; token: string }> {
    const { session, token } = await this.open(student);
    return { socket: await tunnel(session), token };
  }

  /** Closes the way of a student: those who look through it are cut off. */
  async close(student: string): Promise<void> {
    const way = await this.ways.get(student)?.catch(() => undefined);
    this.ways.delete(student);
    way?.end();
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.ways.keys()].map((student) => this.close(student)));
  }

  private open(student: string): Promise<Open> {
    const known = this.ways.get(student);
    if (known) return known;
    const opening = this.begin(student);
    this.ways.set(student, opening);
    const forget = () => {
      if (this.ways.get(student) === opening) this.ways.delete(student);
    };
    opening.then(({ session }) => session.once('close', forget), forget);
    return opening;
  }

  private async begin(student: string): Promise<Open> {
    const command = await this.commandFor(student);
    if (!command) throw new Error('the lab does not run');
    const program = spawn(findTool(command.program) ?? command.program, command.args, {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const stream = overLines(program.stdout, program.stdin);
    // Its end is heard by those who wait for an answer.
    stream.on('error', () => undefined);
    const session = connect('http://lab', { createConnection: () => stream });
    session.on('error', () => undefined);
    // By its stream, never by itself: a session that is ended while something waits to be written writes its last word in between, which Node
    // (20.20) takes for a defect of its own, and ends the process of all.
    const end = () => {
      stream.destroy();
      program.kill();
    };
    program.on('error', end);
    program.on('exit', end);
    session.once('close', end);
    try {
      return { session, end, token: await tokenOf(session) };
    } catch (error) {
      end();
      throw error;
    }
  }
}

/** The token that opens the studio, from the lab's end. */
function tokenOf(session: ClientHttp2Session): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = session.request({ ':method': 'GET', ':path': '/token' });
    let token = '';
    let status = 0;
    asked.setTimeout(WITHIN, () => asked.destroy(new Error('no answer')));
    asked.on('response', (headers) => {
      status = Number(headers[':status']);
    });
    asked.setEncoding('utf8').on('data', (text: string) => {
      token += text;
    });
    asked.on('end', () =>
      status === 200 && /^[\w-]{20,100}$/.test(token)
        ? resolve(token)
        : reject(new Error('the lab has no page yet')),
    );
    asked.on('error', reject);
    asked.on('close', () => reject(new Error('the way to the lab was lost')));
  });
}

function tunnel(session: ClientHttp2Session): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': 'CONNECT', ':authority': 'lab' });
    stream.on('error', reject);
    stream.on('close', () => reject(new Error('the way to the lab was lost')));
    stream.on('response', (headers) =>
      Number(headers[':status']) === 200
        ? resolve(ofBytes(stream))
        : reject(new Error('the page of the lab does not answer')),
    );
  });
}

/**
 * The same stream, which is only ever given bytes: Node's streams of HTTP/2 (20.20, seen with node:http over one) send garbage in the place of the
 * first bytes of a string in latin1.
 */
function ofBytes(stream: Duplex): Duplex {
  const bytes = new Duplex({
    read: () => void stream.resume(),
    write: (chunk: Buffer, _, done) => void stream.write(chunk, (error) => done(error)),
    final: (done) => void stream.end(() => done()),
    destroy(error, done) {
      stream.destroy();
      done(error);
    },
  });
  stream.on('data', (chunk: Buffer) => {
    if (!bytes.push(chunk)) stream.pause();
  });
  stream.on('end', () => bytes.push(null));
  stream.on('error', (error) => bytes.destroy(error));
  // What has come whole is still to be read.
  stream.on('close', () => (stream.readableEnded ? undefined : bytes.destroy()));
  return bytes;
}

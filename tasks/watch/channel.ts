import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ADMIN_SOCKET, frontend, parseStat } from '../inspect/haproxy.ts';
import { IDENTIFIERS } from '../inspect/journal/rules.ts';
import { asking } from '../inspect/scripts.ts';
import { socketFolder } from '../remote/sockets.ts';
import { OWN_CONNECTION, quote, type SshHost, sshArguments } from '../remote/ssh.ts';
import { Lines, questionAfter } from './lines.ts';
import type { Happening } from './model/event.ts';
import type { WebServer } from './model/plan.ts';

/** What a channel asks for and whom it tells. */
export interface ChannelOptions {
  root: string;
  nic: string;
  roles: string[];
  services: string[];
  /** How many times longer than usual the machine may take (roles/timers.ts). */
  timeoutFactor: number;
  host: () => Promise<SshHost | undefined>;
  tell: (t: number, happening: Happening) => void;
}

/** Seconds between two words to the machine, which ends its part when none comes (machine.sh). */
const WORD_MS = 15_000;
/** ms until a lost channel is tried again: at first, and at most. */
const AGAIN = 500;
const AGAIN_MOST = 5000;
/** ms after a line of the journal until the machine is asked, once for several lines, and once more when it has settled. */
const ASK_AFTER = [700, 5000];
/** ms between two questions to HAProxy. */
const REQUESTS_MS = 1000;

/**
 * The line to one machine: one ssh connection of its own, with machine.sh at its other end, and a way to HAProxy's socket. Opened
 * again when it is lost, for as long as it is wanted; the journal goes on where it was read to.
 */
export class Channel {
  private readonly lines = new Lines();
  private child: ChildProcess | undefined;
  private wanted = false;
  private wait = AGAIN;
  private again: NodeJS.Timeout | undefined;
  private readonly asked = new Map<string, NodeJS.Timeout[]>();
  private readonly words: NodeJS.Timeout;
  private requests: NodeJS.Timeout | undefined;
  private asking = false;
  private lastRequests = '';
  /** When the machine was last heard; ms since 1970. */
  heard: number | undefined;

  constructor(
    readonly machine: string,
    private readonly options: ChannelOptions,
  ) {
    this.words = setInterval(() => this.say('on'), WORD_MS);
  }

  /** Whether the machine has power: then the line is kept open. */
  want(wanted: boolean): void {
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    this.wait = AGAIN;
    if (wanted) void this.open();
    else this.close();
  }

  /** Ends it for good. */
  end(): void {
    this.wanted = false;
    clearInterval(this.words);
    this.close();
  }

  private close(): void {
    clearTimeout(this.again);
    clearInterval(this.requests);
    for (const timers of this.asked.values()) for (const timer of timers) clearTimeout(timer);
    this.asked.clear();
    const { child } = this;
    this.child = undefined;
    this.heard = undefined;
    child?.stdin?.end();
    child?.kill();
  }

  private async open(): Promise<void> {
    const host = await this.options.host().catch(() => undefined);
    if (!this.wanted || this.child) return;
    if (!host) return this.later();
    const { child, socket } = this.start(host);
    this.child = child;
    child.stdin?.on('error', () => undefined);
    // Whatever ssh and the machine's programs complain of: the picture says that nothing is heard.
    child.stderr?.resume();
    if (child.stdout)
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (this.child === child) this.hear(line);
      });
    const ended = () => {
      if (this.child !== child) return;
      this.child = undefined;
      this.heard = undefined;
      clearInterval(this.requests);
      if (this.wanted) this.later();
    };
    child.on('error', ended);
    child.on('exit', ended);
    if (socket) this.requests = setInterval(() => void this.askRequests(socket), REQUESTS_MS);
  }

  private later(): void {
    clearTimeout(this.again);
    this.again = setTimeout(() => void this.open(), this.wait);
    this.wait = Math.min(this.wait * 2, AGAIN_MOST);
  }

  private start(host: SshHost): { child: ChildProcess; socket: string | undefined } {
    const { root, nic, roles, services, timeoutFactor } = this.options;
    const script = `${asking(root, timeoutFactor)}\n${readFileSync(join(root, 'tasks', 'watch', 'machine.sh'), 'utf8')}`;
    const words = [nic, roles.join(' '), services.join(' '), this.lines.cursor, ...IDENTIFIERS];
    const command = ['exec', 'bash', '-c', script, 'lab-watch', ...words]
      .map((word, index) => (index < 3 ? word : quote(word)))
      .join(' ');
    const asRoot = host.User === 'root' ? command : `exec sudo -n ${command.slice('exec '.length)}`;
    // HAProxy's socket belongs to root: another account has no way to it.
    const socket = roles.includes('lb') && host.User === 'root' ? requestsSocket(host) : undefined;
    const forward = socket ? ['-o', 'StreamLocalBindUnlink=yes', '-L', `${socket}:${ADMIN_SOCKET}`] : [];
    // A connection of its own: other commands forget shared ones. A short loss of the network does not end it.
    const child = spawn('ssh', [...OWN_CONNECTION, ...forward, ...sshArguments(host), asRoot], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    return { child, socket };
  }

  private hear(line: string): void {
    const now = Date.now();
    this.heard = now;
    this.wait = AGAIN;
    for (const { t, happening } of this.lines.read(line, now)) {
      this.options.tell(t, happening);
      if (happening.what === 'said') this.askLater(questionAfter(happening.code));
      // One that moved is listed once more: what was listed at the same moment may be older.
      else if (happening.what.startsWith('address-')) this.askLater('addresses');
    }
  }

  private askLater(question: string | undefined): void {
    if (!question || this.asked.has(question)) return;
    const timers = ASK_AFTER.map((after, index) =>
      setTimeout(() => {
        this.say(`ask ${question}`);
        if (index === ASK_AFTER.length - 1) this.asked.delete(question);
      }, after),
    );
    this.asked.set(question, timers);
  }

  private say(word: string): void {
    this.child?.stdin?.write(`${word}\n`);
  }

  private async askRequests(socket: string): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    try {
      const told = readRequests(await askSocket(socket, 'show stat'));
      const text = JSON.stringify(told);
      // At rest nothing changes, and nothing is told.
      if (told && text !== this.lastRequests && this.child) this.options.tell(Date.now(), told);
      this.lastRequests = text ?? '';
    } catch {
      // HAProxy does not run, or the machine is not reached: what it passes on is not known.
    } finally {
      this.asking = false;
    }
  }
}

/** Where HAProxy of a machine is reached on this computer: a short path, as sockets must have. */
const requestsSocket = (host: SshHost): string => {
  const hash = createHash('sha256').update(`${host.IdentityFile}:${host.Host}:${process.pid}`).digest('hex');
  return join(socketFolder(), `w${hash.slice(0, 14)}`);
};

/** Bytes of an answer that are read at most, and ms that it may take. */
const MOST = 256 * 1024;
const PATIENCE = 3000;

function askSocket(path: string, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(path, () => socket.write(`${question}\n`));
    socket.setEncoding('utf8');
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error('no answer')));
    socket.on('data', (text: string) => {
      answer += text;
      if (answer.length > MOST) socket.destroy(new Error('too long'));
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

/** What a load balancer passes on, of its `show stat`; undefined when that is none. */
export function readRequests(csv: string): Extract<Happening, { what: 'requests' }> | undefined {
  const front = frontend(csv, 'front');
  if (!front) return undefined;
  const servers: Record<string, WebServer> = {};
  for (const { backend, name, status, columns } of parseStat(csv)) {
    // The same machine once more, for when none passes its checks.
    if (!['web', 'files', 'sessions'].includes(backend) || name.endsWith('-anyway')) continue;
    const known = servers[name];
    servers[name] = {
      status: backend === 'web' || !known ? (status.split(' ')[0] ?? '') : known.status,
      rate: (known?.rate ?? 0) + (Number(columns.rate) || 0),
    };
  }
  return { source: 'haproxy', what: 'requests', rate: Number(front.columns.req_rate) || 0, servers };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { LabError } from '../../base/errors.ts';
import { OWN_CONNECTION, type SshHost, sshArguments } from '../../remote/ssh.ts';
import type { Budgets } from './budgets.ts';
import type { Kind } from './model.ts';
import { Axis, isSample, type Note, parseLine, type Sample } from './samples.ts';

/** What the sampler is told. Sent through its standard input: passwords do not belong on a command line. */
export interface SamplerSettings extends Pick<Budgets, 'kinds' | 'size' | 'largeSize' | 'largeRate'> {
  app: string;
  url: string;
  user: string;
  password: string;
  /** Marks what this drill writes. */
  prefix: string;
}

/** Seconds the sampler may take to log in and prepare, and to read back what was written. */
const PREPARE = 60;
const READ_BACK = 300;

/** The sampler on the client machine (roles/client/files/sampler), as it runs. */
export class Sampler {
  readonly samples: Sample[] = [];
  readonly notes: Note[] = [];
  readonly axis = new Axis();
  private readonly child: ChildProcess;
  private readonly waiting = new Set<() => void>();
  private ended: string | undefined;
  private stderr = '';

  private readonly timeoutFactor: number;

  /** `timeoutFactor`: how many times longer it may take to begin and to read back (environment/provision/context.ts). */
  constructor(host: SshHost, settings: SamplerSettings, timeoutFactor = 1) {
    this.timeoutFactor = timeoutFactor;
    const command = 'exec python3 -u /usr/local/lib/lab/sampler';
    const words = host.User === 'root' ? command : `sudo -n ${command.slice('exec '.length)}`;
    this.child = spawn('ssh', [...OWN_CONNECTION, ...sshArguments(host), words], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stdin?.on('error', () => undefined);
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-2000);
    });
    if (this.child.stdout)
      createInterface({ input: this.child.stdout }).on('line', (line) => this.hear(line));
    this.child.on('error', (error) => this.end(error.message));
    this.child.on('close', (code) => this.end(`exit code ${code}`));
    this.say(settings);
  }

  /** Resolves when it measures. LabError when the service cannot be used. */
  async begun(): Promise<void> {
    const note = await this.note(['begun', 'problem'], PREPARE * this.timeoutFactor);
    if (note.t !== 'problem') return;
    throw new LabError(
      {
        en: `The client cannot use the service: ${note.text}.`,
        fr: `Le client ne peut pas utiliser le service : ${note.text}.`,
      },
      { en: '`lab status` shows what is wrong.', fr: '`lab status` montre ce qui ne va pas.' },
    );
  }

  /** Starts no more requests; resolves with the time when the last one has ended. */
  async stop(seconds: number): Promise<number> {
    this.say({ do: 'stop' });
    const note = await this.note(['stopped'], seconds);
    return 'at' in note ? note.at : 0;
  }

  /** Reads back what was written: for each kind that writes, what is there. */
  async verify(): Promise<Map<Kind, Record<string, number | string> | undefined>> {
    this.say({ do: 'verify' });
    await this.note(['verified'], READ_BACK * this.timeoutFactor);
    return new Map(
      this.notes.flatMap((note) => (note.t === 'found' ? [[note.kind, note.names ?? undefined]] : [])),
    );
  }

  /** Ends it, whatever it does: it stops with its input. */
  close(): void {
    this.child.stdin?.end();
    this.child.kill();
  }

  private say(value: unknown): void {
    this.child.stdin?.write(`${JSON.stringify(value)}\n`);
  }

  private hear(line: string): void {
    const heard = parseLine(line);
    if (!heard) return;
    if (isSample(heard)) {
      this.samples.push(heard);
      return;
    }
    if (heard.t === 'begun' || heard.t === 'tick') this.axis.heard(heard.at, Date.now());
    this.notes.push(heard);
    for (const wake of this.waiting) wake();
  }

  private end(why: string): void {
    this.ended ??= why;
    for (const wake of this.waiting) wake();
  }

  private async note(kinds: Note['t'][], seconds: number): Promise<Note> {
    const until = Date.now() + seconds * 1000;
    for (;;) {
      const found = this.notes.find((note) => kinds.includes(note.t));
      if (found) return found;
      if (this.ended !== undefined || Date.now() > until) throw this.gone(kinds);
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          this.waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, 1000);
        this.waiting.add(wake);
      });
    }
  }

  private gone(kinds: string[]): LabError {
    return new LabError(
      {
        en: `The sampler on the client machine does not go on (${this.ended ?? `no "${kinds.join('" or "')}" in time`}).`,
        fr: `L'échantillonneur de la machine cliente ne continue pas (${this.ended ?? `pas de « ${kinds.join(' » ou « ')} » à temps`}).`,
      },
      {
        en: 'run `lab apply client`, which brings the client machine up to date, and drill again.',
        fr: "lancez `lab apply client`, qui met la machine cliente à jour, puis recommencez l'exercice.",
      },
      this.stderr.trim().split('\n').filter(Boolean).slice(-6),
    );
  }
}

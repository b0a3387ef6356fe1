import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { nameOption } from '../base/paths.ts';
import { readTimers, type Timers } from '../inspect/timers.ts';
import { undoesItself } from '../measure/drill/faults.ts';
import { predict } from '../measure/drill/predict.ts';
import type { DrillSite } from '../measure/drill/site.ts';
import { type Target, targetOf } from '../measure/drill/target.ts';
import { holdOf } from '../measure/drill/verdict.ts';
import type { LabState } from '../watch/model/state.ts';
import { type Acts, breakable, commandOf } from './acts.ts';
import { holdsOf } from './holds.ts';
import { kitProgram, printable } from './kit.ts';
import type { Act, Door, Forecast, Offer, Work } from './page/protocol.ts';

/** ms that the timers of the machines are taken for the same. */
const KNOWN_MS = 60_000;
/** Lines of what a command says that are kept. */
const LINES = 12;

/** Does what a page asks for, by the kit's own commands, one at a time. */
export class LabActs implements Acts {
  private site: DrillSite | undefined;
  private breaks: Pick<Offer, 'targets' | 'holders'> = { targets: [], holders: [] };
  private child: ChildProcess | undefined;
  private stopped = false;
  /** What begins when the command that is being stopped has ended. */
  private next: Act | undefined;
  private timers: { read: Promise<Timers>; at: number } | undefined;
  private ended: () => void = () => undefined;

  /** `door`: what can be done with the lab as a whole, now. `state`: of the lab now. `tell`: told what becomes of a command. */
  constructor(
    private readonly lab: { name: string; root: string },
    private readonly door: () => Door,
    private readonly state: () => LabState,
    private readonly tell: (work: Work) => void,
    private readonly program = kitProgram(lab.root),
  ) {}

  /** From now on this lab is there to be broken; undefined: none is. */
  enter(site: DrillSite | undefined): void {
    this.site = site;
    this.timers = undefined;
    this.breaks = site ? breakable(site.topology, site.engine) : { targets: [], holders: [] };
  }

  get offer(): Offer {
    return { ...this.breaks, door: this.door() };
  }

  async predict(target: Target): Promise<Forecast> {
    const { site } = this;
    // Without one nothing is offered, and nothing asked for.
    if (!site) throw new Error('no lab to break');
    const { topology, budgets } = site;
    const fault = targetOf(target, topology, holdsOf(this.state()));
    const roles = topology.machines.find(({ name }) => name === fault.machine)?.roles ?? [];
    const undoes = undoesItself(fault.kind);
    return {
      fault,
      expected: predict(fault, topology, await this.timersNow(site)),
      hold: holdOf(budgets, fault, roles),
      ...(undoes === undefined ? {} : { undoes }),
    };
  }

  /** What the machines run with; asked once a minute, and after each command. */
  private timersNow(site: DrillSite): Promise<Timers> {
    const now = Date.now();
    if (!this.timers || now - this.timers.at > KNOWN_MS) {
      const read = readTimers(site.engine, site.facts);
      const kept = { read, at: now };
      this.timers = kept;
      read.catch(() => {
        if (this.timers === kept) this.timers = undefined;
      });
    }
    return this.timers.read;
  }

  begin(act: Act): boolean {
    if (this.child) {
      // A drill that is stopped undoes its own fault.
      if (act.do !== 'stop' && act.do !== 'undo') return false;
      if (act.do === 'undo') this.next = act;
      this.stop();
      return true;
    }
    const words = commandOf(act, this.lab.name);
    if (words && act.do !== 'stop') this.start(words, act.do, act.language);
    return true;
  }

  /** Whether a command is at work. */
  get busy(): boolean {
    return this.child !== undefined;
  }

  /** Stops what is at work; resolves when it has ended, with what it broke undone. */
  end(): Promise<void> {
    this.next = undefined;
    if (!this.child) return Promise.resolve();
    const over = new Promise<void>((resolve) => {
      this.ended = resolve;
    });
    this.stop();
    return over;
  }

  /** Once: a second signal would end the command before it has undone what it did. */
  private stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.child?.kill('SIGINT');
  }

  private start(words: string[], what: Work['what'], language: string): void {
    const [program, ...first] = this.program;
    const lab = this.lab.name;
    const typed = ['npx lab', ...shownWords(words)].join(' ') + nameOption(lab);
    const work = (state: Work['state'], said: string[]) => this.tell({ command: typed, what, state, said });
    // Not of the terminal's: Ctrl-C there would reach it as well as the signal that ends it.
    const child = spawn(program, [...first, ...words, '--lang', language], {
      ...{ stdio: ['ignore', 'pipe', 'pipe'], detached: true, windowsHide: true },
    });
    this.child = child;
    this.stopped = false;
    work('running', []);
    const [said, problems]: [string[], string[]] = [[], []];
    const hear = (into: string[]) => (line: string) => {
      const text = printable(line);
      if (text === '') return;
      into.push(text);
      if (into.length > LINES) into.shift();
      if (this.child === child) work('running', [text]);
    };
    createInterface({ input: child.stdout }).on('line', hear(said));
    createInterface({ input: child.stderr }).on('line', hear(problems));
    child.once('error', (error) => problems.push(error.message));
    child.once('close', (code) => {
      this.child = undefined;
      this.timers = undefined;
      // A drill ends with 1 and 3 by its verdict, too; it says nothing on standard error then.
      const failed =
        !this.stopped && code !== 0 && (what !== 'drill' || problems.length > 0 || said.length === 0);
      work(failed ? 'failed' : 'done', failed ? problems : said.slice(-1));
      const { next } = this;
      this.next = undefined;
      if (next) this.begin(next);
      else this.ended();
    });
  }
}

/** A command as it is shown: a student's code is nobody else's, and a page may be on a wall. */
const shownWords = (words: string[]): string[] =>
  words.slice(0, words.indexOf('--name')).map((word, at) => (words[at - 1] === '--code' ? '…' : word));

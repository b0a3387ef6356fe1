import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { type HostLine, ofLab } from './host-lines.ts';
import { kitProgram } from './kit.ts';
import type { Output } from './page/protocol.ts';

/** Lines of what commands print that are kept, and characters of each. */
const LINES = 400;
const LONGEST = 240;
/** ms between two words to the pages about what was printed. */
const EVERY = 200;

/** A line as a page shows it: its spaces stay, what a terminal would obey goes. */
const shown = (line: string): string =>
  stripVTControlCharacters(line)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trimEnd()
    .slice(0, LONGEST);

/** Has the commands of a guide's block run on this computer, one after the other, by the kit itself: no shell reads them. */
export class HostRun {
  private output: Output | undefined;
  private children: ChildProcess[] = [];
  private stopped = false;
  private timer: NodeJS.Timeout | undefined;
  private work: Promise<void> = Promise.resolve();

  /** `tell`: told what is printed, and when it ends. */
  constructor(
    private readonly lab: { name: string; root: string },
    private readonly tell: (output: Output) => void,
    private readonly program = kitProgram(lab.root),
  ) {}

  /** Begins a block of lab `id`. False: another one is at work. */
  begin(id: string, text: string, lines: HostLine[], language: string): boolean {
    if (this.output?.running) return false;
    this.stopped = false;
    this.output = { lab: id, text, running: true, lines: [], left: 0 };
    this.told();
    this.work = this.all(lines, language);
    return true;
  }

  /** Ends what is at work as Ctrl-C does. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    for (const child of this.children) child.kill('SIGINT');
  }

  /** The same; resolves when it has ended. */
  end(): Promise<void> {
    this.stop();
    return this.work;
  }

  private async all(lines: HostLine[], language: string): Promise<void> {
    let code = 0;
    for (const line of lines) {
      if (this.stopped) break;
      this.print(`$ npx lab ${line.words.join(' ')}`);
      code = await this.one(line, language);
      // As the guide's own `|| echo` does, and as a shell without it that stops at the first failure.
      if (code !== 0 && line.mayFail) {
        this.print(`exit code ${code}`);
        code = 0;
      } else if (code !== 0) break;
    }
    if (this.output) this.output = { ...this.output, running: false, code: this.stopped ? 130 : code };
    this.told();
  }

  private async one({ words, into }: HostLine, language: string): Promise<number> {
    const first = this.start(words, language, 'ignore');
    const second = into && this.start(into, language, 'pipe');
    this.children = second ? [first, second] : [first];
    if (second?.stdin && first.stdout) {
      second.stdin.on('error', () => undefined);
      first.stdout.pipe(second.stdin);
    } else this.hear(first.stdout);
    this.hear(first.stderr);
    if (second) {
      this.hear(second.stdout);
      this.hear(second.stderr);
    }
    const codes = await Promise.all(this.children.map(codeOf));
    this.children = [];
    return codes.find((code) => code !== 0) ?? 0;
  }

  private start(words: string[], language: string, input: 'ignore' | 'pipe'): ChildProcess {
    const [program, ...before] = this.program;
    // Not of the terminal's: Ctrl-C there would reach it as well as the signal that ends it.
    return spawn(program, [...before, ...ofLab(words, this.lab.name, language)], {
      ...{ stdio: [input, 'pipe', 'pipe'], detached: true, windowsHide: true },
    });
  }

  private hear(stream: Readable | null): void {
    if (stream) createInterface({ input: stream }).on('line', (line) => this.print(shown(line)));
  }

  private print(line: string): void {
    const { output } = this;
    if (!output) return;
    const lines = [...output.lines, line];
    const over = Math.max(0, lines.length - LINES);
    this.output = { ...output, lines: lines.slice(over), left: output.left + over };
    this.timer ??= setTimeout(() => this.told(), EVERY);
  }

  private told(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.output) this.tell(this.output);
  }
}

/** The exit code of a program; 1 where it could not be started or a signal ended it. */
const codeOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('close', (code) => resolve(code ?? 1));
  });

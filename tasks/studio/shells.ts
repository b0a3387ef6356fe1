import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import * as z from 'zod';
import { LabError } from '../base/errors.ts';
import type { Shell } from './page/protocol.ts';
import { ShellOutput, shellCommand, type Viewer } from './shell.ts';

/** Shells that are open at once. */
const MOST = 16;

/** The way to a machine's terminals. */
export interface Way {
  /** Program and words that run a command there on a terminal. */
  start(command: string): [string, ...string[]];
  /** Runs a command there beside it. Never throws. */
  run(command: string): Promise<unknown>;
}

/** Terminals that pages open. */
export interface Shells {
  /** Opens one of this size and returns its name. LabError when the machine cannot be reached. */
  open(machine: string, cols: number, rows: number): Promise<string>;
  close(id: string): void;
  /** Shows one from a place in its output on. False: there is none of this name. */
  attach(id: string, from: number, page: WebSocket): boolean;
}

const size = z.int().min(2).max(500);
const saidSchema = z.union([
  z.strictObject({ type: z.string() }),
  z.strictObject({ got: z.int().min(0) }),
  z.strictObject({ size: z.tuple([size, size]) }),
  z.strictObject({ redraw: z.literal(true) }),
]);

interface Open {
  machine: string;
  child: ChildProcessWithoutNullStreams;
  output: ShellOutput;
  way: Way;
  pages: Set<WebSocket>;
  /** Columns and rows that were wished for last. */
  size?: [number, number];
  ended: boolean;
}

/** Shells on machines, which stay when a page is gone. `tell`: told which there are; `used`: that somebody types. */
export class LabShells implements Shells {
  private readonly all = new Map<string, Open>();

  constructor(
    private readonly wayTo: (machine: string) => Promise<Way>,
    private readonly tell: (shells: Shell[]) => void,
    private readonly used: () => void = () => undefined,
  ) {}

  async open(machine: string, cols: number, rows: number): Promise<string> {
    if ([...this.all.values()].filter(({ ended }) => !ended).length >= MOST) throw tooMany();
    const way = await this.wayTo(machine);
    const [program, ...words] = way.start(shellCommand(cols, rows));
    // Not of the terminal's in which the studio runs: Ctrl-C there is not for a program on a machine.
    const child = spawn(program, words, {
      ...{ stdio: 'pipe', detached: true, windowsHide: true },
      env: { ...process.env, TERM: 'xterm-256color' },
    });
    const id = randomBytes(8).toString('hex');
    const output = new ShellOutput(child, () => resize(open));
    const open: Open = { machine, child, output, way, pages: new Set(), ended: false };
    this.all.set(id, open);
    child.once('error', () => this.ended(open));
    child.once('close', () => this.ended(open));
    this.told();
    return id;
  }

  close(id: string): void {
    const open = this.all.get(id);
    if (!open) return;
    this.all.delete(id);
    open.child.kill('SIGHUP');
    // What it still says is nobody's any more, and it must not wait for somebody to read it.
    open.child.stdout.destroy();
    for (const page of open.pages) page.close();
    this.told();
  }

  attach(id: string, from: number, page: WebSocket): boolean {
    const open = this.all.get(id);
    if (!open) return false;
    const viewer: Viewer = {
      data: (bytes) => page.send(bytes),
      from: (at, until) => page.send(JSON.stringify({ at, until })),
    };
    open.pages.add(page);
    page.on('message', (data) => this.said(open, viewer, String(data)));
    page.on('error', () => undefined);
    page.on('close', () => {
      open.pages.delete(page);
      open.output.remove(viewer);
    });
    open.output.add(viewer, from);
    return true;
  }

  /** Ends all of them. */
  end(): void {
    for (const id of [...this.all.keys()]) this.close(id);
  }

  private said(open: Open, viewer: Viewer, text: string): void {
    const said = saidIn(text);
    if (!said) return;
    if ('type' in said) {
      this.used();
      open.output.type(said.type);
    } else if ('got' in said) open.output.got(viewer, said.got);
    else if ('redraw' in said) redraw(open);
    else {
      open.size = said.size;
      resize(open);
    }
  }

  private ended(open: Open): void {
    if (open.ended) return;
    open.ended = true;
    open.output.end();
    this.told();
  }

  private told(): void {
    this.tell([...this.all].map(([id, { machine, ended }]) => ({ id, machine, ended })));
  }
}

/** Gives a terminal the size that was wished for, once it is known there. */
function resize({ output: { device }, way, size }: Open): void {
  // The name has the form that ShellOutput looks for, and what stands behind it are numbers.
  if (device !== undefined && size) void way.run(`stty -F ${device} cols ${size[0]} rows ${size[1]}`);
}

/** s between two sizes, so that a program hears of both: of one that comes right after another it may not see that it changed. */
const SEEN = 0.2;

/** Has the program that runs in a terminal draw its screen again: it does when its size has changed, here for a moment. */
function redraw({ output: { device }, way, size }: Open): void {
  if (device === undefined || !size) return;
  const [cols, rows] = size;
  void way.run(
    `stty -F ${device} cols ${cols} rows ${rows > 2 ? rows - 1 : rows + 1}; sleep ${SEEN}; stty -F ${device} cols ${cols} rows ${rows}`,
  );
}

function saidIn(text: string): z.infer<typeof saidSchema> | undefined {
  try {
    return saidSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

const tooMany = () =>
  new LabError(
    {
      en: `${MOST} terminals are open: no more at once.`,
      fr: `${MOST} terminaux sont ouverts : pas davantage à la fois.`,
    },
    { en: 'close one of them.', fr: 'fermez-en un.' },
  );

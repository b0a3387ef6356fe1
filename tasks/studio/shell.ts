import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { Ring } from './ring.ts';

/** Bytes that somebody who looks may be behind before no more is sent. */
const WINDOW = 128 * 1024;
/** Bytes of one message. */
const MESSAGE = 32 * 1024;
/** Bytes that may wait for a machine that takes no input. */
const WAITING = 1 << 20;

/** How the machine's side says which terminal it has: a sequence that no terminal obeys. */
const DEVICE = /\p{Cc}\]7777;(\/dev\/pts\/\d+)\p{Cc}\\/u;
/** Bytes at the beginning in which that may stand. */
const FIRST = 4096;

/** What a shell is begun with: it says its terminal, then is a login shell. `cols` and `rows` are whole numbers. */
export const shellCommand = (cols: number, rows: number): string =>
  `stty cols ${cols} rows ${rows}; printf '\\033]7777;%s\\033\\\\' "$(tty)"; exec "\${SHELL:-/bin/sh}" -l`;

/** Somebody who looks at a shell. */
export interface Viewer {
  data(bytes: Buffer): void;
  /** What follows begins at `at`; up to `until` it is what others may have seen before. */
  from(at: number, until: number): void;
}

/** The output of a program on a machine's terminal, for any number of those who look at it, each at his own pace. */
export class ShellOutput {
  private readonly ring = new Ring();
  private readonly viewers = new Map<Viewer, { sent: number; got: number }>();
  /** Where the last one who looked left. */
  private left = 0;
  private head: Buffer | undefined = Buffer.alloc(0);
  /** The machine's name for its terminal, once it has said so. */
  device: string | undefined;

  /** `known`: told once the machine has said its name for the terminal. */
  constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly known: () => void = () => undefined,
  ) {
    child.stdout.on('data', (data: Buffer) => this.take(data));
    child.stderr.on('data', (data: Buffer) =>
      this.take(Buffer.from(data.toString('utf8').replaceAll(/\r?\n/g, '\r\n'))),
    );
    child.stdin.on('error', () => undefined);
  }

  /** From a place in the output on, or from the first that is still there. */
  add(viewer: Viewer, from: number): void {
    const { start, end } = this.ring;
    const at = from < start ? this.lineAfter(start) : Math.min(from, end);
    this.viewers.set(viewer, { sent: at, got: at });
    viewer.from(at, end);
    this.pump();
  }

  remove(viewer: Viewer): void {
    this.viewers.delete(viewer);
    this.left = this.ring.end;
    this.pump();
  }

  /** How far somebody has shown what he was sent. */
  got(viewer: Viewer, place: number): void {
    const known = this.viewers.get(viewer);
    if (!known) return;
    known.got = Math.max(known.got, Math.min(place, known.sent));
    this.pump();
  }

  /** What is typed. */
  type(text: string): void {
    if (this.child.stdin.writable && this.child.stdin.writableLength < WAITING) this.child.stdin.write(text);
  }

  private take(data: Buffer): void {
    this.ring.write(this.withoutDevice(data));
    this.pump();
  }

  /** The rest of the output, without what the machine says of its terminal. */
  private withoutDevice(data: Buffer): Buffer {
    if (!this.head) return data;
    this.head = Buffer.concat([this.head, data]);
    const text = this.head.toString('latin1');
    const found = DEVICE.exec(text);
    if (!found && text.length < FIRST && !this.child.stdout.readableEnded) return Buffer.alloc(0);
    this.head = undefined;
    this.device = found?.[1];
    if (found) this.known();
    return Buffer.from(text.replace(DEVICE, ''), 'latin1');
  }

  /** What was held back because the device might follow; at the end of the program. */
  end(): void {
    const { head } = this;
    this.head = undefined;
    if (head) this.take(head);
    else this.pump();
  }

  private pump(): void {
    const { ring } = this;
    let room = false;
    for (const [viewer, known] of this.viewers) {
      if (known.sent - known.got >= WINDOW) continue;
      // Who was too slow goes on with what is still there, once he has shown what he had.
      if (known.sent < ring.start) {
        known.sent = this.lineAfter(ring.start);
        known.got = known.sent;
        viewer.from(known.sent, known.sent);
      }
      while (known.sent < ring.end && known.sent - known.got < WINDOW) {
        const bytes = ring.read(known.sent, MESSAGE);
        known.sent += bytes.length;
        viewer.data(bytes);
      }
      if (known.sent - known.got < WINDOW) room = true;
    }
    // While nobody looks it goes on for as long as nothing of it is lost.
    if (this.viewers.size === 0) room = ring.end - this.left < WINDOW;
    const { stdout } = this.child;
    if (room && stdout.isPaused()) stdout.resume();
    else if (!room && !stdout.isPaused()) stdout.pause();
  }

  /** The beginning of a line, so that nothing is shown that began before. */
  private lineAfter(place: number): number {
    if (place === 0) return 0;
    const line = this.ring.read(place, MESSAGE).indexOf('\n');
    return line < 0 ? place : place + line + 1;
  }
}

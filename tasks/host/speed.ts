import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { outputOf, runProgram } from '../base/exec.ts';
import { processorsAllowed } from './processors.ts';

/** What a computer pays for what a lab does most, in microseconds. A loop of arithmetic hides it: computers of equal arithmetic differ 15 times. */
export interface Speed {
  /** A program's start and end. */
  start: number;
  /** The first touch of a page of memory; undefined where the kernel gives memory in huge pages. */
  fault: number | undefined;
  /** A change from one process to another; undefined when there was no time left to measure it. */
  switch: number | undefined;
  /** Processors that may be used, a fraction in a control group with a limit; undefined in records of earlier versions. */
  processors?: number;
  /** ISO 8601. */
  measured: string;
}

/**
 * A program's start on a quiet, ordinary computer, microseconds: 500 by a C program that starts /bin/true with vfork and exec. Bash takes
 * as long (675 and 700 in pairs on one quiet computer: its fork costs more, its loop waits less).
 */
export const QUIET_START = 500;

/** Processors of an ordinary computer, as far as a lab can tell the difference. */
export const PROCESSORS = 2;

/**
 * How many times longer than a quiet, ordinary computer this one takes for the starts of a lab. They are measured one after the other, so
 * a limit below one processor is seen in them, but not that a lab's machines have no second processor either.
 */
export function slownessOf({ start, processors = PROCESSORS }: Pick<Speed, 'start' | 'processors'>): number {
  return (start / QUIET_START) * (PROCESSORS / Math.min(PROCESSORS, Math.max(1, processors)));
}

/**
 * The timer factor by how many times longer a program's start takes than on a quiet computer: straight between these points, so 1 up to
 * twice as long (an ordinary computer with something else to do). A computer where it took four times as long (2 ms; a fault took 14 µs
 * instead of 0.3) lost machines with the fast timers, and was steady with the slow ones, which were more than it needed: 2.5 has the storage
 * back within 20 s. With emulated processors, which need the slow set, it takes 13 times as long and more.
 */
const FACTORS = [
  { ratio: 2, factor: 1 },
  { ratio: 4, factor: 2.5 },
  { ratio: 13, factor: 10 },
] as const;

/** Seconds after which a measurement is ended; what it has found by then counts. */
const LIMIT = 4;

/**
 * The timer factor (roles/timers.ts) that a computer of this speed needs, in half steps. Only the start decides: it is made of faults and
 * switches, and what a lab's monitors and hooks do is starting programs.
 */
export function factorFor(speed: Pick<Speed, 'start' | 'processors'>): number {
  const ratio = slownessOf(speed);
  const [first] = FACTORS;
  let below: { ratio: number; factor: number } = first;
  for (const point of FACTORS) {
    if (ratio <= point.ratio) {
      const part = point === first ? 0 : (ratio - below.ratio) / (point.ratio - below.ratio);
      return Math.round((below.factor + part * (point.factor - below.factor)) * 2) / 2;
    }
    below = point;
  }
  return below.factor;
}

/**
 * Measures this computer: about 0.7 s, 4 s where it is very slow. Sees what else takes the processors, and a control group's limit of
 * them. Undefined elsewhere than on Linux, and where it cannot be measured.
 */
export async function measureSpeed(kit: string): Promise<Speed | undefined> {
  if (process.platform !== 'linux') return undefined;
  const ended = await runProgram('bash', ['--norc', '--noprofile', join(kit, 'tasks', 'host', 'speed.sh')], {
    seconds: LIMIT,
  });
  const speed = speedOf(outputOf(ended), ended.timedOut, faultTime(), new Date());
  return speed && { ...speed, processors: processorsAllowed() };
}

/** Reads what speed.sh printed. Undefined when there is nothing in it, unless its time was over: then a start takes as long as a batch, or more. */
export function speedOf(
  output: string,
  timedOut: boolean,
  fault: number | undefined,
  now: Date,
): Speed | undefined {
  const all = (name: string) =>
    [...output.matchAll(new RegExp(`^${name} (\\d+)$`, 'gm'))].map((match) => Number(match[1]));
  const starts = all('start').sort((a, b) => a - b);
  const start = starts[Math.floor(starts.length / 2)] ?? (timedOut ? LIMIT * 1e6 : undefined);
  if (!start) return undefined;
  return { start, fault, switch: all('switch')[0], measured: now.toISOString() };
}

const PAGE = 4096;
const TOUCHED = 32 << 20;

/** Microseconds of a page fault. Memory in huge pages has one for 512 pages, and nothing could be said. */
function faultTime(): number | undefined {
  try {
    const huge = readFileSync('/sys/kernel/mm/transparent_hugepage/enabled', 'utf8');
    if (huge.includes('[always]')) return undefined;
  } catch {
    // A kernel without them.
  }
  const begun = performance.now();
  // As large as this it is always fresh memory of the kernel's, of which nothing was touched yet.
  const memory = Buffer.allocUnsafeSlow(TOUCHED);
  for (let at = 0; at < TOUCHED; at += PAGE) memory[at] = 1;
  const took = ((performance.now() - begun) * 1000) / (TOUCHED / PAGE);
  return Math.round(took * 100) / 100;
}

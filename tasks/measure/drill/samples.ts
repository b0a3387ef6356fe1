import type { Visit } from '../../watch/model/drill.ts';
import type { Kind, SampleLine } from './model.ts';

/** One request. Times in seconds on the sampler's axis. */
export interface Sample {
  kind: Kind;
  number: number;
  start: number;
  took: number;
  /** Why it was not served; empty when it was. */
  cause: string;
  machine: string;
  opened: boolean;
}

/** What the sampler tells besides requests. */
export type Note =
  | { t: 'begun'; at: number; wall: number }
  | { t: 'problem'; text: string }
  | { t: 'tick'; at: number; wall: number; late: number; load: number }
  | { t: 'stall'; at: number; seconds: number }
  | { t: 'jump'; at: number; seconds: number }
  | { t: 'stopped'; at: number }
  | { t: 'found'; kind: Kind; names: Record<string, number | string> | null }
  | { t: 'verified' };

/** One line of the sampler's output; undefined for one that is none (a last line that broke off). */
export function parseLine(line: string): Sample | Note | undefined {
  try {
    const value = JSON.parse(line) as SampleLine | Note;
    if (!Array.isArray(value)) return typeof value.t === 'string' ? value : undefined;
    return sampleOf(value);
  } catch {
    return undefined;
  }
}

/** The request of a line that is kept of it. */
export function sampleOf([kind, number, start, took, cause, machine, opened]: SampleLine | Visit): Sample {
  return { kind: kind as Kind, number, start, took, cause, machine, opened: opened === 1 };
}

export const isSample = (entry: Sample | Note): entry is Sample => !('t' in entry);

/** The line that is kept of a sample. */
export const toLine = (sample: Sample): SampleLine => [
  sample.kind,
  sample.number,
  sample.start,
  sample.took,
  sample.cause,
  sample.machine,
  sample.opened ? 1 : 0,
];

/**
 * Where the sampler's axis lies on this computer's clock: what to add to its times, ms since 1970 of its zero. Each note
 * arrives late by the way it came, never early, so the one that came fastest tells best.
 */
export class Axis {
  private zero = Number.POSITIVE_INFINITY;

  /** A note with the sampler's time `at` (s) arrived at `now` (ms). */
  heard(at: number, now: number): void {
    this.zero = Math.min(this.zero, now - at * 1000);
  }

  /** A time of this computer's clock (ms) on the sampler's axis (s). */
  at(now: number): number {
    if (!Number.isFinite(this.zero)) throw new Error('the sampler has not said anything yet');
    return Math.round(now - this.zero) / 1000;
  }

  get begun(): Date {
    return new Date(this.zero);
  }
}

/** The value that `share` of the sorted values do not exceed. */
export function percentile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? 0;
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

import type { LoadRun } from './model.ts';

/** What counts as sustained: hardly anything fails, and the slowest percent is within the limit. */
export interface LoadLimit {
  /** Seconds. */
  p99: number;
  /** Share of requests that may fail. */
  failed: number;
}

/** Whether a load was sustained. */
export function sustained(run: LoadRun, limit: LoadLimit): boolean {
  return run.generated.streams.every(
    (stream) =>
      stream.latency !== null &&
      stream.latency.p99 <= limit.p99 &&
      stream.failed <= stream.requests * limit.failed,
  );
}

/** The highest rate of a machine that this kit could meet: an end to the search. */
const HIGHEST = 5000;

/**
 * Finds the highest rate that is sustained: doubled until one is not, then halved between the last two. `measure` runs
 * one load. Two rates closer than `precision` (a share) end the search. Returns the run at that rate and the first one
 * above it that was not sustained; either may be missing.
 */
export async function findLimit(
  start: number,
  precision: number,
  isSustained: (run: LoadRun) => boolean,
  measure: (rate: number) => Promise<LoadRun>,
): Promise<{ best: LoadRun | undefined; above: LoadRun | undefined }> {
  let best: { rate: number; run: LoadRun } | undefined;
  let above: { rate: number; run: LoadRun } | undefined;
  let rate = start;
  while (rate >= 1 && rate <= HIGHEST) {
    const run = await measure(rate);
    if (isSustained(run)) best = { rate, run };
    else above = { rate, run };
    if (best && above && above.rate - best.rate <= Math.max(1, best.rate * precision)) break;
    const low = best?.rate;
    const high = above?.rate;
    if (low === undefined) rate = Math.floor(rate / 2);
    else rate = high === undefined ? low * 2 : Math.round((low + high) / 2);
    // One that was measured already.
    if (rate === low || rate === high) break;
  }
  return { best: best?.run, above: above?.run };
}

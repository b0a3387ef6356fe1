import type { Kind, KindResult, Window } from './model.ts';
import { percentile, type Sample } from './samples.ts';

/** How one kind is sent and what counts as served (roles/budgets.yaml). Seconds. */
export interface KindSettings {
  interval: number;
  limit: number;
  timeout: number;
}

/** A time in which the client or the computer stood still. */
export interface Pause {
  at: number;
  seconds: number;
}

const round = (value: number) => Math.round(value * 1000) / 1000;

/**
 * The outages of one kind: each from the start of the first request that was not served well to the start of the next
 * one that was. A request is served well when it was answered as it should within `limit` seconds. `samples` in any order.
 */
export function outageWindows(samples: Sample[], limit: number, pauses: Pause[] = []): Window[] {
  const windows: Window[] = [];
  let open: Window | undefined;
  for (const sample of byStart(samples)) {
    const cause = sample.cause || (sample.took > limit ? 'slow' : '');
    if (!cause) {
      if (open) open.end = sample.start;
      open = undefined;
      continue;
    }
    if (!open) {
      open = { start: sample.start, end: null, failed: 0, slow: 0, causes: {}, doubtful: false };
      windows.push(open);
    }
    if (sample.cause) open.failed += 1;
    else open.slow += 1;
    open.causes[cause] = (open.causes[cause] ?? 0) + 1;
  }
  const last = Math.max(...samples.map((sample) => sample.start), 0);
  for (const window of windows) {
    const still = pausedIn(pauses, window.start, endOf(window, last));
    window.doubtful = still > Math.max(0.05, lengthOf(window, last) / 10);
  }
  return windows;
}

/** Seconds of `from`..`to` in which the client stood still; also right before, when requests began that then waited. */
function pausedIn(pauses: Pause[], from: number, to: number): number {
  return pauses.reduce((sum, { at, seconds }) => {
    const common = Math.min(to, at + seconds) - Math.max(from - seconds, at);
    return sum + Math.max(0, Math.min(common, seconds));
  }, 0);
}

/** End of a window; one that is open lasts until `end`. */
export const endOf = (window: Window, end: number): number => window.end ?? end;

export const lengthOf = (window: Window, end: number): number => round(endOf(window, end) - window.start);

/** The windows that a fault can have caused: of a request that was under way when it came, the window began before it. */
export const windowsFrom = (windows: Window[], { fault, end }: { fault: number; end: number }): Window[] =>
  windows.filter((window) => endOf(window, end) > fault);

/**
 * The longest time from `from` to `to` in which no answer came, whether requests failed or waited. Unlike the windows it
 * does not depend on what counts as late, and it forgives a single stuck request.
 */
export function longestSilence(samples: Sample[], from: number, to: number): number {
  const answers = samples
    .filter((sample) => !sample.cause)
    .map((sample) => sample.start + sample.took)
    .filter((at) => at > from && at < to)
    .sort((a, b) => a - b);
  const marks = [from, ...answers, to];
  return round(Math.max(...marks.slice(1).map((at, index) => at - (marks[index] ?? at)), 0));
}

function latency(samples: Sample[]): KindResult['before'] {
  const sorted = samples
    .filter((sample) => !sample.cause)
    .map((sample) => sample.took)
    .sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  return {
    p50: round(percentile(sorted, 0.5)),
    p99: round(percentile(sorted, 0.99)),
    max: round(sorted.at(-1) ?? 0),
  };
}

/** All that is told of one kind. `fault` and `end` are times: outages count from the fault on. */
export function kindResult(
  kind: Kind,
  all: Sample[],
  settings: KindSettings,
  times: { fault: number; end: number },
  pauses: Pause[] = [],
): KindResult {
  const samples = all.filter((sample) => sample.kind === kind);
  const windows = outageWindows(samples, settings.limit, pauses);
  const lengths = windowsFrom(windows, times).map((window) => lengthOf(window, times.end));
  const servedBy: Record<string, number> = {};
  for (const sample of samples) {
    if (!sample.cause && sample.machine) servedBy[sample.machine] = (servedBy[sample.machine] ?? 0) + 1;
  }
  return {
    kind,
    interval: settings.interval,
    limit: settings.limit,
    requests: samples.length,
    failed: samples.filter((sample) => sample.cause).length,
    slow: samples.filter((sample) => !sample.cause && sample.took > settings.limit).length,
    windows,
    longest: Math.max(0, ...lengths),
    total: round(lengths.reduce((sum, length) => sum + length, 0)),
    silence: longestSilence(samples, times.fault, times.end),
    before: latency(samples.filter((sample) => sample.start < times.fault)),
    after: latency(samples.filter((sample) => sample.start >= times.fault)),
    servedBy,
  };
}

const byStart = (samples: Sample[]) => [...samples].sort((a, b) => a.start - b.start);

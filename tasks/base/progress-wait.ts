import { setTimeout as delay } from 'node:timers/promises';

/** Time, as far as a wait needs it; tests give one that takes none. Seconds. */
export interface Clock {
  now(): number;
  /** Ends after so many seconds, or as soon as `signal` says that nobody waits for it any more. */
  sleep(seconds: number, signal?: AbortSignal): Promise<void>;
}

/** Time as it passes. */
export const CLOCK: Clock = {
  now: () => performance.now() / 1000,
  sleep: (seconds, signal) =>
    delay(seconds * 1000, undefined, signal ? { signal } : {}).catch(() => undefined),
};

/** A wait that goes on while what it waits for makes progress. All times are seconds. */
export interface ProgressWait<T> {
  /**
   * What is waited for; undefined: not yet, ask again. It may take its time: progress is looked at meanwhile, and `signal`
   * says when it is given up. What it throws ends the wait.
   */
  check(signal: AbortSignal): Promise<T | undefined>;
  /** How far what is waited for has come; another answer than before is progress, undefined tells nothing. */
  progress(): Promise<number | string | undefined>;
  /** By how much a number must have changed to be progress: a machine at rest works a little as well. Any change by default. */
  least?: number;
  /** So long without progress, and it is given up. */
  stall: number;
  /** Given up by then, whatever progress it makes. */
  end: number;
  /** Between two checks. */
  every: number;
  /** Told at each look at the progress how long it has taken so far. */
  tell?(elapsed: number): void;
}

/** How a wait ended: with what was waited for, or given up; `still`: seconds since the last progress. */
export type WaitEnd<T> =
  | { why: 'done'; value: T; seconds: number }
  | { why: 'stalled' | 'end'; seconds: number; still: number };

/** Looks at the progress while it may stall; looking costs something too. */
const LOOKS = 20;

const isProgress = (was: unknown, now: unknown, least: number): boolean =>
  typeof was === 'number' && typeof now === 'number' ? Math.abs(now - was) >= least : was !== now;

/** Waits until the check succeeds, as long as there is progress. */
export async function waitByProgress<T>(wait: ProgressWait<T>, clock: Clock = CLOCK): Promise<WaitEnd<T>> {
  const { stall, end, every, least = Number.EPSILON } = wait;
  const between = stall / LOOKS;
  const begun = clock.now();
  let moved = begun;
  let looked = begun;
  let seen: number | string | undefined;
  const look = async (now: number): Promise<void> => {
    looked = now;
    const found = await wait.progress();
    if (found === undefined) return;
    // The first look has nothing to compare with: it is the beginning that the others are compared to.
    if (seen === undefined) seen = found;
    else if (isProgress(seen, found, least)) {
      seen = found;
      moved = now;
    }
  };
  const given = new AbortController();
  let asked = wait.check(given.signal);
  try {
    for (;;) {
      const settled = await within(asked, between, clock);
      if (settled?.value !== undefined)
        return { why: 'done', value: settled.value, seconds: clock.now() - begun };
      if (settled) await clock.sleep(every);
      const now = clock.now();
      if (now - looked >= between || now - moved >= stall) {
        await look(now);
        wait.tell?.(now - begun);
      }
      const [seconds, still] = [now - begun, now - moved];
      if (still >= stall) return { why: 'stalled', seconds, still };
      if (seconds >= end) return { why: 'end', seconds, still };
      if (settled) asked = wait.check(given.signal);
    }
  } finally {
    asked.catch(() => undefined);
    given.abort();
  }
}

/** What a promise gives, unless it takes longer than so many seconds. */
async function within<T>(
  promise: Promise<T>,
  seconds: number,
  clock: Clock,
): Promise<{ value: T } | undefined> {
  const over = new AbortController();
  try {
    return await Promise.race([
      promise.then((value) => ({ value })),
      clock.sleep(seconds, over.signal).then(() => undefined),
    ]);
  } finally {
    over.abort();
  }
}

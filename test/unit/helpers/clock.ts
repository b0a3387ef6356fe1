import type { Clock } from '../../../tasks/base/progress-wait.ts';

/** A clock whose time passes when somebody sleeps, at once; what was asked before a sleep is answered first. */
export function fakeClock(): Clock & { time: number } {
  const clock = {
    time: 0,
    now: () => clock.time,
    async sleep(seconds: number, signal?: AbortSignal): Promise<void> {
      await new Promise((resolve) => setImmediate(resolve));
      if (!signal?.aborted) clock.time += seconds;
    },
  };
  return clock;
}

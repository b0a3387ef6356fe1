import { CLOCK, type Clock } from './progress-wait.ts';

/** Ends after so many seconds; at once for none or fewer. */
export const sleep = (seconds: number): Promise<void> => CLOCK.sleep(Math.max(0, seconds));

export interface Poll {
  /** Seconds between an answer and the next question. */
  every: number;
  /** Seconds after which nothing is asked any more. */
  seconds: number;
}

/**
 * Asks at once, and again until an answer is good or the time is over. Returns the last answer, good or not. For what makes progress
 * that can be seen there is waitByProgress().
 */
export async function poll<T>(
  ask: () => Promise<T> | T,
  good: (answer: T) => boolean,
  { every, seconds }: Poll,
  clock: Clock = CLOCK,
): Promise<T> {
  const end = clock.now() + seconds;
  for (;;) {
    const answer = await ask();
    if (good(answer) || clock.now() >= end) return answer;
    await clock.sleep(every);
  }
}

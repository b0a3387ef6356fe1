import { CLOCK, type Clock } from '../../base/progress-wait.ts';
import type { Step } from './graph.ts';
import { RoleFailed } from './machine.ts';

/** Seconds before a role that failed is tried again, the first time and the second; no third time. */
const PAUSES = [5, 20];
/** A try that took longer (seconds) waited for something itself: it is repeated once, so that a mistake is said in good time. */
const LONG = 120;

/** Which steps are at work, so that one that failed knows whether another try finds something else. */
export class StepsAtWork {
  private readonly open = new Set<Step>();
  private ended = 0;

  /** Does the work of a step. */
  async during<T>(step: Step, work: () => Promise<T>): Promise<T> {
    this.open.add(step);
    try {
      return await work();
    } finally {
      this.open.delete(step);
      this.ended += 1;
    }
  }

  /** Call the result to learn whether another machine's step is at work, or has ended since. */
  watch(step: Step): () => boolean {
    const before = this.ended;
    return () => this.ended > before || [...this.open].some((answer) => answer.machine !== step.machine);
  }
}

export interface Again {
  step: Step;
  atWork: StepsAtWork;
  /** The role uses what roles of other machines make: that may move, or return, though nobody is at work on it here. */
  leans: boolean;
  /** Told that it is tried once more. */
  tell: () => void;
  clock?: Clock;
}

/**
 * Applies a role, and once more where it failed and another machine may have been the reason: at most twice while others are
 * at work (once if that takes long), once for a role that leans on others. Roles may be begun again at any point. `apply` is told which try it is, from 1.
 */
export async function despiteOthers<T>(
  { step, atWork, leans, tell, clock = CLOCK }: Again,
  apply: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const othersMoved = atWork.watch(step);
    const begun = clock.now();
    try {
      return await apply(attempt);
    } catch (error) {
      const wait = PAUSES[attempt - 1];
      if (!(error instanceof RoleFailed) || wait === undefined) throw error;
      const first = attempt === 1;
      if (!othersMoved() && !(leans && first)) throw error;
      if (!first && clock.now() - begun > LONG) throw error;
      tell();
      await clock.sleep(wait);
    }
  }
}

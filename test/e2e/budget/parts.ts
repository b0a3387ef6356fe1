import type { Test } from 'mocha';
import type { Part, Planned } from './plan.ts';

type Marked = Test & { budgetPart?: Part };

/** Runs whatever the hour, and what it makes is needed by the rest of its suite. */
export function always(test: Test): void {
  (test as Marked).budgetPart = 'always';
}

/** The rest of its suite needs what it makes: when there is no time for it, there is none for them. */
export function needed(test: Test): void {
  (test as Marked).budgetPart = 'needed';
}

/** A test as the plan knows it. */
export const plannedOf = (test: Test): Planned => ({
  suite: test.parent?.fullTitle() ?? '',
  title: test.title,
  part: (test as Marked).budgetPart,
});

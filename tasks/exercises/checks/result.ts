import type { Text } from '../../base/text.ts';

export type Outcome = 'passed' | 'failed' | 'not-judged';

/** One expectation of a step. */
export interface Finding {
  title: Text;
  /** skipped: it needs a trial, which was not asked for. */
  outcome: Outcome | 'skipped';
  expected?: Text;
  found?: Text;
  look?: Text;
}

/** Why a step could not be judged. */
export interface Cause {
  /** Id of a step, name of a machine, or `trial`. */
  id: string;
  text: Text;
}

export interface StepResult {
  /** NN.S */
  id: string;
  title: Text;
  outcome: Outcome;
  points: number;
  earned: number;
  /** Of a step that is not judged. */
  cause?: Cause;
  findings: Finding[];
}

export interface LabResult {
  id: string;
  name: string;
  title: Text;
  steps: StepResult[];
}

/** What was found and what it is worth, for people and programs. */
export interface CheckResult {
  lab: string;
  student: string | undefined;
  /** ISO 8601: when the facts were collected. */
  collected: string;
  /** Seconds, by phase. */
  timing: Record<string, number>;
  machines: Record<string, { state: string; took: number }>;
  labs: LabResult[];
}

export const stepsOf = (result: Pick<CheckResult, 'labs'>): StepResult[] =>
  result.labs.flatMap((lab) => lab.steps);

export const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);

export function pointsOf(steps: StepResult[]): { earned: number; possible: number } {
  return { earned: sum(steps.map((step) => step.earned)), possible: sum(steps.map((step) => step.points)) };
}

/** Everything passed. */
export const allPassed = (result: Pick<CheckResult, 'labs'>): boolean =>
  stepsOf(result).every((step) => step.outcome === 'passed');

/** What other steps wait for, the one that holds up most first. */
export function rootCauses(result: Pick<CheckResult, 'labs'>): { cause: Cause; waiting: string[] }[] {
  const causes = new Map<string, { cause: Cause; waiting: string[] }>();
  for (const step of stepsOf(result)) {
    if (!step.cause || step.cause.id === 'trial') continue;
    const known = causes.get(step.cause.id) ?? { cause: step.cause, waiting: [] };
    known.waiting.push(step.id);
    causes.set(step.cause.id, known);
  }
  return [...causes.values()].sort((a, b) => b.waiting.length - a.waiting.length);
}

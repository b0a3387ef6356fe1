import { AssertionError } from 'chai';
import { messageOf } from '../../base/errors.ts';
import type { Text } from '../../base/text.ts';
import type { LabGuide, LabStep } from '../guides/model.ts';
import { type Expectation, FactsView, plain, Unknown, Unmet } from './expectation.ts';
import type { Facts } from './probe.ts';
import type { Cause, Finding, LabResult, StepResult } from './result.ts';

/** A lab with what its steps expect. */
export interface LabChecks {
  lab: LabGuide;
  /** By number of the step. */
  expectations: Map<number, Expectation[]>;
}

/** Whether facts meet an expectation; why not is for those who show it. */
export function holds(expectation: Pick<Expectation, 'judge'>, view: FactsView): boolean {
  try {
    expectation.judge(view);
    return true;
  } catch {
    return false;
  }
}

/** It needs nothing but the kit's own records: known before any machine is asked. */
const isRecord = (expectation: Expectation) =>
  expectation.needs.every(({ probe }) => probe.kind === 'kit') && expectation.needs.length > 0;

/**
 * The steps that the kit's own records let fail, and those that wait for them: whatever machines say changes nothing about
 * them, so they need not be asked.
 */
export function settledSteps(all: LabChecks[], facts: Facts): Set<string> {
  const view = new FactsView(facts);
  const settled = new Set<string>();
  const fails = (expectation: Expectation) => !holds(expectation, view);
  // Steps are in order: one pass is enough.
  for (const { lab, expectations } of all)
    for (const step of lab.steps) {
      const records = (expectations.get(step.number) ?? []).filter(isRecord);
      if (step.after.some((id) => settled.has(id)) || records.some(fails)) settled.add(step.id);
    }
  return settled;
}

const isTrial = (expectation: Expectation) => expectation.needs.some(({ probe }) => probe.kind === 'trial');

/** What chai or an author's own error says, as a finding. */
function findingOf(title: Text, error: unknown): Finding {
  if (error instanceof Unknown) return { title, outcome: 'not-judged', found: error.why };
  if (error instanceof Unmet) {
    const { wanted, found, look } = error;
    return { title, outcome: 'failed', expected: wanted, found, ...(look ? { look } : {}) };
  }
  if (error instanceof AssertionError) {
    const { expected, actual } = error as { expected?: unknown; actual?: unknown };
    const show = (value: unknown) => plain(typeof value === 'string' ? value : JSON.stringify(value));
    return {
      title,
      outcome: 'failed',
      ...(expected === undefined ? {} : { expected: show(expected) }),
      found: actual === undefined ? plain(error.message) : show(actual),
    };
  }
  // A judgement that breaks on strange facts says that they are strange; it is no crash of the check.
  const what = messageOf(error);
  return {
    title,
    outcome: 'failed',
    found: {
      en: `what the machine said could not be understood (${what})`,
      fr: `ce que la machine a dit n'a pas été compris (${what})`,
    },
  };
}

/** The first failure in one sentence. */
function sentence(finding: Finding | undefined, title: Text): Text {
  if (!finding) return title;
  return {
    en: `${finding.title.en}: ${finding.found?.en ?? ''}`,
    fr: `${finding.title.fr} : ${finding.found?.fr ?? ''}`,
  };
}

/** A step of which nothing is known yet. */
const unjudged = ({ id, title, points }: LabStep): StepResult => ({
  ...{ id, title, points },
  ...{ outcome: 'not-judged', earned: 0, findings: [] },
});

function stepResult(step: LabStep, findings: Finding[], unknown: Unknown | undefined): StepResult {
  const base = { ...unjudged(step), findings };
  const judged = findings.filter((finding) => finding.outcome !== 'skipped');
  if (judged.some((finding) => finding.outcome === 'failed')) return { ...base, outcome: 'failed' };
  if (unknown) return { ...base, outcome: 'not-judged', cause: { id: unknown.machine, text: unknown.why } };
  if (judged.length === 0) {
    const text = {
      en: 'it needs a trial: lab check --trials',
      fr: 'il faut un essai : lab check --trials',
    };
    return { ...base, outcome: 'not-judged', cause: { id: 'trial', text } };
  }
  return { ...base, outcome: 'passed', earned: step.points };
}

/** What the steps that wait for this one wait for in the end. */
function causeOf(result: StepResult): Cause {
  if (result.cause) return result.cause;
  return {
    id: result.id,
    text: sentence(
      result.findings.find((finding) => finding.outcome === 'failed'),
      result.title,
    ),
  };
}

/** The first of the steps that this one waits for that does not hold. */
function blockerOf(step: LabStep, done: Map<string, StepResult>): StepResult | undefined {
  return step.after.map((id) => done.get(id)).find((earlier) => earlier && earlier.outcome !== 'passed');
}

/** Judges one step by its expectations, in order. */
function judgeStep(
  step: LabStep,
  expectations: Expectation[],
  facts: FactsView,
  options: { trials: boolean },
): StepResult {
  const findings: Finding[] = [];
  let unknown: Unknown | undefined;
  for (const expectation of expectations) {
    const { title } = expectation;
    if (isTrial(expectation) && !options.trials) {
      findings.push({ title, outcome: 'skipped' });
      continue;
    }
    try {
      expectation.judge(facts);
      findings.push({ title, outcome: 'passed' });
    } catch (error) {
      if (error instanceof Unknown) unknown ??= error;
      findings.push(findingOf(title, error));
      // Without the record the rest of the step is about nothing.
      if (isRecord(expectation)) break;
    }
  }
  return stepResult(step, findings, unknown);
}

/**
 * Judges facts, step by step in order; a step whose earlier steps do not hold is not judged. Pure: the same facts give the same
 * results anywhere, at any time.
 */
export function judge(all: LabChecks[], facts: Facts, options = { trials: false }): LabResult[] {
  const view = new FactsView(facts);
  const done = new Map<string, StepResult>();
  return all.map(({ lab, expectations }) => ({
    ...{ id: lab.id, name: lab.name, title: lab.title },
    steps: lab.steps.map((step) => {
      const blocker = blockerOf(step, done);
      const result: StepResult = blocker
        ? { ...unjudged(step), cause: causeOf(blocker) }
        : judgeStep(step, expectations.get(step.number) ?? [], view, options);
      done.set(step.id, result);
      return result;
    }),
  }));
}

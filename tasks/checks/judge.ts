import { AssertionError } from 'chai';
import type { LabGuide, LabStep } from '../labs/model.ts';
import { messageOf } from '../ui/errors.ts';
import type { Text } from '../ui/text.ts';
import { type Expectation, FactsView, plain, Unknown, Unmet } from './expectation.ts';
import type { Facts } from './probe.ts';
import type { Cause, Finding, LabResult, StepResult } from './result.ts';

/** A lab with what its steps expect. */
export interface LabChecks {
  lab: LabGuide;
  /** By number of the step. */
  expectations: Map<number, Expectation[]>;
}

/** It needs nothing but the kit's own records: known before any machine is asked. */
const isRecord = (one: Expectation) =>
  one.needs.every(({ probe }) => probe.kind === 'kit') && one.needs.length > 0;

/**
 * The steps that the kit's own records let fail, and those that wait for them: whatever machines say changes nothing about
 * them, so they need not be asked.
 */
export function settledSteps(all: LabChecks[], facts: Facts): Set<string> {
  const view = new FactsView(facts);
  const settled = new Set<string>();
  const fails = (one: Expectation) => {
    try {
      one.judge(view);
      return false;
    } catch {
      return true;
    }
  };
  // Steps are in order: one pass is enough.
  for (const { lab, expectations } of all)
    for (const step of lab.steps) {
      const records = (expectations.get(step.number) ?? []).filter(isRecord);
      if (step.after.some((id) => settled.has(id)) || records.some(fails)) settled.add(step.id);
    }
  return settled;
}

const isTrial = (one: Expectation) => one.needs.some(({ probe }) => probe.kind === 'trial');

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

function stepResult(step: LabStep, findings: Finding[], unknown: Unknown | undefined): StepResult {
  const base = { id: step.id, title: step.title, points: step.points, earned: 0, findings };
  const judged = findings.filter((one) => one.outcome !== 'skipped');
  if (judged.some((one) => one.outcome === 'failed')) return { ...base, outcome: 'failed' };
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
      result.findings.find((one) => one.outcome === 'failed'),
      result.title,
    ),
  };
}

/** Loading mocha takes a tenth of a second: begun while machines still answer (run.ts). */
export const loadMocha = async () => (await import('mocha')).default;

/**
 * Judges facts: mocha runs a suite for each step and a test for each expectation, in order; a step whose earlier steps do
 * not hold is not judged. Pure: the same facts give the same results anywhere, at any time.
 */
export async function judge(
  all: LabChecks[],
  facts: Facts,
  options = { trials: false },
): Promise<LabResult[]> {
  const Mocha = await loadMocha();
  const root = new Mocha.Suite('checks');
  root.timeout(0);
  const view = new FactsView(facts);
  const done = new Map<string, StepResult>();
  for (const { lab, expectations } of all) {
    const suite = Mocha.Suite.create(root, lab.name);
    for (const step of lab.steps) {
      const own = Mocha.Suite.create(suite, step.id);
      const findings: Finding[] = [];
      let unknown: Unknown | undefined;
      // Without the record the rest of the step is about nothing.
      let moot = false;
      const before = () =>
        step.after.map((id) => done.get(id)).find((one) => one && one.outcome !== 'passed');
      for (const one of expectations.get(step.number) ?? []) {
        own.addTest(
          new Mocha.Test(one.title.en, function (this: { skip(): never }) {
            if (before() || moot) this.skip();
            if (isTrial(one) && !options.trials) {
              findings.push({ title: one.title, outcome: 'skipped' });
              this.skip();
            }
            try {
              one.judge(view);
              findings.push({ title: one.title, outcome: 'passed' });
            } catch (error) {
              if (error instanceof Unknown) unknown ??= error;
              findings.push(findingOf(one.title, error));
              moot ||= isRecord(one);
              throw error;
            }
          }),
        );
      }
      own.addTest(
        new Mocha.Test('result', () => {
          const blocker = before();
          const base = { id: step.id, title: step.title, points: step.points, earned: 0, findings };
          done.set(
            step.id,
            blocker
              ? { ...base, outcome: 'not-judged', cause: causeOf(blocker) }
              : stepResult(step, findings, unknown),
          );
        }),
      );
    }
  }
  // No reporter: the results are collected above, and shown elsewhere.
  const runner = new Mocha.Runner(root);
  await new Promise<void>((resolve) => void runner.run(() => resolve()));
  runner.dispose();
  return all.map(({ lab }) => ({
    id: lab.id,
    name: lab.name,
    title: lab.title,
    steps: lab.steps.flatMap((step) => done.get(step.id) ?? []),
  }));
}

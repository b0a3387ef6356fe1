import { existsSync } from 'node:fs';
import { LabError, messageOf } from '../../base/errors.ts';
import { poll } from '../../base/poll.ts';
import { runRemote } from '../../remote/ssh.ts';
import { timeoutFactorOf } from '../../roles/timers.ts';
import { checksOf } from '../checks/plan.ts';
import type { Facts } from '../checks/probe.ts';
import { type Outcome, stepsOf } from '../checks/result.ts';
import { type RunOptions, runChecks } from '../checks/run.ts';
import { beginsFile } from '../guides/continued.ts';
import type { LabGuide, NamedFault } from '../guides/model.ts';
import { changeState } from '../state/state.ts';
import { recordKitWork } from './anchor.ts';
import { makeFault, undoFault } from './faults.ts';
import { beginningOf } from './ground.ts';
import { contextOf, type LabSession } from './session.ts';
import { startLab } from './start.ts';
import { makeTrials, watchedFaults } from './trials.ts';
import { walkGuide } from './walk.ts';

/** What one lab's checks did in each situation, by step. */
export interface SelfcheckLab {
  lab: string;
  steps: {
    id: string;
    title: string;
    start: Outcome;
    solved: Outcome;
    /** Outcome under each fault that is listed for the step. */
    faults: Record<string, Outcome>;
  }[];
  /** Everything that is not as it must be. */
  problems: string[];
  /** When it began, ISO 8601, and how long it took. */
  at: string;
  seconds: number;
}

/** Seconds until a fault must show in the checks, and until everything must be well after it was undone. */
const SHOWN = 45;
const HEALED = 120;

/** Lines of each block's output that are shown. */
const SEEN = 12;

/** The steps that wait for these, through `after`, themselves included. */
export function affected(lab: LabGuide, ids: string[]): Set<string> {
  const all = new Set(ids);
  // Steps are in order: one pass is enough.
  for (const step of lab.steps) if (step.after.some((id) => all.has(id))) all.add(step.id);
  return all;
}

/** The lab with no step that waits for another: each one is judged by what it expects itself. */
export function independent(lab: LabGuide): LabGuide {
  return { ...lab, steps: lab.steps.map((step) => ({ ...step, after: [] })) };
}

/** What is wrong with outcomes under a fault. */
export function faultProblems(lab: LabGuide, breaks: string[], outcomes: Map<string, Outcome>): string[] {
  const touched = affected(lab, breaks);
  return [
    ...breaks.filter((id) => outcomes.get(id) === 'passed').map((id) => `${id} still passes`),
    ...lab.steps
      .filter((step) => !touched.has(step.id) && outcomes.get(step.id) !== 'passed')
      .map((step) => `${step.id} does not pass and has nothing to do with it`),
  ];
}

type Outcomes = Map<string, Outcome>;

/** What the checks of each step did. */
function stepsUnder(
  lab: LabGuide,
  { start, solved }: { start: Outcomes; solved: Outcomes },
  faults: Map<string, Outcomes>,
): SelfcheckLab['steps'] {
  return lab.steps.map((step) => ({
    id: step.id,
    title: step.title.en,
    start: start.get(step.id) ?? 'not-judged',
    solved: solved.get(step.id) ?? 'not-judged',
    faults: Object.fromEntries(
      Object.entries(lab.faults)
        .filter(([, fault]) => fault.breaks.includes(step.number))
        .map(([name]) => [name, faults.get(name)?.get(step.id) ?? 'not-judged']),
    ),
  }));
}

/** Steps that no fault breaks. */
const unbroken = (lab: LabGuide): string[] =>
  lab.steps
    .filter((step) => !Object.values(lab.faults).some((fault) => fault.breaks.includes(step.number)))
    .map((step) => `${step.id} has no fault that makes it fail`);

/** What was found: what each step did, and all that is wrong. `since`: when it began, ms. */
export function proofOf(
  lab: LabGuide,
  found: {
    since: number;
    problems: string[];
    start: Outcomes;
    solved: Outcomes;
    underFault: Map<string, Outcomes>;
  },
): SelfcheckLab {
  return {
    lab: lab.name,
    steps: stepsUnder(lab, found, found.underFault),
    problems: [...found.problems, ...unbroken(lab)],
    at: new Date(found.since).toISOString(),
    seconds: Math.round((Date.now() - found.since) / 1000),
  };
}

/** Proves the checks of one lab: fail at the start, pass after the guide, fail under each fault, and only then. */
export async function selfcheck(
  session: LabSession,
  lab: LabGuide,
  report: (line: string) => void,
): Promise<SelfcheckLab> {
  const since = Date.now();
  const problems: string[] = [];
  const ask = async (which = lab, options: RunOptions = {}) => {
    // The lab may have another size since the last time (a guide that scales it).
    const context = contextOf(session);
    const asked = [{ lab: which, step: undefined }];
    const labs = session.labs.map((lab) => (lab.id === which.id ? which : lab));
    const { result } = await runChecks(session.environment.name, session.engine, labs, asked, context, {
      timeoutFactor: timeoutFactorOf(session.environment),
      ...options,
    });
    return new Map(stepsOf(result).map((step) => [step.id, step.outcome]));
  };
  const until = (good: (outcomes: Map<string, Outcome>) => boolean, limit: number) =>
    poll(() => ask(), good, { every: 1, seconds: limit * timeoutFactorOf(session.environment) });
  const allPass = (outcomes: Map<string, Outcome>) =>
    [...outcomes.values()].every((outcome) => outcome === 'passed');

  report(`${lab.id}: start`);
  await startLab(session, lab, () => undefined);
  // What is made from here on is nobody's work: the next lab need not save it.
  await changeState(session, (state) => {
    state.moving = { to: lab.id };
  });
  if (existsSync(beginsFile(lab))) {
    const begins = () => ask(beginningOf(lab), { checks: beginsFile });
    const seconds = HEALED * timeoutFactorOf(session.environment);
    if (!allPass(await poll(begins, allPass, { every: 1, seconds })))
      problems.push('what the lab begins with (begins.ts) does not hold at the start');
  }
  const start = await ask(independent(lab));
  for (const [id, outcome] of start)
    if (outcome !== 'failed') problems.push(`${id} does not fail at the start (${outcome})`);

  await recordKitWork(session.engine, session.environment, { kind: 'selfcheck', what: lab.id });
  report(`${lab.id}: guide`);
  const seen = (output: string) => {
    for (const line of output.trim().split('\n').slice(-SEEN)) if (line.trim() !== '') report(`  | ${line}`);
  };
  await walkGuide(session, lab, { report, seen });
  // A fault may cut the power seconds after a file was written: what the guide made must be on the disks by then.
  const hosts = await session.engine.sshHosts();
  await Promise.all(
    hosts.map((host) => runRemote(host, 'sync', { timeout: 20 * timeoutFactorOf(session.environment) })),
  );
  const solved = await until(allPass, 30);
  for (const [id, outcome] of solved)
    if (outcome !== 'passed') problems.push(`${id} does not pass after the guide (${outcome})`);

  if (allPass(solved)) {
    report(`${lab.id}: trials`);
    const trials = (facts: Facts) => makeTrials(session, [{ lab, step: undefined }], facts);
    for (const [id, outcome] of await ask(lab, { trials }))
      if (outcome !== 'passed') problems.push(`${id} does not pass with its trials (${outcome})`);
    await until(allPass, HEALED);
  }

  const underFault = new Map<string, Map<string, Outcome>>();
  const watched = watchedFaults([await checksOf(lab, contextOf(session))]);
  for (const [name, fault] of Object.entries(lab.faults)) {
    // What only its trial can bring about was made there.
    if (fault.breaks.length === 0 && watched.has(`${lab.id}/${name}`)) continue;
    report(`${lab.id}: fault ${name}`);
    const named: NamedFault = { guide: lab, name, fault };
    const breaks = fault.breaks.map((number) => `${lab.id}.${number}`);
    try {
      const open = await makeFault(session, named);
      const outcomes = await until((found) => faultProblems(lab, breaks, found).length === 0, SHOWN);
      underFault.set(name, outcomes);
      problems.push(...faultProblems(lab, breaks, outcomes).map((line) => `fault ${name}: ${line}`));
      await undoFault(session, open);
      const after = await until(allPass, HEALED);
      if (!allPass(after)) {
        const left = [...after].filter(([, outcome]) => outcome !== 'passed').map(([id]) => id);
        problems.push(`fault ${name}: ${left.join(', ')} does not pass after it was undone`);
      }
    } catch (error) {
      problems.push(`fault ${name}: ${error instanceof LabError ? error.render() : messageOf(error)}`);
    }
  }
  return proofOf(lab, { since, problems, start, solved, underFault });
}

import { LabError } from '../../base/errors.ts';
import { sleep } from '../../base/poll.ts';
import { say } from '../../base/text.ts';
import { quote } from '../../remote/ssh.ts';
import { judge, type LabChecks } from '../checks/judge.ts';
import { checksOf } from '../checks/plan.ts';
import { type Answer, type Facts, type Probe, probeKey } from '../checks/probe.ts';
import { stepsOf } from '../checks/result.ts';
import type { LabGuide } from '../guides/model.ts';
import { faultNamed, makeFault, undoFault } from './faults.ts';
import { runInShell } from './machines.ts';
import { contextOf, type LabSession } from './session.ts';

type Trial = Extract<Probe, { kind: 'trial' }>;

/** A lab, or one of its steps. */
interface Asked {
  lab: LabGuide;
  step: number | undefined;
}

/** Seconds that a visitor sees the service whole before the fault. */
const BEFORE = 2.5;

/**
 * The trials of the steps that hold without them: of the others nothing is learnt by one more fault. By machine and probe, each once.
 */
export function trialsWorth(
  all: LabChecks[],
  facts: Facts,
  asked: Asked[],
): { machine: string; probe: Trial }[] {
  const wanted = new Map<string, { machine: string; probe: Trial }>();
  const judged = new Map(stepsOf({ labs: judge(all, facts) }).map((step) => [step.id, step]));
  for (const { lab, expectations } of all)
    for (const [number, each] of expectations) {
      const step = judged.get(`${lab.id}.${number}`);
      const holds = step?.outcome === 'passed' || step?.cause?.id === 'trial';
      if (!holds || !asked.some((wish) => wish.lab.id === lab.id && (wish.step ?? number) === number))
        continue;
      for (const { machine, probe } of each.flatMap(({ needs }) => needs))
        if (probe.kind === 'trial') wanted.set(`${machine} ${probeKey(probe)}`, { machine, probe });
    }
  return [...wanted.values()];
}

/** The faults (NN/NAME) whose trial brings along what they happen to (an upload that is cut): without it they may have no effect. */
export const watchedFaults = (all: LabChecks[]): Set<string> =>
  new Set(
    all
      .flatMap(({ expectations }) => [...expectations.values()].flat())
      .flatMap(({ needs }) => needs)
      .flatMap(({ probe }) => (probe.kind === 'trial' && 'watch' in probe ? [probe.fault] : [])),
  );

/**
 * Makes every fault that the asked checks want survived while a visitor asks, one after the other, and adds what the
 * visitor saw to the facts, or why the fault could not be made or undone. Every fault is undone before the next one. `tell` hears of
 * each that begins, with its length.
 */
export async function makeTrials(
  session: LabSession,
  asked: Asked[],
  facts: Facts,
  tell: (fault: string, seconds: number) => void = () => undefined,
): Promise<void> {
  const context = contextOf(session);
  const checks = await Promise.all(
    [...new Set(asked.map(({ lab }) => lab))].map((lab) => checksOf(lab, context)),
  );
  for (const { machine, probe } of trialsWorth(checks, facts, asked)) {
    const from = facts.machines[machine];
    if (from?.state !== 'answered') continue;
    from.answers[probeKey(probe)] = await makeTrial(session, machine, probe, tell);
  }
}

/** What runs on the machine that looks on. A watch that is not over in time was in vain, and not an answer that is missing. */
export const visitorOf = (probe: Trial): string =>
  'watch' in probe
    ? `timeout ${probe.seconds} bash -c ${quote(probe.watch)} || true`
    : `lab-sample '${probe.url}' --seconds ${probe.seconds} --timeout 3`;

/** One fault, under the eyes of a visitor. */
async function makeTrial(
  session: LabSession,
  machine: string,
  probe: Trial,
  tell: (fault: string, seconds: number) => void,
): Promise<Answer> {
  const named = faultNamed(session.labs, probe.fault);
  tell(say(named.fault.title), probe.seconds);
  const sampling = runInShell(session, machine, visitorOf(probe), probe.seconds + 20);
  try {
    await sleep(BEFORE);
    const open = await makeFault(session, named);
    const { code, stdout, stderr } = await sampling;
    await undoFault(session, open);
    return { code: code === 124 ? null : code, out: stdout, err: stderr };
  } catch (error) {
    // A lab that is half done may have nobody to take the address from: it is handed in all the same.
    if (!(error instanceof LabError)) throw error;
    await sampling.catch(() => undefined);
    return { code: 1, out: '', err: say(error.what) };
  }
}

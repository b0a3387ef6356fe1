import { environmentFolder } from '../../base/paths.ts';
import type { Engine } from '../../engines/engine.ts';
import type { LabGuide } from '../guides/model.ts';
import { askAgain } from './again.ts';
import { collect, probesByMachine } from './collect.ts';
import type { Expectation } from './expectation.ts';
import { judge, settledSteps } from './judge.ts';
import { type CheckContext, checksOf, closure } from './plan.ts';
import { type Facts, HOST, type MachineFacts } from './probe.ts';
import type { CheckResult } from './result.ts';

export interface RunOptions {
  /** Seconds for each machine; without it the usual ones, times the factor below. */
  timeout?: number;
  /** How many times longer machines may take (roles/timers.ts). */
  timeoutFactor?: number;
  /** Kept on each machine that is asked (collect.ts). */
  anchor?: string;
  onMachine?: (name: string, facts: MachineFacts) => void;
  /** Makes the trials and returns their facts, added to those collected. Without it trials are left out. */
  trials?: (facts: Facts) => Promise<void>;
  /** Another file of checks than the lab's own (an exam's). */
  checks?: (lab: LabGuide) => string | undefined;
}

const since = (start: number) => Number(((performance.now() - start) / 1000).toFixed(3));

/** Collects and judges. The result holds the asked steps only; the facts all that was needed for them. */
export async function runChecks(
  lab: string,
  engine: Pick<Engine, 'states' | 'sshHosts'>,
  labs: LabGuide[],
  asked: { lab: LabGuide; step: number | undefined }[],
  context: CheckContext,
  options: RunOptions = {},
): Promise<{ result: CheckResult; facts: Facts }> {
  const start = performance.now();
  const plan = closure(labs, asked);
  const checks = await Promise.all(
    plan.labs.map((lab) => checksOf(lab, context, options.checks?.(lab), plan.wanted)),
  );
  const every = checks.flatMap((check) => [...check.expectations.values()].flat());
  const kit = await recordsFor(lab, every);
  const settled = settledSteps(checks, { collected: '', machines: kit });
  const expectations = checks.flatMap((check) =>
    check.lab.steps.flatMap((step) =>
      settled.has(step.id) ? [] : (check.expectations.get(step.number) ?? []),
    ),
  );
  const probes = probesByMachine(expectations);
  const planned = since(start);
  const limits = {
    ...(options.timeout ? { timeout: options.timeout } : {}),
    ...(options.timeoutFactor ? { timeoutFactor: options.timeoutFactor } : {}),
  };
  const facts = await collect(engine, probes, {
    ...limits,
    ...(options.anchor ? { anchor: options.anchor } : {}),
    ...(options.onMachine ? { onMachine: options.onMachine } : {}),
  });
  Object.assign(facts.machines, kit);
  if ((options.timeoutFactor ?? 1) > 1)
    await askAgain(checks, facts, (wanting) =>
      collect(engine, probesByMachine(wanting), { ...limits, atOnce: 1 }),
    );
  const collected = since(start);
  await options.trials?.(facts);
  const judged = judge(checks, facts, { trials: options.trials !== undefined });
  const result: CheckResult = {
    lab,
    student: context.student,
    collected: facts.collected,
    timing: { plan: planned, collect: Number((collected - planned).toFixed(3)), total: since(start) },
    machines: Object.fromEntries(
      Object.entries(facts.machines).map(([name, { state, took }]) => [name, { state, took }]),
    ),
    labs: shownOnly(judged, plan.shown),
  };
  return { result, facts };
}

/** What the kit recorded of this lab, as facts of HOST; nothing when nothing of it is asked for. */
async function recordsFor(lab: string, expectations: Expectation[]): Promise<Facts['machines']> {
  if (!expectations.some((expectation) => expectation.needs.some(({ probe }) => probe.kind === 'kit')))
    return {};
  const { kitFacts } = await import('./kit.ts');
  return { [HOST]: await kitFacts(environmentFolder(lab), expectations) };
}

export function shownOnly(labs: CheckResult['labs'], shown: Set<string>): CheckResult['labs'] {
  return labs
    .map((lab) => ({ ...lab, steps: lab.steps.filter((step) => shown.has(step.id)) }))
    .filter((lab) => lab.steps.length > 0);
}

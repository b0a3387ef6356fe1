import { checksOf } from '../checks/plan.ts';
import { type Facts, type Probe, probeKey } from '../checks/probe.ts';
import { say } from '../ui/text.ts';
import { faultNamed, makeFault, undoFault } from './faults.ts';
import { runScript } from './machines.ts';
import type { LabGuide } from './model.ts';
import { contextOf, type LabSession } from './session.ts';

type Trial = Extract<Probe, { kind: 'trial' }>;

/** Milliseconds that a visitor sees the service whole before the fault. */
const BEFORE_MS = 2500;

/**
 * Makes every fault that the asked checks want survived while a visitor asks, one after the other, and adds what the
 * visitor saw to the facts. Every fault is undone before the next one. `tell` hears of each that begins, with its length.
 */
export async function makeTrials(
  session: LabSession,
  asked: { lab: LabGuide; step: number | undefined }[],
  facts: Facts,
  tell: (fault: string, seconds: number) => void = () => undefined,
): Promise<void> {
  const context = contextOf(session);
  const wanted = new Map<string, { machine: string; probe: Trial }>();
  for (const { lab, step } of asked) {
    const { expectations } = await checksOf(lab, context);
    for (const [number, all] of expectations)
      for (const { machine, probe } of step === undefined || step === number
        ? all.flatMap((one) => one.needs)
        : [])
        if (probe.kind === 'trial') wanted.set(`${machine} ${probeKey(probe)}`, { machine, probe });
  }
  for (const { machine, probe } of wanted.values()) {
    const from = facts.machines[machine];
    if (from?.state !== 'answered') continue;
    const named = faultNamed(session.labs, probe.fault);
    tell(say(named.fault.title), probe.seconds);
    const sampling = runScript(
      session,
      machine,
      `lab-sample '${probe.url}' --seconds ${probe.seconds} --timeout 3`,
      probe.seconds + 20,
    );
    await new Promise((resolve) => setTimeout(resolve, BEFORE_MS));
    const open = await makeFault(session, named);
    const { code, stdout, stderr } = await sampling;
    await undoFault(session, open);
    from.answers[probeKey(probe)] = { code: code === 124 ? null : code, out: stdout, err: stderr };
  }
}

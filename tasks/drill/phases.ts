import { timeoutFactor } from '../lab/timers.ts';
import { hostNamed, runRemote } from '../remote/ssh.ts';
import { machinesOf } from '../topology/model.ts';
import { LabError } from '../ui/errors.ts';
import { onInterrupt } from '../ui/interrupt.ts';
import { inject, MENDS_ITSELF, undo } from './faults.ts';
import { closeFault, openFault } from './journal.ts';
import { type DrillLab, lookAt, missingIn } from './lab.ts';
import type { DrillResult, Fault, Writes } from './model.ts';
import { rowsOn } from './replicas.ts';
import type { Sampler } from './sampler.ts';
import { unsteady } from './steady.ts';
import { classify, type Place } from './writes.ts';

export const sleep = (seconds: number) =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, seconds) * 1000));

/** Seconds left out at the start: first requests fill caches. */
const WARM_UP = 2;
/** Times that the steady state may be looked for: the computer may be busy with what came before. */
const TRIES = 4;

/** Waits for the steady state. LabError when it does not come: a fault would prove nothing. */
export async function waitSteady(sampler: Sampler, { budgets }: DrillLab): Promise<void> {
  const now = () => sampler.axis.at(Date.now());
  const longest = Math.max(...Object.values(budgets.kinds).map((kind) => kind.limit));
  let problems: string[] = [];
  await sleep(WARM_UP);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const from = now();
    await sleep(budgets.steady.seconds);
    const to = now();
    // What started last has not been answered yet; what takes longer than this is too late in any case.
    await sleep(Math.min(0.5, longest));
    problems = unsteady(sampler.samples, from, to, budgets);
    if (problems.length === 0) return;
  }
  throw new LabError(
    {
      en: 'The service is not steady, so a drill would prove nothing.',
      fr: "Le service n'est pas stable : un exercice ne prouverait rien.",
    },
    {
      en: 'see `lab status`, and whether this computer is busy with something else; then drill again.',
      fr: "regardez `lab status`, et si cet ordinateur est occupé par autre chose ; puis recommencez l'exercice.",
    },
    problems,
  );
}

export function notRedundant(missing: string[]): LabError {
  return new LabError(
    {
      en: 'The lab does not have its full redundancy, so a drill would prove nothing.',
      fr: "Le lab n'a pas toute sa redondance : un exercice ne prouverait rien.",
    },
    {
      en: 'mend it (`lab up` brings everything back), then drill again.',
      fr: "réparez-le (`lab up` rétablit tout), puis recommencez l'exercice.",
    },
    missing,
  );
}

/** The database that took the last row. */
export function lastWriter(sampler: Sampler, { topology }: DrillLab): string | undefined {
  const databases = machinesOf(topology, 'database').map((machine) => machine.name);
  return sampler.samples.findLast(
    (one) => one.kind === 'row' && !one.cause && databases.includes(one.machine),
  )?.machine;
}

export type FaultTimes = Pick<DrillResult['times'], 'fault' | 'faultDone' | 'undo' | 'undone'>;

/**
 * Makes the fault, lets it last and undoes it, also when the drill is interrupted meanwhile. A fault that mends itself is
 * only undone when it has not within `hold` seconds.
 */
export async function doFault(
  lab: DrillLab,
  fault: Fault,
  hold: number,
  now: () => number,
): Promise<FaultTimes> {
  const folder = lab.lab.folder;
  const back = async () => {
    await undo(fault, lab);
    closeFault(folder);
  };
  openFault(folder, fault);
  const forget = onInterrupt(back);
  try {
    const asked = now();
    await inject(fault, lab);
    const done = now();
    if (MENDS_ITSELF.includes(fault.kind)) await mended(lab, hold);
    else await sleep(hold);
    const begin = now();
    await back();
    const undone = now();
    // What mended itself was never undone: its return is counted from the fault.
    if (MENDS_ITSELF.includes(fault.kind)) return { fault: asked, faultDone: done, undo: done, undone: done };
    return { fault: asked, faultDone: done, undo: begin, undone };
  } catch (error) {
    await back().catch(() => undefined);
    throw error;
  } finally {
    forget();
  }
}

async function mended(lab: DrillLab, seconds: number): Promise<void> {
  const until = Date.now() + seconds * 1000;
  do await sleep(1);
  while (Date.now() < until && missingIn(lab, await lookAt(lab)).length > 0);
}

/** Reads everything back, from the service and from each database by itself. */
export async function readBack(lab: DrillLab, sampler: Sampler, prefix: string): Promise<Writes[]> {
  const hosts = await lab.engine.sshHosts();
  // From the disks of the storage, not from what a web machine remembers.
  await Promise.all(
    machinesOf(lab.topology, 'web').map((machine) =>
      runRemote(hostNamed(hosts, machine.name), 'sync; echo 3 >/proc/sys/vm/drop_caches', {
        timeout: 20 * timeoutFactor(lab.facts),
      }),
    ),
  );
  const found = await sampler.verify();
  const replicas = lab.facts.app === 'sample' && found.has('row') ? await rowsOn(lab, prefix) : [];
  return [...found].map(([kind, names]) => {
    const places: Place[] = [{ name: 'service', found: names }, ...(kind === 'row' ? replicas : [])];
    return classify(kind, sampler.samples, places);
  });
}

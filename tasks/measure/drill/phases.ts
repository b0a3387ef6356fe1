import { LabError } from '../../base/errors.ts';
import { onInterrupt } from '../../base/interrupt.ts';
import { poll, sleep } from '../../base/poll.ts';
import { hostNamed, runRemote } from '../../remote/ssh.ts';
import { timeoutFactor } from '../../roles/timers.ts';
import { machinesOf } from '../../topology/model.ts';
import { askOverSsh, beforeFault, effectOf, FELT_WITHIN } from './effect.ts';
import { inject, MENDS_ITSELF, undo } from './faults.ts';
import type { DrillResult, Fault, Writes } from './model.ts';
import { closeFault, openFault } from './open-fault.ts';
import { rowsOn } from './replicas.ts';
import type { Sampler } from './sampler.ts';
import type { Effect } from './signs.ts';
import { type DrillSite, lookAt, missingIn } from './site.ts';
import { unsteady } from './steady.ts';
import { classify, type Place } from './writes.ts';

/** Seconds left out at the start: first requests fill caches. */
const WARM_UP = 2;
/** Times that the steady state may be looked for: the computer may be busy with what came before. */
const TRIES = 4;

/** Waits for the steady state. LabError when it does not come: a fault would prove nothing. */
export async function waitSteady(sampler: Sampler, { budgets }: DrillSite): Promise<void> {
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
      en: 'mend it (`lab up` starts what is off, `lab apply ROLE` applies a role once more), then drill again.',
      fr: "réparez-le (`lab up` démarre ce qui est éteint, `lab apply RÔLE` applique un rôle à nouveau), puis recommencez l'exercice.",
    },
    missing,
  );
}

/** The database that took the last row. */
export function lastWriter(sampler: Sampler, { topology }: DrillSite): string | undefined {
  const databases = machinesOf(topology, 'database').map((machine) => machine.name);
  return sampler.samples.findLast(
    (sample) => sample.kind === 'row' && !sample.cause && databases.includes(sample.machine),
  )?.machine;
}

export type FaultTimes = Pick<DrillResult['times'], 'fault' | 'faultDone' | 'undo' | 'undone'>;

/**
 * Makes the fault, lets it last and undoes it, also when the drill is interrupted meanwhile; looks while it lasts whether it is
 * felt, and tells each time when it is known. A fault that mends itself is only undone when it has not within `hold` seconds.
 */
export async function doFault(
  site: DrillSite,
  fault: Fault,
  hold: number,
  now: () => number,
  tell: (times: Partial<FaultTimes>) => void = () => undefined,
): Promise<{ times: FaultTimes; effect: Effect | undefined }> {
  const folder = site.environment.folder;
  const back = async () => {
    await undo(fault, site);
    closeFault(folder, fault);
  };
  const ask = askOverSsh(site);
  const before = await beforeFault(fault, ask);
  openFault(folder, fault);
  const forget = onInterrupt(back);
  try {
    const asked = now();
    tell({ fault: asked });
    await inject(fault, site);
    const done = now();
    const [effect] = await Promise.all([
      effectOf(fault, site, before, ask, Math.min(hold, FELT_WITHIN * timeoutFactor(site))),
      MENDS_ITSELF.includes(fault.kind) ? mended(site, hold) : sleep(hold),
    ]);
    const begin = now();
    tell({ undo: begin });
    await back();
    const undone = now();
    tell({ undone });
    // What mended itself was never undone: its return is counted from the fault.
    const [undo, healed] = MENDS_ITSELF.includes(fault.kind) ? [done, done] : [begin, undone];
    return { times: { fault: asked, faultDone: done, undo, undone: healed }, effect };
  } catch (error) {
    await back().catch(() => undefined);
    throw error;
  } finally {
    forget();
  }
}

async function mended(site: DrillSite, seconds: number): Promise<void> {
  // It takes a moment until anything of it is seen.
  await sleep(1);
  const missing = async () => missingIn(site, await lookAt(site));
  await poll(missing, (list) => list.length === 0, { every: 1, seconds: seconds - 1 });
}

/** Reads everything back, from the service and from each database by itself. */
export async function readBack(site: DrillSite, sampler: Sampler, prefix: string): Promise<Writes[]> {
  const hosts = await site.engine.sshHosts();
  // From the disks of the storage, not from what a web machine remembers.
  await Promise.all(
    machinesOf(site.topology, 'web').map((machine) =>
      runRemote(hostNamed(hosts, machine.name), 'sync; echo 3 >/proc/sys/vm/drop_caches', {
        timeout: 20 * timeoutFactor(site.facts),
      }),
    ),
  );
  const found = await sampler.verify();
  const replicas = site.facts.app === 'sample' && found.has('row') ? await rowsOn(site, prefix) : [];
  return [...found].map(([kind, names]) => {
    const places: Place[] = [{ name: 'service', found: names }, ...(kind === 'row' ? replicas : [])];
    return classify(kind, sampler.samples, places);
  });
}

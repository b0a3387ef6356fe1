import { LabError } from '../../base/errors.ts';
import { onInterrupt } from '../../base/interrupt.ts';
import { requireRunning } from '../../engines/power.ts';
import { type Holder, holdersOf } from '../../inspect/holders.ts';
import { timeoutFactor } from '../../roles/timers.ts';
import { machineNamed } from '../../topology/model.ts';
import { askOverSsh, beforeFault, effectOf, FELT_WITHIN } from './effect.ts';
import { inject, undo } from './faults.ts';
import type { Fault } from './model.ts';
import { closeFault, openFault, requireNoFault } from './open-fault.ts';
import { touchedBy } from './outcomes.ts';
import { faultLimit } from './plan.ts';
import { effectWords } from './signs.ts';
import { type DrillSite, lookAt } from './site.ts';
import { requireSwitches, type Target, targetOf } from './target.ts';

/** LabError for a target that cannot be: no such machine, the client, or what the engine cannot do. */
export function requireTarget({ topology, client, engine }: DrillSite, target: Target): void {
  const named = [target.machine, target.peer, ...(target.with ?? [])];
  for (const name of named) if (name !== undefined) machineNamed(topology, name);
  const machine = [target.machine, ...(target.with ?? [])].find((name) => name === client.name);
  if (machine !== undefined)
    throw new LabError(
      {
        en: `${machine} is where a drill measures from, so nothing can be done to it.`,
        fr: `${machine} est d'où l'exercice mesure : rien ne peut lui être fait.`,
      },
      { en: 'choose another machine.', fr: 'choisissez une autre machine.' },
    );
  requireSwitches(target, topology);
  const limit = faultLimit(engine, target);
  if (limit) throw limit;
}

/**
 * Makes a fault that stays until it is undone, and writes it down before. LabError when its machine has a fault already, does not run, or
 * the fault is not felt within so many seconds: it is undone then.
 */
export async function breakNow(
  site: DrillSite,
  target: Target,
  within = FELT_WITHIN * timeoutFactor(site),
): Promise<Fault> {
  requireTarget(site, target);
  const { folder } = site.environment;
  const fault = targetOf(target, site.topology, await holdersFor(site, target));
  // What is done to the network is done to no machine, and there is one of it at a time.
  const machines = touchedBy(fault);
  requireNoFault(folder, machines);
  await requireRunning(
    site.engine,
    machines.filter(Boolean).map((name) => machineNamed(site.topology, name)),
  );
  const ask = askOverSsh(site);
  const before = await beforeFault(fault, ask);
  const back = async () => {
    await undo(fault, site);
    closeFault(folder, fault);
  };
  openFault(folder, fault, 'user');
  const forget = onInterrupt(back);
  try {
    await inject(fault, site);
    const effect = await effectOf(fault, site, before, ask, within);
    if (effect?.seen === false) throw notFelt(fault, effectWords(fault, effect));
    return fault;
  } catch (error) {
    await back().catch(() => undefined);
    throw error;
  } finally {
    forget();
  }
}

/** Who holds what: asked of the machines only where the target is who holds something. */
const holdersFor = async (site: DrillSite, { holder }: Target): Promise<Partial<Record<Holder, string>>> =>
  holder === undefined ? {} : holdersOf(site.topology, await lookAt(site));

function notFelt(fault: Fault, why: { en: string; fr: string } | undefined): LabError {
  return new LabError(
    {
      en: `${why?.en ?? `The fault has no effect on ${fault.machine}`}, so it was undone.`,
      fr: `${why?.fr ?? `La panne n'a pas d'effet sur ${fault.machine}`} : elle est annulée.`,
    },
    {
      en: 'see what is wrong already (`lab status`), then try again.',
      fr: 'regardez ce qui ne va pas déjà (`lab status`), puis réessayez.',
    },
  );
}

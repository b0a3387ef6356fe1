import { FAST, timeoutFactor } from '../lab/timers.ts';
import type { RoleName, Topology } from '../topology/model.ts';
import { onInterrupt } from '../ui/interrupt.ts';
import { version } from '../version.ts';
import { Watch } from './conditions.ts';
import { drillEvents } from './events.ts';
import { undoLeft } from './journal.ts';
import { clientHost, type DrillLab, samplerSettings, waitForRedundancy } from './lab.ts';
import type { DrillResult, Fault, Kind } from './model.ts';
import { doFault, lastWriter, notRedundant, readBack, sleep, waitSteady } from './phases.ts';
import { comparePredictions, predict } from './predict.ts';
import { holdersOf } from './redundancy.ts';
import { Sampler } from './sampler.ts';
import { keepResult } from './store.ts';
import { type Target, targetOf } from './target.ts';
import { readTimers } from './timers.ts';
import { holdOf, judge, overall } from './verdict.ts';
import { kindResult } from './windows.ts';

/** A drill that is wanted. */
export interface Drill {
  id: string;
  target: Target;
  /** Of the random sequence it belongs to. */
  seed?: number;
  /** Seconds the fault lasts; default: what the budgets say (`hold`). */
  hold?: number;
}

/** What a drill is doing, for the display. */
export type DrillStep =
  | { step: 'left'; fault: Fault }
  | { step: 'looking' | 'steady' | 'reading' }
  | { step: 'fault'; fault: Fault; seconds: number }
  | { step: 'waiting'; missing: string[] };

/** Seconds that full redundancy may be waited for before a fault: what came before may still be settling. */
const SETTLED_WITHIN = 60;
/** Seconds of requests after everything is back, so that the end is seen to be good. */
const AFTER = 3;

/**
 * One drill: full redundancy and a steady state first (LabError otherwise), then the fault, its undoing, and the wait for
 * full redundancy, all the time under the sampler; in the end everything that was written is read back. The fault is
 * undone whatever happens. The result is kept in the lab's folder.
 */
export async function runDrill(
  lab: DrillLab,
  drill: Drill,
  tell: (step: DrillStep) => void,
): Promise<DrillResult> {
  const { budgets, topology } = lab;
  const left = await undoLeft(lab.lab.folder, lab);
  if (left) tell({ step: 'left', fault: left });
  tell({ step: 'looking' });
  const waiting = (missing: string[]) => tell({ step: 'waiting', missing });
  const before = await waitForRedundancy(lab, SETTLED_WITHIN * timeoutFactor(lab.facts), waiting);
  if (before.missing.length > 0) throw notRedundant(before.missing);
  const timers = await readTimers(lab);

  const sampler = new Sampler(
    await clientHost(lab),
    samplerSettings(lab, drill.id),
    timeoutFactor(lab.facts),
  );
  const watch = new Watch();
  const forget = onInterrupt(() => sampler.close());
  try {
    await sampler.begun();
    tell({ step: 'steady' });
    await waitSteady(sampler, lab);
    const fault = targetOf(
      drill.target,
      topology,
      holdersOf(topology, before.facts, lastWriter(sampler, lab)),
    );
    const hold = drill.hold ?? holdOf(budgets, fault, rolesOf(topology, fault.machine));
    tell({ step: 'fault', fault, seconds: hold });
    const done = await doFault(lab, fault, hold, () => sampler.axis.at(Date.now()));
    const redundant = await waitForRedundancy(lab, budgets.redundancyWait, waiting);
    await sleep(AFTER);
    const end = sampler.axis.at(Date.now());
    tell({ step: 'reading' });
    await sampler.stop(Math.max(...Object.values(budgets.kinds).map((kind) => kind.timeout)) + 10);
    const writes = await readBack(lab, sampler, drill.id);
    const times = {
      ...done,
      redundant:
        redundant.missing.length === 0 ? Math.max(done.faultDone, sampler.axis.at(redundant.at)) : null,
      end,
    };
    const result = resultOf(lab, drill, { fault, times, writes, missing: redundant.missing }, sampler, watch);
    result.predictions = comparePredictions(predict(fault, topology, timers), result.kinds, budgets);
    result.events = await drillEvents(lab, sampler.axis, end);
    await keepResult(lab.lab.folder, result, sampler.samples);
    return result;
  } finally {
    forget();
    watch.stop();
    sampler.close();
  }
}

function rolesOf(topology: Topology, machine: string): RoleName[] {
  return topology.machines.find((one) => one.name === machine)?.roles ?? [];
}

type Done = Pick<DrillResult, 'fault' | 'times' | 'writes' | 'missing'>;

function resultOf(lab: DrillLab, drill: Drill, done: Done, sampler: Sampler, watch: Watch): DrillResult {
  const { budgets, topology } = lab;
  const conditions = watch.conditions(sampler.axis, sampler.notes);
  const kinds = (Object.keys(budgets.kinds) as Kind[])
    .map((kind) => kindResult(kind, sampler.samples, budgets.kinds[kind], done.times, conditions.stalls))
    .filter((kind) => kind.requests > 0);
  const roles = rolesOf(topology, done.fault.machine);
  const judgements = judge({ ...done, kinds }, budgets.budgets, roles, tooBusy(conditions, budgets.busy));
  return {
    version: 1,
    ...{ id: drill.id, lab: lab.lab.name, engine: lab.engine.name, topology: topology.name },
    ...{ app: lab.facts.app, kit: version(), factor: lab.facts.factor ?? FAST },
    ...done,
    ...(drill.seed === undefined ? {} : { seed: drill.seed }),
    begun: sampler.axis.begun.toISOString(),
    kinds,
    predictions: [],
    judgements,
    verdict: overall(judgements.map((one) => one.verdict)),
    conditions,
    events: [],
  };
}

/** Why the computer was too busy for a fair measurement; false when it was not. */
function tooBusy({ load, processors }: DrillResult['conditions'], busy: number): string | false {
  return load > busy * processors && `load ${load.toFixed(1)} on ${processors} processors before the drill`;
}

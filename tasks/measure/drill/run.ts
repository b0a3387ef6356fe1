import { describe } from '../../architecture/describe.ts';
import { onInterrupt } from '../../base/interrupt.ts';
import { version } from '../../base/paths.ts';
import { sleep } from '../../base/poll.ts';
import { holdersOf } from '../../inspect/holders.ts';
import { readTimers } from '../../inspect/timers.ts';
import { FAST, timeoutFactor } from '../../roles/timers.ts';
import type { RoleName, Topology } from '../../topology/model.ts';
import { Watch } from './conditions.ts';
import { drillEvents } from './events.ts';
import type { DrillResult, Fault, Kind } from './model.ts';
import { requireNoFault, undoOpen } from './open-fault.ts';
import { compareOutcomes, lostBy, outcomesOf } from './outcomes.ts';
import { doFault, lastWriter, notRedundant, readBack, waitSteady } from './phases.ts';
import { comparePredictions, predict } from './predict.ts';
import { Sampler } from './sampler.ts';
import { clientHost, type DrillSite, samplerSettings, waitForRedundancy } from './site.ts';
import { keepResult } from './store.ts';
import { type Target, targetOf } from './target.ts';
import { DrillTelling } from './tell.ts';
import { drillVerdict, holdOf, judgeDrill } from './verdict.ts';
import { kindResult } from './windows.ts';

/** A drill that is wanted. */
export interface Drill {
  id: string;
  target: Target;
  /** Of the random sequence it belongs to. */
  seed?: number;
  /** Seconds the fault lasts; default: what the budgets say (`hold`). */
  hold?: number;
  /** Seconds: the longest outage as the user said it beforehand. */
  said?: number;
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
  site: DrillSite,
  drill: Drill,
  tell: (step: DrillStep) => void,
): Promise<DrillResult> {
  const { budgets, topology } = site;
  const { folder } = site.environment;
  for (const fault of await undoOpen(folder, site, 'drill')) tell({ step: 'left', fault });
  // What somebody broke on purpose is theirs to undo.
  requireNoFault(folder);
  tell({ step: 'looking' });
  const waiting = (missing: string[]) => tell({ step: 'waiting', missing });
  const before = await waitForRedundancy(site, SETTLED_WITHIN * timeoutFactor(site.facts), waiting);
  if (before.missing.length > 0) throw notRedundant(before.missing);
  const timers = await readTimers(site.engine, site.facts);

  const sampler = new Sampler(
    await clientHost(site),
    samplerSettings(site, drill.id),
    timeoutFactor(site.facts),
  );
  const watch = new Watch();
  let telling: DrillTelling | undefined;
  const forget = onInterrupt(() => sampler.close());
  try {
    await sampler.begun();
    telling = new DrillTelling(sampler, site, drill);
    tell({ step: 'steady' });
    await waitSteady(sampler, site);
    const holds = holdersOf(topology, before.facts, lastWriter(sampler, site));
    const fault = targetOf(drill.target, topology, holds);
    const hold = drill.hold ?? holdOf(budgets, fault, rolesOf(topology, fault.machine));
    tell({ step: 'fault', fault, seconds: hold });
    const expected = predict(fault, topology, timers);
    telling.fault(fault, expected);
    const { times: done, effect } = await doFault(
      site,
      fault,
      hold,
      () => sampler.axis.at(Date.now()),
      (times) => telling?.change({ times: definedIn(times) }),
    );
    telling.change({ step: 'waiting' });
    const redundant = await waitForRedundancy(site, budgets.redundancyWait, waiting);
    await sleep(AFTER);
    const end = sampler.axis.at(Date.now());
    tell({ step: 'reading' });
    telling.change({ step: 'reading' });
    await sampler.stop(Math.max(...Object.values(budgets.kinds).map((kind) => kind.timeout)) + 10);
    const writes = await readBack(site, sampler, drill.id);
    const times = {
      ...done,
      redundant:
        redundant.missing.length === 0 ? Math.max(done.faultDone, sampler.axis.at(redundant.at)) : null,
      end,
    };
    const result = resultOf(
      site,
      drill,
      { fault, times, writes, missing: redundant.missing, ...(effect ? { effect } : {}) },
      sampler,
      watch,
      holds.redis,
    );
    result.predictions = comparePredictions(expected, result.kinds, budgets);
    result.events = await drillEvents(site, sampler.axis, end);
    await keepResult(site.environment.folder, result, sampler.samples);
    telling.result(result);
    return result;
  } finally {
    forget();
    watch.stop();
    sampler.close();
    await telling?.end();
  }
}

/** Those of some times that are known. */
const definedIn = (times: Record<string, number | null>): Record<string, number> =>
  Object.fromEntries(Object.entries(times).flatMap(([name, at]) => (at === null ? [] : [[name, at]])));

function rolesOf(topology: Topology, machine: string): RoleName[] {
  return topology.machines.find((other) => other.name === machine)?.roles ?? [];
}

type Done = Pick<DrillResult, 'fault' | 'effect' | 'times' | 'writes' | 'missing'>;

/** `master`: who had the sessions before the fault. */
function resultOf(
  site: DrillSite,
  drill: Drill,
  done: Done,
  sampler: Sampler,
  watch: Watch,
  master: string | undefined,
): DrillResult {
  const { budgets, topology } = site;
  const conditions = watch.conditions(sampler.axis, sampler.notes);
  const kinds = (Object.keys(budgets.kinds) as Kind[])
    .map((kind) => kindResult(kind, sampler.samples, budgets.kinds[kind], done.times, conditions.stalls))
    .filter((kind) => kind.requests > 0);
  const roles = rolesOf(topology, done.fault.machine);
  const doubt = tooBusy(conditions, budgets.busy);
  const judgements = judgeDrill({ ...done, kinds }, budgets.budgets, roles, doubt);
  const outcomes =
    done.fault.kind === 'several'
      ? compareOutcomes(
          outcomesOf(describe(topology, site.facts.roles), lostBy(done.fault), master),
          kinds,
          done.times,
          doubt !== false,
        )
      : undefined;
  return {
    version: 1,
    ...{ id: drill.id, lab: site.environment.name, engine: site.engine.name, topology: topology.name },
    ...{ app: site.facts.app, kit: version(), factor: site.facts.factor ?? FAST },
    ...done,
    ...(drill.seed === undefined ? {} : { seed: drill.seed }),
    ...(drill.said === undefined ? {} : { said: drill.said }),
    begun: sampler.axis.begun.toISOString(),
    kinds,
    predictions: [],
    ...(outcomes ? { outcomes } : {}),
    judgements,
    verdict: drillVerdict({ ...done, judgements, ...(outcomes ? { outcomes } : {}) }),
    conditions,
    events: [],
  };
}

/** Why the computer was too busy for a fair measurement; false when it was not. */
function tooBusy({ load, processors }: DrillResult['conditions'], busy: number): string | false {
  return load > busy * processors && `load ${load.toFixed(1)} on ${processors} processors before the drill`;
}

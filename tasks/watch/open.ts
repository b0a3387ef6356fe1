import { existsSync } from 'node:fs';
import { insideOf } from '../engines/engine.ts';
import { changesEnvironment } from '../environment/lock.ts';
import { openEngine } from '../environment/open-engine.ts';
import { existingEnvironment, openEnvironment, readRecord } from '../environment/record.ts';
import { readRoles } from '../roles/roles.ts';
import { timeoutFactorOf } from '../roles/timers.ts';
import type { Broken } from './model/state.ts';
import { planOf } from './plan.ts';
import { Watcher } from './watcher.ts';

/** ms between two questions to the engine: one that only reads files, and one that starts programs. */
const QUICK = 125;
const SLOW = 5000;

/** The watcher of a lab, which has not begun; `broken`: how what is broken on purpose is known. LabError when there is no such lab. */
export async function openWatcher(
  name: string,
  broken?: (folder: string, root: string) => () => Promise<Broken[]>,
): Promise<Watcher> {
  const environment = await existingEnvironment(name);
  const roles = readRoles(environment.root);
  let engine = await openEngine(environment);
  return new Watcher({
    root: environment.root,
    plan: async () => {
      const record = existsSync(environment.folder) ? await readRecord(name) : undefined;
      if (!record) return undefined;
      const now = await openEnvironment(name, record);
      // It may have other machines by now.
      engine = await openEngine(now);
      return planOf(name, record.engine, now.topology, roles);
    },
    states: () => engine.states(),
    statesEvery: engine.quickStates ? QUICK : SLOW,
    ...(engine.traffic ? { traffic: () => engine.traffic?.() ?? new Map() } : {}),
    ...(engine.processorTime ? { processorTime: () => engine.processorTime?.() ?? new Map() } : {}),
    hosts: () => engine.sshHosts(),
    command: async () => (await changesEnvironment(name))?.command,
    ...(broken ? { broken: broken(environment.folder, environment.root) } : {}),
    nic: insideOf(environment.record.engine, environment.topology).nic,
    timeoutFactor: timeoutFactorOf(environment),
  });
}

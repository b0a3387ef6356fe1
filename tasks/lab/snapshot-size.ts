import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Engine } from '../engines/engine.ts';
import { writeWhole } from '../host/files.ts';
import { loadTopology, parseTopology } from '../topology/load.ts';
import type { Lab } from './lab.ts';
import { currentTopology, type OwnTopology, returnTopology } from './own-topology.ts';
import { ownTopologyFile } from './paths.ts';

/** Where a lab keeps which topology it had when a snapshot was taken: a snapshot holds disks only. */
const fileOf = (lab: Lab, snapshot: string) => join(lab.folder, 'snapshots', `${snapshot}.json`);

/** Remembers the topology of now with a snapshot. */
export async function rememberSize(lab: Lab, snapshot: string): Promise<void> {
  const file = fileOf(lab, snapshot);
  await mkdir(dirname(file), { recursive: true });
  await writeWhole(file, JSON.stringify(currentTopology(lab)));
}

export async function forgetSize(lab: Lab, snapshot: string): Promise<void> {
  await rm(fileOf(lab, snapshot), { force: true });
}

/** The topology that the lab had when a snapshot was taken; undefined when it is the one of now, or not known. */
export async function sizeAt(lab: Lab, snapshot: string): Promise<OwnTopology | undefined> {
  const file = fileOf(lab, snapshot);
  if (!existsSync(file)) return undefined;
  const then = JSON.parse(await readFile(file, 'utf8')) as OwnTopology;
  return isDeepStrictEqual(then, currentTopology(lab)) ? undefined : then;
}

/** Goes back to the topology of then: machines that did not exist are removed. The snapshot is not restored by this. */
export async function returnToSize(lab: Lab, engine: Engine, then: OwnTopology): Promise<Lab> {
  const file = ownTopologyFile(lab.name);
  const before =
    then.text === undefined
      ? await loadTopology(lab.record.topology, lab.root)
      : parseTopology(then.text, file);
  const kept = new Set(before.machines.map((machine) => machine.name));
  // First: interrupted here, the lab is what it was, and `lab up` completes it.
  for (const machine of lab.topology.machines) if (!kept.has(machine.name)) await engine.remove(machine);
  return returnTopology(lab, then);
}

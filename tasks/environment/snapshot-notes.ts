import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { NeededApplication } from '../artifacts/application/application.ts';
import { writeFileAtomic } from '../base/files.ts';
import { ownTopologyFile } from '../base/paths.ts';
import type { Engine } from '../engines/engine.ts';
import { loadTopology, parseTopology } from '../topology/load.ts';
import { type OwnTopology, ownTopologyOf, returnTopology } from './own-topology.ts';
import type { Environment } from './record.ts';

/** What an environment was when a snapshot was taken: a snapshot holds disks only. `more` is what the floors above add. */
export interface SnapshotNote extends OwnTopology {
  serves?: NeededApplication;
  more?: unknown;
}

const fileOf = (environment: Environment, snapshot: string) =>
  join(environment.folder, 'snapshots', `${snapshot}.json`);

const noteNow = (environment: Environment, more: unknown): SnapshotNote => {
  const { serves } = environment.record;
  return {
    ...ownTopologyOf(environment),
    ...(serves ? { serves } : {}),
    ...(more === undefined ? {} : { more }),
  };
};

/** Keeps with a snapshot what the environment is now. */
export async function noteSnapshot(
  environment: Environment,
  snapshot: string,
  more?: unknown,
): Promise<void> {
  const file = fileOf(environment, snapshot);
  await mkdir(dirname(file), { recursive: true });
  await writeFileAtomic(file, JSON.stringify(noteNow(environment, more)));
}

/** Forgets what was kept with a snapshot that is about to be replaced, unless that is so now as well: no note is better than a wrong one. */
export async function forgetOtherNote(
  environment: Environment,
  snapshot: string,
  more?: unknown,
): Promise<void> {
  // As it comes back from its file.
  const now = JSON.parse(JSON.stringify(noteNow(environment, more))) as SnapshotNote;
  if (!isDeepStrictEqual(await noteOf(environment, snapshot), now)) await forgetNote(environment, snapshot);
}

/** What was kept with a snapshot; undefined when nothing was. */
export async function noteOf(environment: Environment, snapshot: string): Promise<SnapshotNote | undefined> {
  const file = fileOf(environment, snapshot);
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as SnapshotNote) : undefined;
}

export async function forgetNote(environment: Environment, snapshot: string): Promise<void> {
  await rm(fileOf(environment, snapshot), { force: true });
}

/** The topology that the lab had when a snapshot was taken; undefined when it is the one of now, or not known. */
export async function sizeAt(environment: Environment, snapshot: string): Promise<OwnTopology | undefined> {
  const note = await noteOf(environment, snapshot);
  if (!note) return undefined;
  const { serves: _, more: __, ...then } = note;
  return isDeepStrictEqual(then, ownTopologyOf(environment)) ? undefined : then;
}

/** Goes back to the topology of then: machines that did not exist are removed. The snapshot is not restored by this. */
export async function returnToSize(
  environment: Environment,
  engine: Engine,
  then: OwnTopology,
): Promise<Environment> {
  const file = ownTopologyFile(environment.name);
  const before =
    then.text === undefined
      ? await loadTopology(environment.record.topology, environment.root)
      : parseTopology(then.text, file);
  const kept = new Set(before.machines.map((machine) => machine.name));
  // First: interrupted here, the lab is what it was, and `lab up` completes it.
  for (const machine of environment.topology.machines)
    if (!kept.has(machine.name)) await engine.remove(machine);
  return returnTopology(environment, then);
}

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../../base/files.ts';
import { cacheFolder, version } from '../../../base/paths.ts';
import type { Topology } from '../../../topology/model.ts';
import { carriedOf } from '../../guides/carried.ts';
import { filesIn } from './files.ts';
import type { Replayed, Wanted } from './replay.ts';

/** Digest of the labs, the roles and the code of the kit: with others a replay may end otherwise. */
export function kitDigest(root: string): string {
  const hash = createHash('sha256').update(version());
  for (const folder of ['labs', 'roles', 'tasks'])
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort())
      hash.update(`${entry.slice(root.length)}\0`).update(readFileSync(entry));
  return hash.digest('hex');
}

/**
 * Names what was built again, of whom, with what: all that a replay reads, so that of several bundles of a student with the same files
 * one is built again. What else the facts say, and when, changes nothing there.
 */
export function replayKey(
  { lab, student, code, claimed, facts }: Wanted,
  topology: Topology,
  kit: string,
): string {
  const files = filesIn(facts, carriedOf(lab)).map(({ machine, files, left, refused }) => [
    machine,
    [...files].map(([path, { mode, owner, data }]) => [path, mode, owner, data]).sort(),
    [...left].sort(),
    [...refused].sort(),
  ]);
  return createHash('sha256')
    .update(
      JSON.stringify([kit, lab.id, student ?? '', code ?? '', claimed, files, { ...topology, file: '' }]),
    )
    .digest('hex')
    .slice(0, 40);
}

const fileOf = (key: string) => join(cacheFolder(), 'replays', `${key}.json`);

/** What came of the same replay before; undefined when there was none. */
export async function keptReplay(key: string): Promise<Replayed | undefined> {
  const file = fileOf(key);
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Replayed;
  } catch {
    // Not whole: it is done again.
    return undefined;
  }
}

/** Keeps what came of a replay, so that one that is interrupted continues with the next bundle. */
export async function keepReplay(key: string, replayed: Replayed): Promise<void> {
  await mkdir(join(cacheFolder(), 'replays'), { recursive: true });
  await writeFileAtomic(fileOf(key), `${JSON.stringify(replayed)}\n`);
}

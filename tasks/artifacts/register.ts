import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { LabError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { cacheFolder } from '../base/paths.ts';

/** Where the cache remembers the labs that use it, of every checkout: a file for each, with the lab's folder. */
const register = () => join(cacheFolder(), 'labs');

/** Name of a lab's record before its first machine has started (environment/record.ts). */
export const BEGUN = 'begun.json';

/** The files of a lab that say what it was made from. */
const filesOf = (lab: string) => ({
  base: join(lab, 'engine', 'base.json'),
  record: join(lab, 'lab.json'),
  begun: join(lab, BEGUN),
});

/** Makes the cache remember a lab (its folder), so that `lab image prune` of another checkout keeps what the lab needs. */
export async function registerEnvironment(folder: string): Promise<void> {
  const lab = resolve(folder);
  const name = createHash('sha256').update(lab).digest('hex').slice(0, 20);
  const file = join(register(), `${name}.json`);
  if (existsSync(file)) return;
  try {
    await mkdir(register(), { recursive: true });
    await writeFileAtomic(file, `${JSON.stringify({ folder: lab })}\n`);
  } catch (error) {
    // A cache that somebody else looks after, for reading only.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EROFS') throw error;
  }
}

/** Folders of the registered labs. Labs that are gone are dropped from the register. */
async function registeredLabs(): Promise<string[]> {
  const labs: string[] = [];
  for (const name of existsSync(register()) ? await readdir(register()) : []) {
    if (!name.endsWith('.json')) continue;
    const file = join(register(), name);
    const { folder } = await readJson<{ folder: string }>(file);
    if (Object.values(filesOf(folder)).some(existsSync)) labs.push(folder);
    else await rm(file, { force: true });
  }
  return labs;
}

/** LabError when the file cannot be understood: what a lab needs is not known then, and nothing may be removed. */
async function readJson<T>(file: string): Promise<T> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch {
    throw new LabError(
      {
        en: `${file} cannot be read: what its lab needs of the cache is not known.`,
        fr: `${file} est illisible : on ne sait pas ce dont ce lab a besoin dans le cache.`,
      },
      {
        en: 'remove the file, or the whole lab that it belongs to; nothing was removed from the cache.',
        fr: "supprimez ce fichier, ou tout le lab auquel il appartient ; rien n'a été supprimé du cache.",
      },
    );
  }
}

/**
 * Every digest that a lab was made from, with those labs: the ones below `labs` by their name, those of other checkouts by their
 * folder. LabError when what a lab needs cannot be read.
 */
export async function digestsOfEnvironments(labs: string): Promise<Map<string, string[]>> {
  const here = resolve(labs);
  const own = existsSync(here) ? (await readdir(here)).map((name) => join(here, name)) : [];
  const used = new Map<string, string[]>();
  for (const lab of new Set([...own, ...(await registeredLabs())])) {
    const { base, record, begun } = filesOf(lab);
    const digests = existsSync(base) ? Object.values(await readJson<Record<string, string>>(base)) : [];
    for (const file of [record, begun].filter(existsSync)) {
      const { nextcloud } = await readJson<{ nextcloud?: { sha256: string } }>(file);
      if (nextcloud) digests.push(nextcloud.sha256.slice(0, 20));
    }
    const name = dirname(lab) === here ? basename(lab) : lab;
    for (const digest of digests) used.set(digest, [...(used.get(digest) ?? []), name]);
  }
  return used;
}

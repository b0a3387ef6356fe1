import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the kit: the folder above dist/ (bundled) or tasks/ (from source). */
export const ROOT = fileURLToPath(
  new URL(import.meta.url.includes('/dist/') ? '..' : '../..', import.meta.url),
);

/** Folder of one lab's state. */
export function labFolder(name: string): string {
  return join(ROOT, '.lab', name);
}

/** The lock of a lab. Beside its folder: `lab destroy` removes that while it holds the lock. No lab's name has a dot. */
export const labLockFile = (name: string): string => `${labFolder(name)}.lock`;

/** A lab's own topology, once it was scaled. */
export function ownTopologyFile(name: string): string {
  return join(labFolder(name), 'topology.yaml');
}

/** Cache of images and downloads, shared by all labs of this user: LAB_CACHE, or the platform's own place. */
export function cacheFolder(): string {
  if (process.env.LAB_CACHE) return process.env.LAB_CACHE;
  if (process.platform === 'win32') return join(process.env.LOCALAPPDATA ?? homedir(), 'ha-lab', 'cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'ha-lab');
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ha-lab');
}

/** Name of the lab when none is given. */
export const DEFAULT_LAB = process.env.LAB_NAME || 'lab';

/** What a proposed command needs to mean this lab: ` --name other`, nothing for the usual one. */
export const nameOption = (lab: string): string => (lab === DEFAULT_LAB ? '' : ` --name ${lab}`);

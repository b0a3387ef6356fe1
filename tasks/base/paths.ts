import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the kit: the folder above dist/ (bundled) or tasks/ (from source). */
export const ROOT = fileURLToPath(
  new URL(import.meta.url.includes('/dist/') ? '..' : '../..', import.meta.url),
);

/** Where the labs are: LAB_HOME (a lab of a class is in a folder of its job), or below the kit. */
export const labsFolder = (): string => process.env.LAB_HOME || join(ROOT, '.lab');

/** Folder of one lab's state. */
export function environmentFolder(name: string): string {
  return join(labsFolder(), name);
}

/** The lock of a lab. Beside its folder: `lab destroy` removes that while it holds the lock. No lab's name has a dot. */
export const environmentLockFile = (name: string): string => `${environmentFolder(name)}.lock`;

/** A lab's own topology, once it was scaled. */
export function ownTopologyFile(name: string): string {
  return join(environmentFolder(name), 'topology.yaml');
}

/** Cache of images and downloads, shared by all labs of this user: LAB_CACHE, or the platform's own place. */
export function cacheFolder(): string {
  if (process.env.LAB_CACHE) return process.env.LAB_CACHE;
  if (process.platform === 'win32') return join(process.env.LOCALAPPDATA ?? homedir(), 'ha-lab', 'cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'ha-lab');
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ha-lab');
}

/** What a user has chosen for good, and is not made again: LAB_CONFIG, or the platform's own place. */
export function configFolder(): string {
  if (process.env.LAB_CONFIG) return process.env.LAB_CONFIG;
  if (process.platform === 'win32') return join(process.env.APPDATA ?? homedir(), 'ha-lab');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'ha-lab');
  return join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'ha-lab');
}

/** Name of the lab when none is given. */
export const DEFAULT_ENVIRONMENT = process.env.LAB_NAME || 'lab';

/** What a proposed command needs to mean this lab: ` --name other`, nothing for the usual one. */
export const nameOption = (lab: string): string => (lab === DEFAULT_ENVIRONMENT ? '' : ` --name ${lab}`);

/** Version of the kit, from package.json. */
export function version(): string {
  return (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}

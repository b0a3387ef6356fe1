import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Name of a lab's folder: NN-name. */
export const LAB_FOLDER = /^(\d\d)-[a-z][a-z0-9-]*$/;

/** Names (NN-name) of the labs below `root`/labs, in order. */
export function labNames(root: string): string[] {
  const folder = join(root, 'labs');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => LAB_FOLDER.test(name) && existsSync(join(folder, name, 'lab.yaml')))
    .sort();
}

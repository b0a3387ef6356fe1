import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LAB_FOLDER } from './ids.ts';

/** Names (NN-name) of the labs below `root`/labs, in order. */
export function labNames(root: string): string[] {
  const folder = join(root, 'labs');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => LAB_FOLDER.test(name) && existsSync(join(folder, name, 'lab.yaml')))
    .sort();
}

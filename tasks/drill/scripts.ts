import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A shell script of this folder. */
export const script = (root: string, name: 'asking' | 'facts' | 'timers'): string =>
  readFileSync(join(root, 'tasks', 'drill', `${name}.sh`), 'utf8');

/**
 * What a drill asks of a machine: facts.sh (arguments: roles, services) or timers.sh (roles). `patience`: how many times longer
 * each part of the answer may take.
 */
export const machineScript = (root: string, name: 'facts' | 'timers', patience: number): string =>
  `PATIENCE=${patience}\n${script(root, 'asking')}\n${script(root, name)}`;

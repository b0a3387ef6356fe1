import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A shell script of this folder. */
export const script = (root: string, name: 'asking' | 'facts' | 'timers'): string =>
  readFileSync(join(root, 'tasks', 'inspect', `${name}.sh`), 'utf8');

/**
 * What a drill asks of a machine: facts.sh (arguments: roles, services) or timers.sh (roles). `timeoutFactor`: how many times longer
 * each part of the answer may take (roles/timers.ts).
 */
export const machineScript = (root: string, name: 'facts' | 'timers', timeoutFactor: number): string =>
  `${asking(root, timeoutFactor)}\n${script(root, name)}`;

/** asking.sh, for a machine that may take so many times longer. Bash knows whole numbers only. */
export const asking = (root: string, timeoutFactor: number): string =>
  `TIMEOUT_TENTHS=${Math.ceil(timeoutFactor * 10 - 1e-6)}\n${script(root, 'asking')}`;

import { LabError } from '../../base/errors.ts';
import { runProgram } from '../../base/exec.ts';
import { mustRun } from '../../base/must-run.ts';
import type { Machine } from '../../topology/model.ts';
import { tapName } from './command-line.ts';
import type { EnvironmentNamespace } from './namespace.ts';

type Namespace = Pick<EnvironmentNamespace, 'holder' | 'enter'>;

/**
 * Puts the machine's end of the cable into the bridge, or takes it out: set down, the machine's driver would give it up.
 * LabError when the lab does not run.
 */
export async function setCable(namespace: Namespace, machine: Machine, plugged: boolean): Promise<void> {
  if (!namespace.holder()) {
    throw new LabError(
      { en: 'The lab is not running.', fr: "Le lab n'est pas démarré." },
      { en: 'run `lab up`.', fr: 'lancez `lab up`.' },
    );
  }
  const to = plugged ? ['master', 'lab0'] : ['nomaster'];
  await mustRun('nsenter', [...namespace.enter(), 'ip', 'link', 'set', tapName(machine), ...to]);
}

/** Whether a machine's cable is cut; false where there is none. */
export async function cableIsCut(namespace: Namespace, machine: Machine): Promise<boolean> {
  if (!namespace.holder()) return false;
  const show = ['ip', '-o', 'link', 'show', tapName(machine)];
  const { code, stdout } = await runProgram('nsenter', [...namespace.enter(), ...show]);
  return code === 0 && !isPlugged(stdout);
}

/** What `ip -o link show` says of an end that is in a bridge. */
export const isPlugged = (link: string): boolean => / master \S/.test(link);

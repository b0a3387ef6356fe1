import { showJobs } from '../../base/progress.ts';
import { say } from '../../base/text.ts';
import { openEngine } from '../../environment/open-engine.ts';
import { haltGroups } from '../../environment/provision/graph.ts';
import { existingEnvironment } from '../../environment/record.ts';
import { readState } from '../../exercises/state/state.ts';
import { type AnyRole, readRoles } from '../../roles/roles.ts';
import { timeoutFactorOf } from '../../roles/timers.ts';
import { machineNamed } from '../../topology/model.ts';

/** Seconds an orderly shutdown may take before the power is cut. */
const HALT_SECONDS = 60;

/** Shuts machines down, those first that use the others; with --force the power of all is cut at once. */
export async function halt(names: string[], options: { name: string; force?: boolean }): Promise<number> {
  const environment = await existingEnvironment(options.name);
  const machines =
    names.length > 0
      ? names.map((name) => machineNamed(environment.topology, name))
      : environment.topology.machines;
  const engine = await openEngine(environment);
  const states = await engine.states();
  const roles = readRoles(environment.root);
  const after = (role: string) => roles.get(role as AnyRole)?.after ?? [];
  // A power cut asks nobody; an orderly shutdown starts with those who use the others.
  const groups = options.force ? [machines] : haltGroups(machines, after);
  for (const group of groups) {
    await showJobs(
      group.map((machine) => ({
        title: machine.name,
        run: async () => {
          const state = states.get(machine.name);
          if (state === 'off' || state === 'absent') return say({ en: 'was off', fr: 'était éteinte' });
          await (options.force
            ? engine.powerOff(machine)
            : engine.halt(machine, HALT_SECONDS * timeoutFactorOf(environment)));
          return say({ en: 'off', fr: 'éteinte' });
        },
      })),
      { parallel: true, quiet: false },
    );
  }
  const { current } = await readState(environment.folder);
  if (current !== undefined)
    console.log(
      say({
        en: `\`lab up\` brings them back in lab ${current} as you left them.`,
        fr: `\`lab up\` les ramène dans le lab ${current}, telles que vous les avez laissées.`,
      }),
    );
  return 0;
}

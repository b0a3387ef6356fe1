import { openEngine } from '../engines/open.ts';
import { existingLab, machineNamed } from '../lab/lab.ts';
import { timeoutFactorOf } from '../lab/timers.ts';
import { haltGroups } from '../provision/graph.ts';
import { type AnyRole, readRoles } from '../provision/roles.ts';
import { showJobs } from '../ui/progress.ts';
import { say } from '../ui/text.ts';

/** Seconds an orderly shutdown may take before the power is cut. */
const HALT_SECONDS = 60;

/** Shuts machines down, those first that use the others; with --force the power of all is cut at once. */
export async function halt(names: string[], options: { name: string; force?: boolean }): Promise<number> {
  const lab = await existingLab(options.name);
  const machines =
    names.length > 0 ? names.map((name) => machineNamed(lab.topology, name)) : lab.topology.machines;
  const engine = await openEngine(lab);
  const states = await engine.states();
  const roles = readRoles(lab.root);
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
            : engine.halt(machine, HALT_SECONDS * timeoutFactorOf(lab)));
          return say({ en: 'off', fr: 'éteinte' });
        },
      })),
      { parallel: true, quiet: false },
    );
  }
  return 0;
}

import { openEngine } from '../engines/open.ts';
import { existingLab, machineNamed } from '../lab/lab.ts';
import { showJobs } from '../ui/progress.ts';
import { say } from '../ui/text.ts';

/** Seconds an orderly shutdown may take before the power is cut. */
const HALT_SECONDS = 60;

/** Shuts machines down, all at once; with --force the power is cut instead. */
export async function halt(names: string[], options: { name: string; force?: boolean }): Promise<number> {
  const lab = await existingLab(options.name);
  const machines =
    names.length > 0 ? names.map((name) => machineNamed(lab.topology, name)) : lab.topology.machines;
  const engine = await openEngine(lab);
  const states = await engine.states();
  await showJobs(
    machines.map((machine) => ({
      title: machine.name,
      run: async () => {
        const state = states.get(machine.name);
        if (state === 'off' || state === 'absent') return say({ en: 'was off', fr: 'était éteinte' });
        await (options.force ? engine.powerOff(machine) : engine.halt(machine, HALT_SECONDS));
        return say({ en: 'off', fr: 'éteinte' });
      },
    })),
    { parallel: true, quiet: false },
  );
  return 0;
}

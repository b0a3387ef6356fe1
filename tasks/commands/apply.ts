import { openEngine } from '../engines/open.ts';
import { existingLab, machineNamed } from '../lab/lab.ts';
import { machinesToApply, roleNamed } from '../provision/choice.ts';
import { labFacts } from '../provision/facts.ts';
import { readRoles } from '../provision/roles.ts';
import { showProvisioning } from '../provision/show.ts';
import { requireRunning } from '../status/power.ts';
import { seconds } from '../ui/progress.ts';
import { say } from '../ui/text.ts';

/** `lab apply ROLE [MACHINE…]`: applies a role once more, also where nothing changed. Returns the exit code. */
export async function apply(
  name: string,
  names: string[],
  options: { name: string; json?: boolean },
): Promise<number> {
  const since = Date.now();
  const lab = await existingLab(options.name);
  const role = roleNamed(readRoles(lab.root), lab.topology, name);
  const named = names.map((machine) => machineNamed(lab.topology, machine));
  const machines = machinesToApply(lab.topology, role, named);
  const engine = await openEngine(lab);
  // A machine that is off may be so on purpose: it is not started here.
  await requireRunning(engine, machines);
  await (await import('../labs/moves.ts')).mayHoldWork(lab.folder);
  const facts = await labFacts(lab);
  const chosen = new Set([role]);
  const results = await showProvisioning(engine, lab, facts, {
    machines,
    scope: { only: chosen, again: chosen },
    quiet: options.json ?? false,
  });
  const rows = results.map(({ machine, applied }) => {
    const changes = applied.find((one) => one.role === role)?.changes ?? 0;
    return { machine, result: changes > 0 ? 'changed' : 'unchanged', changes };
  });
  if (options.json) {
    console.log(JSON.stringify({ lab: lab.name, role, machines: rows }, null, 2));
    return 0;
  }
  const word = {
    changed: say({ en: 'changed', fr: 'modifiée' }),
    unchanged: say({ en: 'unchanged', fr: 'inchangée' }),
  };
  for (const { machine, result, changes } of rows)
    console.log(`${machine}: ${result === 'changed' ? `${word.changed} (${changes})` : word.unchanged}`);
  console.log(say({ en: `Applied in ${seconds(since)}.`, fr: `Appliqué en ${seconds(since)}.` }));
  return 0;
}

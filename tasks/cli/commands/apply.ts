import { seconds } from '../../base/progress.ts';
import { say } from '../../base/text.ts';
import { requireRunning } from '../../engines/power.ts';
import { openEngine } from '../../environment/open-engine.ts';
import { machinesToApply, roleNamed } from '../../environment/provision/choice.ts';
import { environmentFacts } from '../../environment/provision/facts.ts';
import { showProvisioning } from '../../environment/provision/show.ts';
import { existingEnvironment } from '../../environment/record.ts';
import { readRoles } from '../../roles/roles.ts';
import { machineNamed } from '../../topology/model.ts';

/** `lab apply ROLE [MACHINE…]`: applies a role once more, also where nothing changed. Returns the exit code. */
export async function apply(
  name: string,
  names: string[],
  options: { name: string; json?: boolean },
): Promise<number> {
  const since = Date.now();
  const environment = await existingEnvironment(options.name);
  const role = roleNamed(readRoles(environment.root), environment.topology, name);
  const named = names.map((machine) => machineNamed(environment.topology, machine));
  const machines = machinesToApply(environment.topology, role, named);
  const engine = await openEngine(environment);
  // A machine that is off may be so on purpose: it is not started here.
  await requireRunning(engine, machines);
  await (await import('../../exercises/session/moves.ts')).mayHoldWork(environment.folder);
  const { recordKitWork } = await import('../../exercises/session/anchor.ts');
  await recordKitWork(engine, environment, { kind: 'apply', what: role, roles: [role] });
  const facts = await environmentFacts(environment);
  const chosen = new Set([role]);
  const results = await showProvisioning(engine, environment, facts, {
    machines,
    scope: { only: chosen, again: chosen },
    quiet: options.json ?? false,
  });
  const rows = results.map(({ machine, applied }) => {
    const changes = applied.find((entry) => entry.role === role)?.changes ?? 0;
    return { machine, result: changes > 0 ? 'changed' : 'unchanged', changes };
  });
  if (options.json) {
    console.log(JSON.stringify({ lab: environment.name, role, machines: rows }, null, 2));
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

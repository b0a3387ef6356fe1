import { type Application, applicationName, recordedApplication } from '../app/application.ts';
import { openEngine } from '../engines/open.ts';
import { existingLab } from '../lab/lab.ts';
import { labFacts } from '../provision/facts.ts';
import { collectStatus, type LabStatus, type MachineStatus } from '../status/collect.ts';
import { problemsOf } from '../status/health.ts';
import { table } from '../ui/table.ts';
import { say } from '../ui/text.ts';

/** Shows the lab. Exit code 0 when everything that the kit provisions is healthy, 1 otherwise. */
export async function status(options: { name: string; json?: boolean }): Promise<number> {
  const lab = await existingLab(options.name);
  const found = await collectStatus(await openEngine(lab), await labFacts(lab));
  const problems = problemsOf(found).map(say);
  const healthy = problems.length === 0;
  if (options.json) console.log(JSON.stringify({ ...found, healthy, problems }, null, 2));
  else console.log(render(found, healthy, recordedApplication(lab.record)));
  return healthy ? 0 : 1;
}

function health(machine: MachineStatus): string {
  if (machine.power !== 'running') {
    return {
      frozen: say({ en: 'frozen', fr: 'gelée' }),
      off: say({ en: 'off', fr: 'éteinte' }),
      absent: say({ en: 'not created', fr: 'pas créée' }),
    }[machine.power];
  }
  if (!machine.answers) return say({ en: 'does not answer', fr: 'ne répond pas' });
  const down = Object.entries(machine.services).filter(([, state]) => state !== 'active');
  return down.length === 0 ? 'ok' : down.map(([name, state]) => `${name} ${state}`).join(', ');
}

/** Two tables: machines, then floating addresses. */
export function render(status: LabStatus, healthy: boolean, application: Application): string {
  const head = [
    say({ en: 'MACHINE', fr: 'MACHINE' }),
    say({ en: 'ADDRESS', fr: 'ADRESSE' }),
    say({ en: 'STATE', fr: 'ÉTAT' }),
    say({ en: 'MEMORY', fr: 'MÉMOIRE' }),
    say({ en: 'ROLES', fr: 'RÔLES' }),
  ];
  const rows = status.machines.map((machine) => [
    machine.name,
    machine.address,
    health(machine),
    machine.memoryUsed === undefined ? '' : `${machine.memoryUsed} ${say({ en: 'MiB', fr: 'Mio' })}`,
    machine.roles.join(', '),
  ]);
  const floating = status.floating.map((one) => [
    one.name,
    one.address,
    one.available
      ? one.holders.join(', ') || say({ en: 'nobody', fr: 'personne' })
      : say({ en: 'role not provisioned in this version', fr: 'rôle non configuré dans cette version' }),
  ]);
  return [
    `${say({ en: 'Lab', fr: 'Lab' })} ${status.lab} (${status.engine}, ${status.topology})`,
    `Application: ${say(applicationName(application))} (${say(application.why)})`,
    '',
    ...table([head, ...rows]),
    '',
    ...table([
      [
        say({ en: 'FLOATING', fr: 'FLOTTANTE' }),
        say({ en: 'ADDRESS', fr: 'ADRESSE' }),
        say({ en: 'HELD BY', fr: 'TENUE PAR' }),
      ],
      ...floating,
    ]),
    '',
    healthy
      ? say({ en: 'Everything that is provisioned is healthy.', fr: 'Tout ce qui est configuré est sain.' })
      : say({ en: 'Something is not as it should be.', fr: "Quelque chose n'est pas comme il faut." }),
  ].join('\n');
}

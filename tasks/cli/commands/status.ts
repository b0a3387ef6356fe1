import {
  type Application,
  applicationName,
  servedApplication,
} from '../../artifacts/application/application.ts';
import { say, type Text, table } from '../../base/text.ts';
import { busyText, changesEnvironment } from '../../environment/lock.ts';
import { openEngine } from '../../environment/open-engine.ts';
import { environmentFacts } from '../../environment/provision/facts.ts';
import { existingEnvironment } from '../../environment/record.ts';
import { timersText } from '../../environment/speed.ts';
import { undecidedTexts } from '../../inspect/database.ts';
import { problemsOf } from '../../inspect/health.ts';
import { networkText } from '../../inspect/network.ts';
import { powerSwitchText } from '../../inspect/power-switch.ts';
import { overloadText, watchWhile } from '../../inspect/processors.ts';
import { collectStatus, type EnvironmentStatus, type MachineStatus } from '../../inspect/status.ts';
import { timersOf } from '../../roles/timers.ts';

/** Shows the lab. Exit code 0 when everything that the kit provisions is healthy, 1 otherwise. */
export async function status(options: { name: string; json?: boolean }): Promise<number> {
  const environment = await existingEnvironment(options.name);
  const engine = await openEngine(environment);
  const facts = await environmentFacts(environment);
  const ask = () => collectStatus(engine, facts, { again: true });
  const { result: found, processors } = await watchWhile(engine, ask);
  const problems = problemsOf(found).map(say);
  const healthy = problems.length === 0;
  const { speed } = environment.record;
  const timers = timersOf(environment.record);
  const holder = await changesEnvironment(environment.name);
  const notes = [
    timersText(timers, speed),
    processors && overloadText(processors),
    holder ? busyText(environment.name, holder) : frozenText(found),
  ].flatMap((text) => (text ? [say(text)] : []));
  if (options.json)
    console.log(JSON.stringify({ ...found, healthy, problems, timers, speed, processors, notes }, null, 2));
  else console.log(renderStatus(found, healthy, servedApplication(environment.record), notes));
  return healthy ? 0 : 1;
}

/** Why machines may be frozen while no command is at work, and what to do; undefined when none is. */
export function frozenText({ machines }: Pick<EnvironmentStatus, 'machines'>): Text | undefined {
  const names = machines.filter(({ power }) => power === 'frozen').map(({ name }) => name);
  if (names.length === 0) return undefined;
  return {
    en: `Frozen: ${names.join(', ')}, by a fault or by a snapshot that was killed. \`lab up\` lets frozen machines go on.`,
    fr: `Machines gelées : ${names.join(', ')}, par une panne provoquée ou par un instantané interrompu brutalement. \`lab up\` les remet en marche.`,
  };
}

function health(machine: MachineStatus): string {
  if (machine.power !== 'running') {
    return {
      frozen: say({ en: 'frozen', fr: 'gelée' }),
      off: say({ en: 'off', fr: 'éteinte' }),
      absent: say({ en: 'not created', fr: 'pas créée' }),
    }[machine.power];
  }
  const slow = say({ en: 'slow to answer', fr: 'tarde à répondre' });
  if (!machine.answers) return machine.slow ? slow : say({ en: 'does not answer', fr: 'ne répond pas' });
  const down = Object.entries(machine.services).filter(([, state]) => state !== 'active');
  const state = down.length === 0 ? 'ok' : down.map(([name, state]) => `${name} ${state}`).join(', ');
  return machine.slow ? `${state}, ${slow}` : state;
}

/** Two tables: machines, then floating addresses. `notes`: sentences about the computer, above them. */
export function renderStatus(
  status: EnvironmentStatus,
  healthy: boolean,
  application: Application,
  notes: string[] = [],
): string {
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
  const floating = status.floating.map((floating) => [
    floating.name,
    floating.address,
    floating.available
      ? floating.holders.join(', ') || say({ en: 'nobody', fr: 'personne' })
      : say({ en: 'role not provisioned in this version', fr: 'rôle non configuré dans cette version' }),
  ]);
  return [
    `${say({ en: 'Lab', fr: 'Lab' })} ${status.lab} (${status.engine}, ${status.topology})`,
    `Application: ${say(applicationName(application))} (${say(application.why)})`,
    ...(status.network ? [say(networkText(status.network))] : []),
    ...(status.powerSwitch ? [say(powerSwitchText(status.powerSwitch))] : []),
    ...notes,
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
    // The tables have no place for what is more than a state.
    ...undecidedTexts(status).map(say),
    healthy
      ? say({ en: 'Everything that is provisioned is healthy.', fr: 'Tout ce qui est configuré est sain.' })
      : say({ en: 'Something is not as it should be.', fr: "Quelque chose n'est pas comme il faut." }),
  ].join('\n');
}

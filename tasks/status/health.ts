import { LabError } from '../ui/errors.ts';
import { say, type Text } from '../ui/text.ts';
import type { LabStatus, MachineStatus } from './collect.ts';

/** What keeps a lab from being healthy, a short sentence each; none when it is. */
export function problemsOf(status: LabStatus): Text[] {
  return [
    ...status.machines.flatMap(problemsOfMachine),
    ...status.floating
      .filter((one) => one.available && one.holders.length !== 1)
      .map((one) =>
        one.holders.length === 0
          ? { en: `nobody holds ${one.address}`, fr: `personne ne tient ${one.address}` }
          : {
              en: `${one.address} is held by ${one.holders.join(' and ')}`,
              fr: `${one.address} est tenue par ${one.holders.join(' et ')}`,
            },
      ),
  ];
}

function problemsOfMachine(machine: MachineStatus): Text[] {
  const { name } = machine;
  if (machine.power !== 'running') {
    return [
      {
        frozen: { en: `${name} is frozen`, fr: `${name} est gelée` },
        off: { en: `${name} is off`, fr: `${name} est éteinte` },
        absent: { en: `${name} is not created`, fr: `${name} n'est pas créée` },
      }[machine.power],
    ];
  }
  if (!machine.answers)
    return [
      machine.slow
        ? { en: `${name} is slow to answer`, fr: `${name} tarde à répondre` }
        : { en: `${name} does not answer`, fr: `${name} ne répond pas` },
    ];
  return Object.entries(machine.services)
    .filter(([, state]) => state !== 'active')
    .map(([service, state]) => ({
      en: `${service} on ${name} is ${state}`,
      fr: `${service} sur ${name} est ${state}`,
    }));
}

/** True when every machine runs and answers, every service is active and every floating address has one holder. */
export function isHealthy(status: LabStatus): boolean {
  return problemsOf(status).length === 0;
}

/**
 * Waits until the lab is healthy: machines that started together go on settling (an address that moves home, a disk that
 * catches up) after each of their roles was found in place. `ask` gives the state. LabError that says what is missing after
 * `limit` seconds; asked each `every` seconds.
 */
export async function waitHealthy(ask: () => Promise<LabStatus>, limit: number, every = 1): Promise<void> {
  const until = Date.now() + limit * 1000;
  for (;;) {
    const problems = problemsOf(await ask());
    if (problems.length === 0) return;
    if (Date.now() >= until) throw unhealthy(problems, limit);
    await new Promise((resolve) => setTimeout(resolve, every * 1000));
  }
}

function unhealthy(problems: Text[], limit: number): LabError {
  const list = problems.map(say).join('; ');
  return new LabError(
    {
      en: `All roles are applied, but ${limit} s later something is still not as it should be: ${list}.`,
      fr: `Tous les rôles sont appliqués, mais ${limit} s plus tard quelque chose n'est toujours pas comme il faut : ${list}.`,
    },
    {
      en: 'run `lab up` again: it repairs what does not run; `lab logs MACHINE` has the last messages.',
      fr: 'relancez `lab up` : il répare ce qui ne tourne pas ; `lab logs MACHINE` a les derniers messages.',
    },
  );
}

import { LabError } from '../base/errors.ts';
import { type Clock, waitByProgress } from '../base/progress-wait.ts';
import { say, type Text } from '../base/text.ts';
import { undecidedTexts } from './database.ts';
import { networkProblems } from './network.ts';
import { powerSwitchProblems } from './power-switch.ts';
import type { EnvironmentStatus, MachineStatus } from './status.ts';

/** What keeps a lab from being healthy, a short sentence each; none when it is. */
export function problemsOf(status: EnvironmentStatus): Text[] {
  return [
    ...status.machines.flatMap(problemsOfMachine),
    ...(status.network ? networkProblems(status.network) : []),
    ...(status.powerSwitch ? powerSwitchProblems(status.powerSwitch) : []),
    ...undecidedTexts(status),
    ...status.floating
      .filter((floating) => floating.available && floating.holders.length !== 1)
      .map((floating) =>
        floating.holders.length === 0
          ? { en: `nobody holds ${floating.address}`, fr: `personne ne tient ${floating.address}` }
          : {
              en: `${floating.address} is held by ${floating.holders.join(' and ')}`,
              fr: `${floating.address} est tenue par ${floating.holders.join(' et ')}`,
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
export function isHealthy(status: EnvironmentStatus): boolean {
  return problemsOf(status).length === 0;
}

export interface HealthyWait {
  /** Seconds without a change in what is missing, and in all. */
  stall: number;
  end: number;
  /** Seconds between two questions. */
  every?: number;
  /** Told now and then how long it has taken so far, and what is missing. */
  tell?: (elapsed: number, problems: Text[]) => void;
}

/**
 * Waits until the lab is healthy: machines that started together go on settling (an address that moves home, a disk that
 * catches up) after each of their roles was found in place. `ask` gives the state. It goes on while what is missing changes.
 * LabError that says what is missing in the end.
 */
export async function waitHealthy(
  ask: () => Promise<EnvironmentStatus>,
  { stall, end, every = 1, tell }: HealthyWait,
  clock?: Clock,
): Promise<void> {
  let problems: Text[] = [];
  const ended = await waitByProgress(
    {
      check: async () => {
        problems = problemsOf(await ask());
        return problems.length === 0 ? true : undefined;
      },
      progress: async () => problems.map((problem) => problem.en).join('; '),
      ...{ stall, end, every },
      tell: (elapsed) => tell?.(elapsed, problems),
    },
    clock,
  );
  if (ended.why !== 'done') throw unhealthy(problems, Math.round(ended.seconds));
}

function unhealthy(problems: Text[], seconds: number): LabError {
  const list = problems.map(say).join('; ');
  return new LabError(
    {
      en: `All roles are applied, but ${seconds} s later something is still not as it should be: ${list}.`,
      fr: `Tous les rôles sont appliqués, mais ${seconds} s plus tard quelque chose n'est toujours pas comme il faut : ${list}.`,
    },
    {
      en: 'run `lab up` again: it repairs what does not run; `lab logs MACHINE` has the last messages.',
      fr: 'relancez `lab up` : il répare ce qui ne tourne pas ; `lab logs MACHINE` a les derniers messages.',
    },
  );
}

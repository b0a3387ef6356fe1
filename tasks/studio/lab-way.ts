import { LabError } from '../base/errors.ts';
import { poll } from '../base/poll.ts';
import { requireReachable } from '../engines/power.ts';
import { openEngine } from '../environment/open-engine.ts';
import { existingEnvironment } from '../environment/record.ts';
import { mayHoldWork } from '../exercises/session/moves.ts';
import { hostNamed, runRemote, type SshHost, sshArguments } from '../remote/ssh.ts';
import { timeoutFactorOf } from '../roles/timers.ts';
import { machineNamed } from '../topology/model.ts';
import type { Way } from './shells.ts';

/** What differs from other connections. The later of two options does not count for ssh: these come first. */
const OPTIONS = {
  // Closed with the terminal; and a cable that is cut for some minutes ends no shell.
  ...{ ControlMaster: 'no', ControlPath: 'none', ServerAliveCountMax: '360' },
  // Nothing that is typed is for ssh itself, which could open ways into this computer.
  EscapeChar: 'none',
};

/** Seconds that the size of a terminal may take to be set. */
const RESIZE = 10;

/** Arguments of ssh that lead to a machine for a terminal. */
export const terminalArguments = (host: SshHost): string[] => [
  ...Object.entries(OPTIONS).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
  ...sshArguments(host),
];

/** Seconds of the fast timers that a machine which has power is waited for: it may be starting at this moment. */
const BOOTING = 60;

/** Resolves when a machine takes connections. LabError when it does not for long. */
async function answers(host: SshHost, machine: string, factor: number): Promise<void> {
  const ask = () => runRemote(host, 'true', { timeout: RESIZE * factor }).catch(() => undefined);
  const said = await poll(ask, (remote) => remote?.code === 0, { every: 1, seconds: BOOTING * factor });
  if (said?.code === 0) return;
  throw new LabError(
    { en: `${machine} does not answer.`, fr: `${machine} ne répond pas.` },
    {
      en: `see what it prints with \`lab logs ${machine} --console\`.`,
      fr: `voyez ce qu'elle affiche avec \`lab logs ${machine} --console\`.`,
    },
  );
}

/** The way to a machine's terminals, as `lab ssh` goes it, once it answers. LabError when it cannot be reached. */
export async function wayTo(lab: string, machine: string): Promise<Way> {
  const environment = await existingEnvironment(lab);
  const wanted = machineNamed(environment.topology, machine);
  const engine = await openEngine(environment);
  await requireReachable(engine, wanted);
  const host = hostNamed(await engine.sshHosts(), machine);
  await answers(host, machine, timeoutFactorOf(environment));
  await mayHoldWork(environment.folder);
  return {
    start: (command) => ['ssh', '-tt', ...terminalArguments(host), command],
    run: (command) => runRemote(host, command, { timeout: RESIZE }).catch(() => undefined),
  };
}

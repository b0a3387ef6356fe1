import { requireReachable } from '../engines/power.ts';
import { openEngine } from '../environment/open-engine.ts';
import { existingEnvironment } from '../environment/record.ts';
import { mayHoldWork } from '../exercises/session/moves.ts';
import { hostNamed, runRemote, type SshHost, sshArguments } from '../remote/ssh.ts';
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

/** The way to a machine's terminals, as `lab ssh` goes it. LabError when it cannot be reached now. */
export async function wayTo(lab: string, machine: string): Promise<Way> {
  const environment = await existingEnvironment(lab);
  const wanted = machineNamed(environment.topology, machine);
  const engine = await openEngine(environment);
  await requireReachable(engine, wanted);
  const host = hostNamed(await engine.sshHosts(), machine);
  await mayHoldWork(environment.folder);
  return {
    start: (command) => ['ssh', '-tt', ...terminalArguments(host), command],
    run: (command) => runRemote(host, command, { timeout: RESIZE }).catch(() => undefined),
  };
}

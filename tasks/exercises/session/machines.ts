import { LabError } from '../../base/errors.ts';
import { poll } from '../../base/poll.ts';
import { hostNamed, quote, type Remote, type RemoteOptions, runRemote } from '../../remote/ssh.ts';
import { timeoutFactorOf } from '../../roles/timers.ts';
import type { LabSession } from './session.ts';

type Session = Pick<LabSession, 'engine' | 'environment'>;

/**
 * Runs bash as root on a machine, as a student's shell would: stops at the first command that fails. `timeout`: seconds with the
 * fast timers, here and below; a slow lab gets more. `longTimeouts`: for what the kit does itself on machines that have just started.
 */
export async function runInShell(
  session: Session,
  machine: string,
  script: string,
  timeout = 120,
  { longTimeouts = false }: Pick<RemoteOptions, 'longTimeouts'> = {},
): Promise<Remote> {
  const hosts = await session.engine.sshHosts();
  // As an argument and not through standard input: what the script starts must not read the script.
  return runRemote(
    hostNamed(hosts, machine),
    `cd /root; exec bash -e -o pipefail -c ${quote(script)} </dev/null`,
    {
      timeout: timeout * timeoutFactorOf(session.environment),
      maxBytes: 4 * 1024 * 1024,
      longTimeouts,
    },
  );
}

/** The same, LabError when it fails. */
export async function mustRunInShell(
  session: Session,
  machine: string,
  script: string,
  timeout = 120,
  connection: Pick<RemoteOptions, 'longTimeouts'> = {},
): Promise<string> {
  const result = await runInShell(session, machine, script, timeout, connection);
  if (result.code === 0) return result.stdout;
  throw new LabError(
    {
      en: `A command failed on ${machine} (exit code ${result.code}).`,
      fr: `Une commande a échoué sur ${machine} (code ${result.code}).`,
    },
    {
      en: `look at the machine with \`lab ssh ${machine}\`, or begin again with \`lab start\`.`,
      fr: `regardez la machine avec \`lab ssh ${machine}\`, ou recommencez avec \`lab start\`.`,
    },
    [...script.trim().split('\n').slice(0, 3), ...result.stderr.trim().split('\n').slice(-5)],
  );
}

/** Repeats a script until it succeeds. False when it never did within `seconds` (of the fast timers). */
export async function waitFor(
  session: Session,
  machine: string,
  script: string,
  seconds: number,
): Promise<boolean> {
  const { code } = await poll(
    () => runInShell(session, machine, script, 20),
    (result) => result.code === 0,
    { every: 0.5, seconds: seconds * timeoutFactorOf(session.environment) },
  );
  return code === 0;
}

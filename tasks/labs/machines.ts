import { timeoutFactorOf } from '../lab/timers.ts';
import { hostNamed, quote, type Remote, runRemote } from '../remote/ssh.ts';
import { LabError } from '../ui/errors.ts';
import type { LabSession } from './session.ts';

type Session = Pick<LabSession, 'engine' | 'lab'>;

/**
 * Runs bash as root on a machine, as a student's shell would: stops at the first command that fails. `timeout`: seconds with the
 * fast timers, here and below; a slow lab gets more.
 */
export async function runScript(
  session: Session,
  machine: string,
  script: string,
  timeout = 120,
): Promise<Remote> {
  const hosts = await session.engine.sshHosts();
  // As an argument and not through standard input: what the script starts must not read the script.
  return runRemote(
    hostNamed(hosts, machine),
    `cd /root; exec bash -e -o pipefail -c ${quote(script)} </dev/null`,
    {
      timeout: timeout * timeoutFactorOf(session.lab),
      maxBytes: 4 * 1024 * 1024,
    },
  );
}

/** The same, LabError when it fails. */
export async function mustRun(
  session: Session,
  machine: string,
  script: string,
  timeout = 120,
): Promise<string> {
  const result = await runScript(session, machine, script, timeout);
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
  const until = Date.now() + seconds * timeoutFactorOf(session.lab) * 1000;
  for (;;) {
    if ((await runScript(session, machine, script, 20)).code === 0) return true;
    if (Date.now() >= until) return false;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

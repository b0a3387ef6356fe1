import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SshHost } from '../engines/engine.ts';
import { quote, runRemote, SSH_FAILED } from '../remote/ssh.ts';
import { LabError } from '../ui/errors.ts';
import { type MachinePayload, PAYLOAD_FOLDER, packPayload } from './payload.ts';
import type { AnyRole } from './roles.ts';

/** What a machine says of itself before it is provisioned. */
export interface Applied {
  /** Digest of each role that was applied completely. */
  roles: Map<string, string>;
  /** Services that do not run. */
  down: Set<string>;
}

/** The connection to a machine ended while a role was applied: the machine was reset, or did not answer for long. */
export class LostConnection extends LabError {}
/** How often a role is begun again after that. */
const RETURNS = 2;

/**
 * Runs `apply`; when the connection is lost, waits with `back` until the machine answers again and repeats it, which roles
 * allow at any point. A machine may reset itself (its watchdog) while the others are still being set up.
 */
export async function despiteResets<T>(apply: () => Promise<T>, back: () => Promise<unknown>): Promise<T> {
  for (let left = RETURNS; ; left--) {
    try {
      return await apply();
    } catch (error) {
      if (!(error instanceof LostConnection) || left === 0) throw error;
      await back();
    }
  }
}

/** Seconds that one role may take on one machine before it is given up; its own limits, which say what is missing, are shorter. */
export const ROLE_TIMEOUT = 600;

/** Appends lines to a machine's log. */
export async function writeLog(file: string, lines: string[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const stamp = new Date().toISOString();
  await appendFile(file, lines.map((line) => `${stamp} ${line}\n`).join(''));
}

/**
 * Waits until a machine answers over ssh and asks, in the same round trip, which roles it has and which of
 * `services` do not run. LabError after `seconds`, or as soon as `isOn` says that the machine has stopped.
 */
export async function waitForMachine(
  host: SshHost,
  services: string[],
  seconds: number,
  isOn: () => Promise<boolean>,
): Promise<Applied> {
  const until = Date.now() + seconds * 1000;
  const command = `cd /var/lib/lab/applied 2>/dev/null && grep -H . * 2>/dev/null; echo --; systemctl is-active ${services.map(quote).join(' ')} || true`;
  let last = '';
  while (Date.now() < until) {
    const result = await runRemote(host, command, { timeout: 20 });
    if (result.code === 0) {
      const [roles = '', states = ''] = result.stdout.split('--\n');
      const active = states.split('\n');
      return {
        roles: new Map(
          roles
            .split('\n')
            .filter(Boolean)
            .map((line) => {
              const [role = '', digest = ''] = line.split(':');
              return [role, digest];
            }),
        ),
        down: new Set(services.filter((_, index) => active[index] !== 'active')),
      };
    }
    last = result.stderr.trim();
    if (!(await isOn())) {
      throw new LabError(
        {
          en: `${host.Host} stopped while it was starting.`,
          fr: `${host.Host} s'est arrêtée pendant son démarrage.`,
        },
        {
          en: `its last words are in \`lab logs ${host.Host} --console\`; then run \`lab up\` again.`,
          fr: `ses derniers mots sont dans \`lab logs ${host.Host} --console\` ; puis relancez \`lab up\`.`,
        },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  throw new LabError(
    {
      en: `${host.Host} did not answer over ssh within ${seconds} s.`,
      fr: `${host.Host} n'a pas répondu en ssh en ${seconds} s.`,
    },
    {
      en: `look at its console with \`lab logs ${host.Host} --console\`; then run \`lab up\` again.`,
      fr: `regardez sa console avec \`lab logs ${host.Host} --console\` ; puis relancez \`lab up\`.`,
    },
    last ? last.split('\n').slice(-3) : [],
  );
}

/** Copies the shared scripts and the named roles to a machine. */
export async function ship(host: SshHost, payload: MachinePayload, roles: AnyRole[]): Promise<void> {
  const folders = roles.map(quote).join(' ');
  const result = await runRemote(
    host,
    `mkdir -p -m 0700 ${PAYLOAD_FOLDER} && cd ${PAYLOAD_FOLDER} && rm -rf ${folders} && tar -xf - --no-same-owner`,
    { input: await packPayload(payload, roles), timeout: 120 },
  );
  if (result.code !== 0) throw remoteError(host.Host, 'payload', result.code, result.stderr.split('\n'));
}

/** Applies one role. Returns the number of things changed. */
export async function applyRole(
  host: SshHost,
  role: string,
  digest: string,
  options: { log: string; timeout: number },
  onLine: (line: string) => void,
): Promise<number> {
  const lines: string[] = [];
  const { log, timeout } = options;
  const result = await runRemote(host, `bash ${PAYLOAD_FOLDER}/apply.sh ${role} ${digest}`, {
    timeout,
    onLine: (line) => {
      lines.push(line);
      onLine(line);
    },
  });
  await writeLog(log, [`== ${role} (exit code ${result.code})`, ...lines]);
  if (result.code !== 0) throw remoteError(host.Host, role, result.code, lines, log);
  return lines.filter((line) => line.startsWith('changed: ')).length;
}

function remoteError(machine: string, role: string, code: number, lines: string[], log?: string): LabError {
  const full = lines.some((line) => line.includes('No space left on device'));
  const where = log
    ? { en: `the whole output is in ${log}; `, fr: `toute la sortie est dans ${log} ; ` }
    : { en: '', fr: '' };
  const Kind = code === SSH_FAILED ? LostConnection : LabError;
  return new Kind(
    full
      ? { en: `The disk of ${machine} is full.`, fr: `Le disque de ${machine} est plein.` }
      : {
          en: `${role} could not be applied on ${machine} (exit code ${code}).`,
          fr: `${role} n'a pas pu être appliqué sur ${machine} (code ${code}).`,
        },
    full
      ? {
          en: `free some space on it (\`lab ssh ${machine} -- df -h\`), then run \`lab up\` again: it continues.`,
          fr: `libérez de la place dessus (\`lab ssh ${machine} -- df -h\`), puis relancez \`lab up\` : il continue.`,
        }
      : {
          en: `${where.en}mend it and run \`lab up\` again: it continues where it stopped.`,
          fr: `${where.fr}corrigez puis relancez \`lab up\` : il reprend où il s'est arrêté.`,
        },
    lines.filter(Boolean).slice(-5),
  );
}

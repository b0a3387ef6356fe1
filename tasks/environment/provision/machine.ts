import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LabError } from '../../base/errors.ts';
import { waitByProgress } from '../../base/progress-wait.ts';
import type { Text } from '../../base/text.ts';
import { quote, runRemote, SSH_FAILED, type SshHost } from '../../remote/ssh.ts';
import type { AnyRole } from '../../roles/roles.ts';
import { leastWork, type WaitTools } from './answer.ts';
import { type MachinePayload, PAYLOAD_FOLDER, packPayload } from './payload.ts';
import { unreadablePosition } from './undecided.ts';

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

/** A role failed in a way that may pass: another machine may have been the reason. */
export class RoleFailed extends LabError {}

/**
 * Seconds without progress, and in all, after which a role is given up on a machine. It makes progress while it prints or the
 * machine works. Its own limits, which say what is missing, are shorter.
 */
export const ROLE_TIMEOUT = 600;
export const ROLE_END = 3600;

/** Appends lines to a machine's log. */
export async function writeLog(file: string, lines: string[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const stamp = new Date().toISOString();
  await appendFile(file, lines.map((line) => `${stamp} ${line}\n`).join(''));
}

/** Seconds for a hundred kilobytes, on a computer where each program takes a second to start. */
const SHIP_TIMEOUT = 300;

/** Copies the shared scripts and the named roles to a machine. */
export async function ship(host: SshHost, payload: MachinePayload, roles: AnyRole[]): Promise<void> {
  const folders = roles.map(quote).join(' ');
  const result = await runRemote(
    host,
    `mkdir -p -m 0700 ${PAYLOAD_FOLDER} && cd ${PAYLOAD_FOLDER} && rm -rf ${folders} && tar -xf - --no-same-owner`,
    { input: await packPayload(payload, roles), timeout: SHIP_TIMEOUT, longTimeouts: true },
  );
  if (result.code !== 0) throw remoteError(host.Host, 'payload', result.code, result.stderr.split('\n'));
}

export interface ApplyOptions {
  log: string;
  /** Seconds without progress, and in all. */
  stall: number;
  end: number;
  /** How much the machine has worked (Engine.progressOf). */
  work: () => Promise<number | undefined>;
  /** Which try it is, from 1. */
  attempt: number;
}

/**
 * Applies one role. Returns the number of things changed. LabError when it fails: LostConnection when the machine was lost, and
 * RoleFailed when another try may succeed.
 */
export async function applyRole(
  host: SshHost,
  role: string,
  digest: string,
  options: ApplyOptions,
  onLine: (line: string) => void,
  { remote = runRemote, clock }: WaitTools = {},
): Promise<number> {
  const lines: string[] = [];
  const { log, stall, end, work, attempt } = options;
  const least = leastWork(stall);
  const ended = await waitByProgress(
    {
      check: (signal) =>
        remote(host, `bash ${PAYLOAD_FOLDER}/apply.sh ${role} ${digest}`, {
          signal,
          longTimeouts: true,
          onLine: (line) => {
            lines.push(line);
            onLine(line);
          },
        }),
      progress: async () => lines.length * least + ((await work()) ?? 0),
      ...{ least, stall, end, every: 0 },
    },
    clock,
  );
  const code = ended.why === 'done' ? ended.value.code : GIVEN_UP;
  await writeLog(log, [`== ${role} (exit code ${code}${attempt > 1 ? `, try ${attempt}` : ''})`, ...lines]);
  if (ended.why !== 'done') throw givenUp(host.Host, role, ended, lines, log);
  if (code !== 0) throw remoteError(host.Host, role, code, lines, log);
  return lines.filter((line) => line.startsWith('changed: ')).length;
}

function givenUp(
  machine: string,
  role: string,
  { why, seconds, still }: { why: 'stalled' | 'end'; seconds: number; still: number },
  lines: string[],
  log: string,
): LabError {
  const [took, idle] = [Math.round(seconds), Math.round(still)];
  return new LabError(
    why === 'end'
      ? {
          en: `${role} was not done on ${machine} after ${took} s.`,
          fr: `${role} n'était pas terminé sur ${machine} après ${took} s.`,
        }
      : {
          en: `${role} was given up on ${machine} after ${took} s: for ${idle} s it printed nothing and the machine hardly worked.`,
          fr: `${role} a été abandonné sur ${machine} après ${took} s : pendant ${idle} s il n'a rien affiché et la machine n'a presque pas travaillé.`,
        },
    {
      en: `the whole output is in ${log}; \`lab status\` shows which machine is missing; then run the command again: \`lab up\` continues.`,
      fr: `toute la sortie est dans ${log} ; \`lab status\` montre quelle machine manque ; puis relancez la commande : \`lab up\` continue.`,
    },
    lines.filter(Boolean).slice(-5),
  );
}

/** Exit code of a role that was given up, as timeout(1) has it. */
const GIVEN_UP = 124;
/** Exit codes of a shell that met a mistake in a script, or a program that is not there: the next try would as well. */
const DEFECTS = [2, 126, 127];

/** Another try changes nothing about a database whose position cannot be read: this one, or the one that this one waits for. */
function waitsForDecision(
  role: string,
  machine: string,
  lines: string[],
): [Text, Text, string[]] | undefined {
  if (role !== 'database') return undefined;
  const line = lines.findLast((line) => line.includes('MariaDB is not up to date')) ?? '';
  const which = line.includes('(state: unknown') ? machine : / others:.* (\S+)=unknown\b/.exec(line)?.[1];
  if (!which) return undefined;
  const { what, how } = unreadablePosition(which);
  return [{ en: `${what.en}.`, fr: `${what.fr}.` }, how, lines.filter(Boolean).slice(-5)];
}

function remoteError(machine: string, role: string, code: number, lines: string[], log?: string): LabError {
  const lost = waitsForDecision(role, machine, lines);
  if (lost) return new LabError(...lost);
  const full = lines.some((line) => line.includes('No space left on device'));
  const where = log
    ? { en: `the whole output is in ${log}; `, fr: `toute la sortie est dans ${log} ; ` }
    : { en: '', fr: '' };
  const Kind = code === SSH_FAILED ? LostConnection : full || DEFECTS.includes(code) ? LabError : RoleFailed;
  return new Kind(
    full
      ? { en: `The disk of ${machine} is full.`, fr: `Le disque de ${machine} est plein.` }
      : {
          en: `${role} could not be applied on ${machine} (exit code ${code}).`,
          fr: `${role} n'a pas pu être appliqué sur ${machine} (code ${code}).`,
        },
    full
      ? {
          en: `free some space on it (\`lab ssh ${machine} -- df -h\`), then run the command again: \`lab up\` continues.`,
          fr: `libérez de la place dessus (\`lab ssh ${machine} -- df -h\`), puis relancez la commande : \`lab up\` continue.`,
        }
      : {
          en: `${where.en}mend it and run the command again: \`lab up\` continues where it stopped.`,
          fr: `${where.fr}corrigez puis relancez la commande : \`lab up\` reprend où il s'est arrêté.`,
        },
    lines.filter(Boolean).slice(-5),
  );
}

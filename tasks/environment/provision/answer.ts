import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { LabError } from '../../base/errors.ts';
import { type Clock, type WaitEnd, waitByProgress } from '../../base/progress-wait.ts';
import { say } from '../../base/text.ts';
import type { Engine } from '../../engines/engine.ts';
import { quote, runRemote, type SshHost } from '../../remote/ssh.ts';

/** What a machine says of itself before it is provisioned. */
export interface Applied {
  /** Digest of each role that was applied completely. */
  roles: Map<string, string>;
  /** Services that do not run. */
  down: Set<string>;
}

/** Seconds from power-on to ssh after which a machine is given up although it is still at work. */
const BOOT_END = 1800;
/** Seconds that one try may take: sshd of a slow machine needs its time to greet, and a try that was cut off begins anew. */
const TRIES = [20, 40, 80, 160];
/** Seconds between two tries. */
const BETWEEN = 0.15;
/** The least share of a processor that a machine at work takes; one that waits for nothing but timers may take less. */
const WORKING = 0.005;

/** By how much progressOf must grow in so many seconds, at least, where a machine works. */
export const leastWork = (seconds: number): number => Math.max(1, seconds * WORKING * 10);

/** Where a wait reaches machines, and how its time passes; tests give their own. */
export interface WaitTools {
  /** Seconds at which it is given up in any case. */
  end?: number;
  /** The machine ran before, so it is not said to boot; what its console showed then is not shown. */
  ranBefore?: boolean;
  remote?: typeof runRemote;
  clock?: Clock;
}

/**
 * Waits until a machine answers over ssh and asks, in the same round trip, which roles it has and which of `services` do not
 * run. It goes on while the machine makes progress; `tell` hears what it waits for. LabError when the engine's bootSeconds pass
 * without any, after half an hour in any case, and as soon as the machine has stopped.
 */
export async function waitForMachine(
  engine: Engine,
  host: SshHost,
  services: string[],
  tell: (line: string) => void = () => undefined,
  { remote = runRemote, clock, end = BOOT_END, ranBefore = false }: WaitTools = {},
): Promise<Applied> {
  const machine = { name: host.Host };
  const command = `cd /var/lib/lab/applied 2>/dev/null && grep -H . * 2>/dev/null; echo --; systemctl is-active ${services.map(quote).join(' ')} || true`;
  const console = engine.consoleLog(machine);
  const shown = ranBefore ? sizeOf(console) : 0;
  let last = '';
  let cutOff = 0;
  const ended = await waitByProgress<Applied>(
    {
      check: async (signal) => {
        const timeout = TRIES[Math.min(cutOff, TRIES.length - 1)] ?? BOOT_END;
        const result = await remote(host, command, { timeout, signal, longTimeouts: true });
        if (result.code === 0) return appliedFrom(result.stdout, services);
        if (result.code === 124) cutOff += 1;
        last = result.stderr.trim();
        if ((await engine.states()).get(host.Host) !== 'running') throw stopped(host.Host);
        return undefined;
      },
      progress: async () => engine.progressOf?.(machine),
      least: leastWork(engine.bootSeconds),
      stall: engine.bootSeconds,
      end,
      every: BETWEEN,
      tell: (elapsed) => tell(waitedFor(elapsed, ranBefore, lastLine(console, shown))),
    },
    clock,
  );
  if (ended.why === 'done') return ended.value;
  throw noAnswer(host.Host, ended, engine.progressOf !== undefined, last);
}

function appliedFrom(output: string, services: string[]): Applied {
  const [roles = '', states = ''] = output.split('--\n');
  const active = states.split('\n');
  const pairs = roles.split('\n').filter(Boolean);
  return {
    roles: new Map(
      pairs.map((line) => {
        const [role = '', digest = ''] = line.split(':');
        return [role, digest];
      }),
    ),
    down: new Set(services.filter((_, index) => active[index] !== 'active')),
  };
}

function waitedFor(elapsed: number, ranBefore: boolean, words: string): string {
  const took = Math.round(elapsed);
  const what = ranBefore
    ? { en: 'waiting for an answer over ssh', fr: "en attente d'une réponse en ssh" }
    : { en: 'booting', fr: 'démarrage' };
  return say({
    en: `${what.en}, ${took} s${words && `; console: ${words}`}`,
    fr: `${what.fr}, ${took} s${words && ` ; console : ${words}`}`,
  });
}

const sizeOf = (file: string | undefined): number =>
  file ? (statSync(file, { throwIfNoEntry: false })?.size ?? 0) : 0;

/** How much of a console is looked at, in bytes, and shown, in characters. */
const TAIL = 600;
const SHOWN = 60;

/** The last line that a machine printed, after the first `from` bytes of its console; empty when there is none. */
export function lastLine(console: string | undefined, from = 0): string {
  if (!console) return '';
  try {
    const file = openSync(console, 'r');
    try {
      const { size } = fstatSync(file);
      const bytes = Buffer.alloc(Math.max(0, Math.min(size - from, TAIL)));
      readSync(file, bytes, 0, bytes.length, size - bytes.length);
      const plain = bytes.toString('latin1').replace(/[^ -~\r\n]\[[0-9;?]*[A-Za-z]/g, '');
      const lines = plain.split(/[\r\n]+/).map((line) => line.replace(/[^ -~]/g, '').trim());
      return lines.filter(Boolean).at(-1)?.slice(0, SHOWN) ?? '';
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}

function stopped(machine: string): LabError {
  return new LabError(
    {
      en: `${machine} stopped while it was starting.`,
      fr: `${machine} s'est arrêtée pendant son démarrage.`,
    },
    {
      en: `its last words are in \`lab logs ${machine} --console\`; then run the command again.`,
      fr: `ses derniers mots sont dans \`lab logs ${machine} --console\` ; puis relancez la commande.`,
    },
  );
}

function noAnswer(
  machine: string,
  { why, seconds, still }: Exclude<WaitEnd<Applied>, { why: 'done' }>,
  told: boolean,
  last: string,
): LabError {
  const [took, idle] = [Math.round(seconds), Math.round(still)];
  const how =
    why === 'end'
      ? { en: ', though it is still at work', fr: ", bien qu'elle travaille encore" }
      : told
        ? {
            en: `, and did nothing for the last ${idle} s of them`,
            fr: `, et n'a rien fait pendant les ${idle} dernières`,
          }
        : { en: '', fr: '' };
  return new LabError(
    {
      en: `${machine} did not answer over ssh within ${took} s${how.en}.`,
      fr: `${machine} n'a pas répondu en ssh en ${took} s${how.fr}.`,
    },
    {
      en: `look at its console with \`lab logs ${machine} --console\`; then run the command again, which goes on waiting. If it is stuck, cut its power before: \`lab halt ${machine} --force\`.`,
      fr: `regardez sa console avec \`lab logs ${machine} --console\` ; puis relancez la commande, qui l'attend à nouveau. Si elle est bloquée, coupez d'abord son alimentation : \`lab halt ${machine} --force\`.`,
    },
    last ? last.split('\n').slice(-3) : [],
  );
}

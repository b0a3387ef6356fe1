import { runRemote, type SshHost } from '../../../remote/ssh.ts';
import type { BootFacts, Unit } from './model.ts';

const MANAGER = ['UserspaceTimestampMonotonic', 'FinishTimestampMonotonic'];
const UNIT = [
  'Id',
  'InactiveExitTimestampMonotonic',
  'ActiveEnterTimestampMonotonic',
  'InactiveEnterTimestampMonotonic',
  'CPUUsageNSec',
];
const names = (properties: string[]) => `-p ${properties.join(',')}`;

/** What a machine is asked. Its uptime comes first: when that line arrives is how its clock and the recording's are compared. */
export const QUESTION = `cut -d ' ' -f 1 /proc/uptime; systemctl show ${names(MANAGER)}; echo; systemctl show ${names(UNIT)} '*.service' '*.mount' '*.socket'`;

/** Seconds for the answer: it is long, and the machine may be a slow one. */
const PATIENCE = 120;
/** The least time of a unit that is worth a line. Seconds. */
const LEAST = 0.02;

const properties = (block: string): Map<string, string> =>
  new Map(
    block.split('\n').flatMap((line): [string, string][] => {
      const at = line.indexOf('=');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
    }),
  );

/** A time of systemd: microseconds since the machine's kernel began; undefined for what has not happened. */
function moment(found: Map<string, string>, name: string): number | undefined {
  const value = Number(found.get(name));
  return value > 0 && Number.isSafeInteger(value) ? value / 1e6 : undefined;
}

function unitIn(found: Map<string, string>, kernel: number): Unit[] {
  const id = found.get('Id') ?? '';
  const from = moment(found, 'InactiveExitTimestampMonotonic');
  if (from === undefined || !/^[\w@:.\\-]+$/.test(id)) return [];
  // A service of one shot is never active: it is done when it is inactive again.
  const ends = ['ActiveEnterTimestampMonotonic', 'InactiveEnterTimestampMonotonic']
    .flatMap((name) => moment(found, name) ?? [])
    .filter((end) => end >= from);
  if (ends.length === 0) return [];
  const to = Math.min(...ends);
  const cpu = Number(found.get('CPUUsageNSec')) / 1e9;
  // "[not set]", or the largest number there is: not counted.
  const counted = Number.isFinite(cpu) && cpu < 1e6;
  if (to - from < LEAST && !(counted && cpu >= LEAST)) return [];
  return [{ name: id, from: kernel + from, to: kernel + to, ...(counted ? { cpu } : {}) }];
}

/** What a machine answered, when its first line came at `at` seconds; undefined when that is no answer. */
export function parseBoot(answer: string, at: number): BootFacts | undefined {
  const [first = '', ...rest] = answer.split('\n');
  const uptime = Number(first);
  if (first.trim() === '' || !Number.isFinite(uptime)) return undefined;
  const kernel = at - uptime;
  const [manager = '', ...units] = rest.join('\n').split(/\n\n+/);
  const found = properties(manager);
  const [systemd, done] = MANAGER.map((name) => moment(found, name));
  return {
    kernel,
    ...(systemd === undefined ? {} : { systemd: kernel + systemd }),
    ...(done === undefined ? {} : { done: kernel + done }),
    units: units.flatMap((unit) => unitIn(properties(unit), kernel)).sort((a, b) => a.from - b.from),
  };
}

/** Asks machines for their boots and units; one that does not answer is left out. `now`: seconds since the recording began. */
export async function askBoots(
  hosts: SshHost[],
  now: () => number,
  remote: typeof runRemote = runRemote,
): Promise<Record<string, BootFacts>> {
  const answers = await Promise.all(
    hosts.map(async (host): Promise<[string, BootFacts][]> => {
      let at: number | undefined;
      const onLine = () => {
        at ??= now();
      };
      const { code, stdout } = await remote(host, QUESTION, {
        timeout: PATIENCE,
        onLine,
        longTimeouts: true,
      });
      const boot = code === 0 && at !== undefined ? parseBoot(stdout, at) : undefined;
      return boot ? [[host.Host, boot]] : [];
    }),
  );
  return Object.fromEntries(answers.flat());
}

import { quote, runRemote, type SshHost } from '../../remote/ssh.ts';
import { eventsOf, type JournalEvent, type JournalLine, parseJournal } from './parse.ts';
import { IDENTIFIERS } from './rules.ts';

/** An event of one machine. `at`: ms since 1970 on this computer's clock. */
export interface MachineEvent extends JournalEvent {
  machine: string;
}

/** Seconds a machine may take. */
const TIMEOUT = 30;
/** Lines of a machine that are read at most: runaway output must not end a drill. */
const MOST = 5000;

/**
 * Prints the machine's clock, running time and boot, then its journal of the last `seconds`. No end is given: while a
 * machine's clock was moved, its lines are in the future.
 */
export function journalCommand(seconds: number, identifiers: string[] = IDENTIFIERS): string {
  const names = identifiers.map((name) => `-t ${quote(name)}`).join(' ');
  return [
    'date +%s.%N',
    'cat /proc/uptime /proc/sys/kernel/random/boot_id',
    `journalctl --quiet --no-pager --merge --lines=${MOST} --output=json --output-fields=SYSLOG_IDENTIFIER,MESSAGE,_BOOT_ID --since=-${Math.ceil(seconds)}s ${names}`,
  ].join('; ');
}

/** The journal of one machine since `from` (ms since 1970); undefined when it did not answer, within `timeoutFactor` times the usual. */
export async function readJournal(
  host: SshHost,
  from: number,
  timeoutFactor = 1,
): Promise<JournalLine[] | undefined> {
  const sent = Date.now();
  const command = journalCommand((sent - from) / 1000 + 1);
  // The moment of the first line is that of the clock in it; the journal itself may take seconds.
  let received: number | undefined;
  const { stdout } = await runRemote(host, command, {
    timeout: TIMEOUT * timeoutFactor,
    onLine: () => {
      received ??= Date.now();
    },
  });
  return parseJournal(stdout, { sent, received: received ?? Date.now() });
}

/** What the machines' journals tell of the time from `from` to `to` (ms since 1970), each asked once, all at once. */
export async function collectEvents(
  hosts: SshHost[],
  from: number,
  to: number,
  timeoutFactor = 1,
): Promise<MachineEvent[]> {
  const all = await Promise.all(
    hosts.map(async (host) => {
      const lines = await readJournal(host, from, timeoutFactor).catch(() => undefined);
      return eventsOf(lines ?? [])
        .filter(({ at }) => at >= from && at <= to)
        .map((event) => ({ machine: host.Host, ...event }));
    }),
  );
  return all.flat().sort((a, b) => a.at - b.at);
}

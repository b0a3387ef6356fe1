import { RULES } from './rules.ts';

/** One line of a machine's journal. `at`: ms since 1970 on this computer's clock. */
export interface JournalLine {
  at: number;
  identifier: string;
  message: string;
}

/** What a machine said first: its clock, when it was asked and when the answer had come (ms on this computer's clock). */
export interface Asked {
  sent: number;
  received: number;
}

/** Clocks that differ by less than the way there and back, and this many ms, agree: no more can be known. */
const AGREE = 50;
/** From this many ms on a time of the journal does not fit the machine's own running time: its clock was moved. */
const MOVED = 1000;

const DIGITS = /^\d+$/;

/**
 * Reads what the collector (collect.ts) prints: the machine's clock, its running time and boot, then the journal as JSON
 * lines. Undefined when it is nothing of the kind. Lines of the running boot are placed by the machine's running time when
 * its clock was moved meanwhile; those of earlier boots by the clock alone.
 */
export function parseJournal(output: string, { sent, received }: Asked): JournalLine[] | undefined {
  const [clock = '', uptime = '', boot = '', ...lines] = output.split('\n');
  const now = Number(clock) * 1000;
  const running = Number.parseFloat(uptime) * 1000;
  if (!Number.isFinite(now) || !Number.isFinite(running) || now === 0) return undefined;
  const middle = (sent + received) / 2;
  const offset = Math.abs(middle - now) <= (received - sent) / 2 + AGREE ? 0 : middle - now;
  const current = boot.replaceAll('-', '').trim();
  return lines.flatMap((line) => {
    const entry = parseEntry(line);
    if (!entry) return [];
    const wall = entry.wall + offset;
    const steady = now - (running - entry.since) + offset;
    const moved = entry.boot === current && Math.abs(wall - steady) > MOVED;
    return [{ at: moved ? steady : wall, identifier: entry.identifier, message: entry.message }];
  });
}

/** A line of the journal as the machine wrote it. */
export interface Entry {
  /** ms since 1970 and since the boot, on the machine's clock. */
  wall: number;
  since: number;
  boot: string;
  identifier: string;
  message: string;
  /** Where it stands in the journal; empty when the line does not say. */
  cursor: string;
}

/** An entry of the journal as one line of JSON; undefined for anything else. */
export function parseEntry(line: string): Entry | undefined {
  if (!line.startsWith('{')) return undefined;
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const wall = String(value.__REALTIME_TIMESTAMP);
  const since = String(value.__MONOTONIC_TIMESTAMP);
  const message = messageOf(value.MESSAGE);
  if (!DIGITS.test(wall) || !DIGITS.test(since) || message === undefined) return undefined;
  return {
    wall: Number(wall) / 1000,
    since: Number(since) / 1000,
    boot: String(value._BOOT_ID ?? ''),
    identifier: String(value.SYSLOG_IDENTIFIER ?? ''),
    message,
    cursor: typeof value.__CURSOR === 'string' ? value.__CURSOR : '',
  };
}

/** The journal writes a message that is no clean text as a list of bytes. */
function messageOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? Buffer.from(value as number[]).toString('utf8') : undefined;
}

/** An event: what a line of the journal says, in a code and few words. */
export interface JournalEvent {
  at: number;
  what: string;
  text: string;
}

const LONGEST = 120;

/** The event that a line tells of; undefined for the many that tell of none. */
export function eventOf({ at, identifier, message }: JournalLine): JournalEvent | undefined {
  for (const rule of RULES) {
    if (!rule.from.includes(identifier)) continue;
    const found = rule.match.exec(message);
    if (!found) continue;
    const text = (rule.text?.(found) ?? message).trim().slice(0, LONGEST);
    return { at, what: rule.what, text };
  }
  return undefined;
}

/** Milliseconds within which a message said again counts as the same: several programs repeat one fact. */
const AGAIN = 500;

/** All events of a journal, in order, each once. */
export function eventsOf(lines: JournalLine[]): JournalEvent[] {
  const events: JournalEvent[] = [];
  for (const event of lines.flatMap((line) => eventOf(line) ?? []).sort((a, b) => a.at - b.at)) {
    const same = events.findLast(
      (journalEvent) => journalEvent.what === event.what && journalEvent.text === event.text,
    );
    if (!same || event.at - same.at > AGAIN) events.push(event);
  }
  return events;
}

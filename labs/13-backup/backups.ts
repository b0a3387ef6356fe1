import { RANGES } from './shop.ts';

/** What the client keeps, as it tells it. */

/**
 * The newest full copy: its name, the machine that gave it, its kind, when it was made, the time; the newest of that machine's logs here and
 * its last change; the names of all full copies. Nearly all by bash itself: a start of a program is dear in a User Mode Linux machine.
 */
export const DATABASE = {
  kind: 'command',
  command: `# the copies of the database
shopt -s nullglob
cd /srv/backup/database || exit 1
all=(20*)
full=\${all[-1]}
machine=$(<"$full/machine")
logs=(log-"$machine"/*.[0-9][0-9][0-9][0-9][0-9][0-9])
log=\${logs[-1]:--}
while read -r name _ value; do [[ $name != backup_type ]] || type=$value; done <"$full"/*_checkpoints
mapfile -t changed < <(stat -c %Y "$full" "$log")
printf '%s %s %s %s %(%s)T\\n%s %s\\n%s ' "$full" "$machine" "$type" "\${changed[0]}" -1 "\${log##*/}" "\${changed[1]}" "\${all[*]}"`,
} as const;

/** On a database: its newest log and when it was last written to. */
export const LOG = {
  kind: 'command',
  command: `# the newest binary log
logs=("$(mariadb -Ne 'SELECT @@log_bin_basename')".[0-9][0-9][0-9][0-9][0-9][0-9]) && log=\${logs[-1]} && echo "\${log##*/} $(stat -c %Y "$log")"`,
} as const;

/** On the client: number of versions, when the newest was finished, the time, whether it shares files with others (1); its receipts. */
export const VERSIONS = {
  kind: 'command',
  command: `# the versions of the files
shopt -s nullglob
cd /srv/backup/files || exit 1
all=(20*)
made=$(stat -L -c %Z last)
shared=$(find last/ -type f -links +1 -printf 1 -quit)
printf '%s %s %(%s)T %s\\n' "\${#all[@]}" "$made" -1 "\${shared:-0}"
${RANGES} last/shop/*`,
} as const;

/** On the client: what the restore tests found. */
export const TESTED = { kind: 'command', command: 'tail -n 50 /srv/backup/tested' } as const;

/** Seconds for which the alarm is asked. */
export const LIMITS = [0, 10, 86_400] as const;
export const ALARM = {
  kind: 'command',
  command: `for limit in ${LIMITS.join(' ')}; do { backup-alarm $limit >/dev/null 2>&1 && echo "$limit fresh" || echo "$limit old"; } & done; wait`,
} as const;

export interface Copies {
  full: string;
  machine: string;
  /** What mariadb-backup says of it: log-applied once it is prepared. */
  type: string;
  /** Seconds. */
  age: number;
  log: { name: string; changed: number };
  all: string[];
}

/** undefined: there is no full copy. */
export function copiesOf(text: string): Copies | undefined {
  const [first = '', second = '', third = ''] = text.split('\n');
  const [, full, machine, type, made, now] = /^(\S+) (\w+) (\S+) (\d+) (\d+)$/.exec(first) ?? [];
  if (!full || !machine || !type) return undefined;
  return { full, machine, type, age: Number(now) - Number(made), log: logOf(second), all: third.split(' ') };
}

/** A log's name and when it was last changed (Unix time); '-' and 0 for none. */
export function logOf(line: string): { name: string; changed: number } {
  const [, name, changed] = /^(\S+) (\d+)\s*$/.exec(line.trim()) ?? [];
  return { name: name ?? '-', changed: Number(changed ?? 0) };
}

/** Of the versions: how many, when the newest was finished (Unix time), its age in seconds, whether it shares files with others (1). */
export function versionsOf(
  text: string,
): { count: number; made: number; age: number; shared: number } | undefined {
  const [, count, made, now, shared] = /^(\d+) (\d+) (\d+) (\d+)$/.exec(text.split('\n')[0] ?? '') ?? [];
  return count
    ? { count: Number(count), made: Number(made), age: Number(now) - Number(made), shared: Number(shared) }
    : undefined;
}

/** A line of the restore test: when, of which full copy, how many rows, the newest one, rows without receipt. */
export interface Tested {
  at: number;
  full: string;
  rows: number;
  newest: number;
  missing: number;
}

/** The lines that can be read. */
export function testedOf(text: string): Tested[] {
  return text.split('\n').flatMap((line) => {
    const [, at, full, rows, newest, missing] = /^(\d+) (\S+) (\d+) (\d+) (\d+)$/.exec(line.trim()) ?? [];
    return full
      ? [{ at: Number(at), full, rows: Number(rows), newest: Number(newest), missing: Number(missing) }]
      : [];
  });
}

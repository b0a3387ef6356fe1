import type { Span } from './visitors.ts';

/** What the machines themselves remember of the works: their journals. */

const journal = (units: string, pattern: string) =>
  `journalctl ${units} -o short-unix --no-pager -n 400 -g '${pattern}' 2>/dev/null | cut -c1-160`;

/** On a load balancer: servers taken out and put back, reloads, starts; when its configuration and its certificate were written. */
export const BALANCER = {
  kind: 'command',
  command: `# what HAProxy was told
${journal('-u haproxy', 'Server web/web[0-9]+ (enters drain|is UP .leaving)|^(Reloaded|Started) ')}
stat -c 'file %Y %n' /etc/haproxy/haproxy.cfg
stat -c 'file %Z %n' /etc/haproxy/lab.pem`,
} as const;

/** On a web machine: starts and reloads of Apache. */
export const WEB = {
  kind: 'command',
  command: `# starts and reloads\n${journal('-u apache2', '^(Started|Reloaded) ')}`,
} as const;

/** On a database machine: its database and its storage, when its data was created, and its boots. */
export const DATABASE = {
  kind: 'command',
  command: `# the database and the storage
${journal('-u mariadb -u nfs-server -u pacemaker', '^(Stopping|Stopped|Started|Finished) |Synchronized with group')}
stat -c 'born %W' /var/lib/mysql/ibdata1
journalctl --list-boots -o json | tr '{' '\\n'`,
} as const;

/** On a load balancer: starts of what it carries, which one held the front address, and its boots. */
export const CARRIED = {
  kind: 'command',
  command: `# starts, and the front address
${journal('-u haproxy -u keepalived -u mysqlrouter -u garb -u corosync-qnetd -u redis-sentinel', '^Started |.front. Entering MASTER')}
journalctl --list-boots -o json | tr '{' '\\n'`,
} as const;

interface Entry {
  at: number;
  text: string;
}

/** The lines of a journal, oldest first, each once. */
export function entriesOf(text: string): Entry[] {
  const found = text.split('\n').flatMap((line) => {
    const [, at, said] = /^(\d{10}\.\d+) \S+ [^:]+: (?:\[WARNING\] +\(\d+\) : )?(.*)$/.exec(line) ?? [];
    return at ? [{ at: Number(at), text: said ?? '' }] : [];
  });
  return found.sort((one, other) => one.at - other.at);
}

/** When something of an entry's text happened. */
export const times = (entries: Entry[], pattern: RegExp): number[] =>
  entries.filter(({ text }) => pattern.test(text)).map(({ at }) => at);

/** From each `begin` to the first `end` after it. */
export function spansOf(entries: Entry[], begin: RegExp, end: RegExp): Span[] {
  const ends = times(entries, end);
  return times(entries, begin).flatMap((from) => {
    const to = ends.find((at) => at > from);
    return to === undefined ? [] : [[from, to] as const];
  });
}

/** Times for which a server was out of the rotation. */
export const drainsOf = (text: string, web: string): Span[] =>
  spansOf(
    entriesOf(text),
    new RegExp(`^Server web/${web} enters drain`),
    new RegExp(`^Server web/${web} is UP \\(leaving`),
  );

/** When a file was written to, by its end. */
export const writtenAt = (text: string, name: string): number =>
  Number(new RegExp(`^file (\\d+) \\S*${name}$`, 'm').exec(text)?.[1] ?? Number.NaN);

/** When the machine was off: from the last entry of a boot to the first one of the next. */
export function pausesOf(text: string): Span[] {
  const boots = [...text.matchAll(/"first_entry":(\d+),"last_entry":(\d+)/g)].map(
    ([, first, last]) => [Number(first) / 1e6, Number(last) / 1e6] as const,
  );
  boots.sort((one, other) => one[0] - other[0]);
  return boots.slice(1).map(([first], at) => [boots[at]?.[1] ?? first, first] as const);
}

export const apart = (one: Span, other: Span): boolean => one[1] <= other[0] || other[1] <= one[0];

/** One of each list, such that no two of them overlap in time. */
export const inTurn = (ones: Span[], others: Span[]): boolean =>
  ones.some((one) => others.some((other) => apart(one, other)));

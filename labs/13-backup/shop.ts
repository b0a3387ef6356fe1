/**
 * What the shop of the guide has sold and what is there of it, as the machines tell it. A sale's number is the second in which it was made
 * (Unix time), so that hours of sales are a few ranges: `17-40 52-90`.
 */

/** Sorted numbers, a line each, as ranges. */
export const RANGES = `awk '$1 != last + 1 { if (NR > 1) printf "%d-%d ", first, last; first = $1 } { last = $1 } END { if (NR) printf "%d-%d", first, last; print "" }'`;

/**
 * On web1: what was acknowledged, what was tried, and the longest time from one sale to the next with a failed one in between: last sale before
 * it and its length. A clock that was stopped is no outage.
 */
export const CLOCK = {
  kind: 'command',
  command: `# the clock's log
awk '
function add(which, number) {
  if (number == last[which] + 1) { last[which] = number; return }
  if (last[which]) said[which] = said[which] first[which] "-" last[which] " "
  first[which] = last[which] = number
}
{ add("tried", $1) }
$2 == "sold" { if (failed && $1 - before > most) { most = $1 - before; at = before } before = $1; failed = 0; add("sold", $1) }
$2 == "failed" { failed = 1 }
END { for (which in last) said[which] = said[which] first[which] "-" last[which]; print said["sold"]; print said["tried"]; print at + 0, most + 0 }' /var/lib/clock/log`,
} as const;

/** On a database: the sales that have a row, as ranges. */
export const ROWS = {
  kind: 'sql',
  query:
    "SELECT GROUP_CONCAT(first, '-', last ORDER BY first SEPARATOR ' ') FROM (SELECT MIN(number) AS first, MAX(number) AS last FROM (SELECT number, number - ROW_NUMBER() OVER (ORDER BY number) AS run FROM shop.sale) AS numbered GROUP BY run) AS ranges",
} as const;

/** On web1: the sales that have a receipt. */
export const RECEIPTS = {
  kind: 'command',
  command: `${RANGES} /srv/shared/shop/*`,
  as: 'www-data',
} as const;

/** On the client: what was promised, and when that was written; what was measured. */
export const PREDICTED = {
  kind: 'command',
  command: 'stat -c "at %Y" /root/predicted && cat /root/predicted',
} as const;
export const MEASURED = { kind: 'command', command: 'cat /root/measured' } as const;

/** Seconds within which the machines are asked: the clock goes on meanwhile, and its last sales are left out. */
export const ASKED_WITHIN = 15;

/** From first to last, both included. */
export type Range = readonly [number, number];

/** The ranges of a line; what is none is left out. */
export function rangesOf(line: string): Range[] {
  return line.split(' ').flatMap((word) => {
    const [, from, to] = /^(\d{1,12})-(\d{1,12})$/.exec(word) ?? [];
    return from && to ? [[Number(from), Number(to)] as const] : [];
  });
}

/** How many numbers up to `edge` are in `all` and not in `there`. Both sorted. */
export function missingOf(all: Range[], there: Range[], edge: number): number {
  let missing = 0;
  for (const [from, end] of all) {
    const to = Math.min(end, edge);
    if (from > to) break;
    const covered = there.reduce(
      (sum, [first, last]) => sum + Math.max(0, Math.min(last, to) - Math.max(first, from) + 1),
      0,
    );
    missing += to - from + 1 - covered;
  }
  return missing;
}

/** How many numbers up to `edge`. */
export const countOf = (all: Range[], edge: number): number => missingOf(all, [], edge);

/** The last number; 0 for none. */
export const lastOf = (all: Range[]): number => all.at(-1)?.[1] ?? 0;

/** What the clock wrote. */
export function clockOf(text: string): { sold: Range[]; tried: Range[]; at: number; outage: number } {
  const [sold = '', tried = '', gap = ''] = text.split('\n');
  const [at = 0, outage = 0] = gap.split(' ').map(Number);
  return { sold: rangesOf(sold), tried: rangesOf(tried), at, outage };
}

/** Lines `name number`, by name. */
export function figuresOf(text: string): Map<string, number> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, name, value] = /^(\w+)\s+(\d+(?:\.\d+)?)\s*$/.exec(line) ?? [];
      return name && value ? [[name, Number(value)] as const] : [];
    }),
  );
}

/** What the visitors of the client saw, and what was written down before each work. */

/** Runs of the sampler (when each ended, requests, failed), and of the writes: failed ones, gaps, the first and the last. */
export const VISITS = {
  kind: 'command',
  command: `# what the visitors saw
cd /var/lib/visitor || exit 1
tail -n 1500 pages | cut -d' ' -f1-3
sort -n writes | awk '$3 !~ /^2/ { print "failed", $1, $2, $3 } at && $1 - at > 20 { print "gap", at, $1 } { at = $1 } NR == 1 { first = at } END { print "span", first, at }' | tail -n 300`,
} as const;

/** Of the acknowledged rows: how many up to each of some whole minutes. */
export const ACKNOWLEDGED = {
  kind: 'command',
  command: `# the rows that were acknowledged
printf -v now '%(%s)T' -1
awk -v to=$((now / 60 * 60 - 60)) '$2 == "row" && $3 ~ /^2/ { for (k = 0; k < 4; k++) if ($1 <= to - 60 * k) n[k]++ } END { for (k = 0; k < 4; k++) print to - 60 * k, n[k] + 0 }' /var/lib/visitor/writes`,
} as const;

/** On a database: the visitors' rows up to the same minutes. */
export const ROWS = {
  kind: 'sql',
  query:
    "SELECT bound.at, (SELECT COUNT(DISTINCT text) FROM app.note WHERE text LIKE 'visit %' AND text <= CONCAT('visit ', bound.at)) FROM (SELECT UNIX_TIMESTAMP() DIV 60 * 60 - 60 AS at UNION SELECT UNIX_TIMESTAMP() DIV 60 * 60 - 120) AS bound",
} as const;

export const RUNBOOK = { kind: 'command', command: 'tail -n 200 /root/runbook' } as const;

/** Seconds between two requests of the sampler, and a run's longest time to begin and to end beside them. */
const INTERVAL = 0.5;
/** Seconds for which a write may take; it stands in the log by when it was sent. */
const LONGEST = 60;

export type Span = readonly [from: number, to: number];

export interface Visits {
  runs: { span: Span; failed: number }[];
  /** When writes that failed were sent. */
  failed: number[];
  gaps: Span[];
  /** First and last write; nothing without any. */
  writes: Span | undefined;
}

export function visitsOf(text: string): Visits {
  const visits: Visits = { runs: [], failed: [], gaps: [], writes: undefined };
  for (const line of text.split('\n')) {
    const [, word, from, to] = /^(?:(failed|gap|span) )?(\d{10}) ?(\S*)/.exec(line) ?? [];
    const at = Number(from);
    if (word === 'failed') visits.failed.push(at);
    else if (word === 'gap') visits.gaps.push([at, Number(to)]);
    else if (word === 'span') visits.writes = [at, Number(to)];
    else {
      const [, requests, failed] = /^\d{10} (\d+) (\d+)$/.exec(line) ?? [];
      if (requests)
        visits.runs.push({ span: [at - Number(requests) * INTERVAL, at], failed: Number(failed) });
    }
  }
  return visits;
}

const overlap = (one: Span, other: Span) => one[0] < other[1] && other[0] < one[1];

/** Visitors asked all the time from `from` to `to`: pages without a pause, and writes. */
export function watched({ runs, gaps, writes }: Visits, [from, to]: Span): boolean {
  let seen = from;
  for (const { span } of [...runs].sort((one, other) => one.span[0] - other.span[0]))
    if (span[0] <= seen + 1) seen = Math.max(seen, span[1]);
  const written = writes !== undefined && writes[0] <= from && writes[1] >= to - LONGEST / 2;
  return seen >= to && written && !gaps.some((gap) => overlap(gap, [from, to]));
}

/** How many requests failed in a time: pages of runs that have a part in it, and writes that were under way. */
export function failedIn({ runs, failed }: Visits, [from, to]: Span): number {
  const pages = runs
    .filter(({ span }) => overlap(span, [from, to]))
    .reduce((sum, run) => sum + run.failed, 0);
  return pages + failed.filter((at) => at >= from - LONGEST / 2 && at <= to).length;
}

/** Asked all the time, and nothing failed. */
export const quiet = (visits: Visits, span: Span): boolean =>
  watched(visits, span) && failedIn(visits, span) === 0;

/** Rows acknowledged and not there, by the newest minute that both sides counted up to; undefined: there is none. */
export function lostRows(acknowledged: string, there: string): number | undefined {
  const counts = (text: string) =>
    new Map(
      text.split('\n').flatMap((line) => {
        const [, at, count] = /^(\d{10})\s+(\d+)\s*$/.exec(line) ?? [];
        return at ? [[Number(at), Number(count)] as const] : [];
      }),
    );
  const said = counts(acknowledged);
  const found = counts(there);
  const at = Math.max(...[...said.keys()].filter((bound) => found.has(bound)));
  const count = said.get(at);
  return count ? Math.max(0, count - (found.get(at) ?? 0)) : undefined;
}

/** A line of the runbook: for which machine, and when it was written. */
export interface Plan {
  at: number;
  machine: string;
}

/** Letters below which a field says nothing. */
const LEAST = 4;

/** Lines with all their fields: TIME MACHINE | before | work | way back. */
export function plansOf(text: string): Plan[] {
  return text.split('\n').flatMap((line) => {
    const [first = '', ...fields] = line.split('|').map((field) => field.trim());
    const [, at, machine] = /^(\d{10}) (\w+)$/.exec(first) ?? [];
    return at && machine && fields.length === 3 && fields.every((field) => field.length >= LEAST)
      ? [{ at: Number(at), machine }]
      : [];
  });
}

/** Seconds for which a line of the runbook holds: who was called away looks again. */
const HOLDS = 300;

/** There is a line for the machine from shortly before. */
export const planned = (plans: Plan[], machine: string, at: number): boolean =>
  plans.some((plan) => plan.machine === machine && plan.at <= at + 1 && plan.at >= at - HOLDS);

/**
 * Which tests still fit into the time there is. Pure: what it decides follows from its arguments alone. Times are seconds;
 * a test's cost is what it took on a quiet computer (costs.json), so that a slow hour is a factor.
 */

/** always: runs whatever the hour; needed: the rest of its suite uses what it makes. */
export type Part = 'always' | 'needed' | undefined;

export interface Planned {
  suite: string;
  title: string;
  part?: Part;
}

/** Seconds of each test on a quiet computer, by suite and title. */
export type Costs = Record<string, Record<string, number>>;

export interface Taken extends Planned {
  seconds: number;
}

/** Of a test that was never recorded: rather too much than that the last ones are not named. */
export const UNKNOWN_COST = 60;

/** The latest tests of at least this many quiet seconds say how fast the computer is: enough that single ones do not count. */
const WITNESS_SECONDS = 120;

/** Seconds from the end of the last test to the end of everything: labs are destroyed, results written. */
export const CLOSING_SECONDS = 15;

export const costOf = (costs: Costs, { suite, title }: Planned): number =>
  costs[suite]?.[title] ?? UNKNOWN_COST;

/**
 * How many times longer than recorded the latest tests took; at least 1, as much of a test is waiting, which no computer
 * shortens. Tests without a record are no witnesses.
 */
export function slowness(costs: Costs, taken: Taken[]): number {
  let expected = 0;
  let seconds = 0;
  for (const entry of taken.toReversed()) {
    const cost = costs[entry.suite]?.[entry.title];
    if (cost === undefined) continue;
    expected += cost;
    seconds += entry.seconds;
    if (expected >= WITNESS_SECONDS) break;
  }
  return expected > 0 ? Math.max(1, seconds / expected) : 1;
}

/** What the decision about a test depends on. */
export interface Moment {
  costs: Costs;
  /** Tests that have run, oldest first. */
  taken: Taken[];
  /** Those that were left out. */
  leftOut: Planned[];
  /** Seconds that are left; undefined: there is no limit. */
  left: number | undefined;
}

/**
 * Whether a test may begin: it, and what follows it in its suite if that needs it, would end in time. Later and shorter ones
 * may fit when it does not, except those that need it.
 */
export function fits(test: Planned, following: Planned | undefined, moment: Moment): boolean {
  if (test.part === 'always' || moment.left === undefined) return true;
  if (moment.leftOut.some((planned) => planned.suite === test.suite && planned.part === 'needed'))
    return false;
  const alone = costOf(moment.costs, test);
  // What others need is worth nothing without one of them.
  const cost = test.part === 'needed' && following ? alone + costOf(moment.costs, following) : alone;
  return cost * slowness(moment.costs, moment.taken) + CLOSING_SECONDS <= moment.left;
}

/** The same list with what was measured now. What did not run stays: it may be another day's, or was left out. */
export function recorded(costs: Costs, taken: Taken[]): Costs {
  const result: Costs = { ...costs };
  for (const { suite, title, seconds } of taken)
    result[suite] = { ...result[suite], [title]: Math.ceil(seconds * 10) / 10 };
  return result;
}

/**
 * Seconds until the budget ends; undefined without one. `minutes` and `started` (seconds since 1970) are LAB_TEST_MINUTES and
 * LAB_TEST_STARTED; without the latter it began at `now`. Throws when they are no numbers: a budget with a typing error
 * would be none.
 */
export function budgetEnd(
  minutes: string | undefined,
  started: string | undefined,
  now: number,
): number | undefined {
  if (!minutes) return undefined;
  const [length, begin] = [Number(minutes), started ? Number(started) : now];
  if (!(length > 0) || !Number.isFinite(begin))
    throw new Error(`LAB_TEST_MINUTES=${minutes}, LAB_TEST_STARTED=${started}: not a length and a beginning`);
  return begin + length * 60;
}

/** One of several that are equally good, another one each day; the same on every computer. */
export function ofTheDay<T>(choices: readonly T[], now = Date.now()): T {
  const [first] = choices;
  if (first === undefined) throw new Error('nothing to choose from');
  return choices[Math.floor(now / 86_400_000) % choices.length] ?? first;
}

/** What is said at the end, to whom it may concern; empty when everything ran. */
export function leftOutText(leftOut: Planned[]): string {
  if (leftOut.length === 0) return '';
  const lines = leftOut.map(({ suite, title }) => `  ${suite}: ${title}`);
  return ['', `Left out for lack of time (${leftOut.length}), neither passed nor failed:`, ...lines, ''].join(
    '\n',
  );
}

import { readFileSync } from 'node:fs';
import { drillResultSchema } from '../tasks/drill/model.ts';
import { median } from '../tasks/drill/samples.ts';
import { redundancyOf } from '../tasks/drill/summary.ts';

/** One row of docs/availability.md: `availability-row.ts TITLE JSON_OF_LAB_DRILL EXIT_CODE LOAD`. */
const [title = '', file = '', code = '', load = ''] = process.argv.slice(2);
const VERDICTS: Record<string, string> = { '0': 'pass', '1': 'fail', '3': 'unknown' };

/** A single drill is printed as it is, several as a list; one that was refused has no result. */
function results(text: string) {
  const json: unknown = text.trim() === '' ? {} : JSON.parse(text);
  const drills = (json as { drills?: { result?: unknown }[] }).drills;
  const found = drills ? drills.flatMap((one) => one.result ?? []) : [json];
  return found.flatMap((one) => {
    const parsed = drillResultSchema.safeParse(one);
    return parsed.success ? [parsed.data] : [];
  });
}

const all = results(readFileSync(file, 'utf8'));
const middle = (values: number[], digits: number) =>
  values.length > 0 ? median(values).toFixed(digits) : '?';
const outage = (kind: string) =>
  middle(
    all.flatMap((one) => one.kinds.filter((found) => found.kind === kind).map((found) => found.longest)),
    1,
  );
const failed = all.map((one) => one.kinds.reduce((sum, found) => sum + found.failed, 0));
const lost = all.reduce(
  (sum, one) => sum + one.writes.reduce((part, found) => part + found.lost.length, 0),
  0,
);
const unread = all.some((one) => one.writes.some((found) => !found.readBack));
const cells = [
  `${title}${all.length > 1 ? ` (${all.length})` : ''}`,
  ...['page.new', 'session', 'row', 'upload'].map(outage),
  middle(failed, 0),
  all.length === 0 || unread ? '?' : String(lost),
  middle(
    all.flatMap((one) => redundancyOf(one) ?? []),
    0,
  ),
  load,
  all.length === 0 ? 'refused' : (VERDICTS[code] ?? `exit ${code}`),
];
console.log(`| ${cells.join(' | ')} |`);

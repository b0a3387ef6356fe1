import { readFileSync } from 'node:fs';
import { drillResultSchema } from '../tasks/measure/drill/model.ts';
import { median } from '../tasks/measure/drill/samples.ts';
import { redundancyOf } from '../tasks/measure/drill/summary.ts';

/** One row of docs/availability.md: `availability-row.ts TITLE JSON_OF_LAB_DRILL EXIT_CODE LOAD`. */
const [title = '', file = '', code = '', load = ''] = process.argv.slice(2);
const VERDICTS: Record<string, string> = { '0': 'pass', '1': 'fail', '3': 'unknown' };

/** A single drill is printed as it is, several as a list; one that was refused has no result. */
function results(text: string) {
  const json: unknown = text.trim() === '' ? {} : JSON.parse(text);
  const drills = (json as { drills?: { result?: unknown }[] }).drills;
  const found = drills ? drills.flatMap((drill) => drill.result ?? []) : [json];
  return found.flatMap((entry) => {
    const parsed = drillResultSchema.safeParse(entry);
    return parsed.success ? [parsed.data] : [];
  });
}

const all = results(readFileSync(file, 'utf8'));
const middle = (values: number[], digits: number) =>
  values.length > 0 ? median(values).toFixed(digits) : '?';
const outage = (kind: string) =>
  middle(
    all.flatMap((load) => load.kinds.filter((found) => found.kind === kind).map((found) => found.longest)),
    1,
  );
const failed = all.map((load) => load.kinds.reduce((sum, found) => sum + found.failed, 0));
const lost = all.reduce(
  (sum, load) => sum + load.writes.reduce((part, found) => part + found.lost.length, 0),
  0,
);
const unread = all.some((load) => load.writes.some((found) => !found.readBack));
const cells = [
  `${title}${all.length > 1 ? ` (${all.length})` : ''}`,
  ...['page.new', 'session', 'row', 'upload'].map(outage),
  middle(failed, 0),
  all.length === 0 || unread ? '?' : String(lost),
  middle(
    all.flatMap((load) => redundancyOf(load) ?? []),
    0,
  ),
  load,
  all.length === 0 ? 'refused' : (VERDICTS[code] ?? `exit ${code}`),
];
console.log(`| ${cells.join(' | ')} |`);

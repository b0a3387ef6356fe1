import { type DrillResult, drillResultSchema } from '../../tasks/measure/drill/model.ts';
import { lab } from '../../test/e2e/run.ts';
import { median } from '../meter.ts';
import type { Row } from './measure.ts';

/** The kinds of requests that wait for the front alone: what the others wait for differs from one takeover to the next. */
const KINDS = ['page.new', 'page.kept', 'session'] as const;

async function drill(name: string): Promise<DrillResult> {
  const ran = await lab(['drill', '--name', name, '--json', '--holder', 'front', '--fault', 'power']);
  if (![0, 1, 3].includes(ran.code)) throw new Error(ran.output);
  return drillResultSchema.parse(JSON.parse(ran.stdout));
}

/** Pairs of drills of the front, one of each with the page open: what visitors felt must not differ. */
export async function pairedDrills(
  name: string,
  pairs: number,
  watched: <T>(work: () => Promise<T>) => Promise<T>,
  note: (line: string) => void,
): Promise<Row[]> {
  const results: [without: DrillResult, open: DrillResult][] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    // The other order each time: what one drill leaves to the next is not taken for the page's doing.
    const order = [() => drill(name), () => watched(() => drill(name))];
    if (pair % 2 === 1) order.reverse();
    const [first, second] = [await order[0]?.(), await order[1]?.()];
    if (!first || !second) continue;
    results.push(pair % 2 === 1 ? [second, first] : [first, second]);
    note(
      `pair ${pair + 1}: ${KINDS.map((kind) => `${kind} ${of(results.at(-1)?.[0], kind)?.toFixed(2)} / ${of(results.at(-1)?.[1], kind)?.toFixed(2)} s`).join(', ')} (without / with the page)`,
    );
  }
  return KINDS.flatMap((kind): Row[] => {
    const interval = results[0]?.[0].kinds.find((one) => one.kind === kind)?.interval;
    if (interval === undefined) return [];
    const differences = results.map(([without, open]) => (of(open, kind) ?? 0) - (of(without, kind) ?? 0));
    const middle = median(differences);
    return [
      {
        what: `drill of the front with and without the page: ${kind}`,
        target: `≤ ${interval} s`,
        kept: Math.abs(middle) <= interval,
        found: `${middle >= 0 ? '+' : '−'}${Math.abs(middle).toFixed(2)} s (${differences.map((one) => one.toFixed(2)).join(', ')})`,
        how: `median of ${results.length} pairs; longest outage: ${results.map(([without, open]) => `${of(without, kind)?.toFixed(2)}/${of(open, kind)?.toFixed(2)}`).join(', ')} s`,
      },
    ];
  });
}

const of = (result: DrillResult | undefined, kind: string): number | undefined =>
  result?.kinds.find((one) => one.kind === kind)?.longest;

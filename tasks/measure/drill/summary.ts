import { label, say, table } from '../../base/text.ts';
import { type DrillResult, KINDS, type Kind, type Verdict } from './model.ts';
import { KIND_WORDS, VERDICT_WORDS } from './names.ts';
import { median } from './samples.ts';
import type { Done } from './sequence.ts';
import { effectText } from './signs.ts';
import { overall } from './verdict.ts';

/** Least, middle and greatest of several drills. */
export interface Spread {
  what: Kind | 'redundancy';
  values: number[];
  min: number;
  median: number;
  max: number;
}

/** Seconds from the undoing to full redundancy. */
export const redundancyOf = ({ times }: DrillResult): number | null =>
  times.redundant === null ? null : times.redundant - (times.undo ?? times.faultDone);

/** The spread of each kind's longest outage, and of the way back to full redundancy. */
export function spreads(results: DrillResult[]): Spread[] {
  const of = (what: Spread['what'], values: number[]): Spread[] =>
    values.length === 0
      ? []
      : [{ what, values, min: Math.min(...values), median: median(values), max: Math.max(...values) }];
  return [
    ...KINDS.flatMap((kind) =>
      of(
        kind,
        results.flatMap((result) => result.kinds.find((found) => found.kind === kind)?.longest ?? []),
      ),
    ),
    ...of(
      'redundancy',
      results.flatMap((result) => redundancyOf(result) ?? []),
    ),
  ];
}

/** The verdict of several drills: of one that could not be done nothing is known. */
export const verdictOf = (all: Done[]): Verdict =>
  overall(all.map((drill) => drill.result?.verdict ?? 'unknown'));

const SHORT: Record<Kind, string> = {
  'page.new': 'page',
  'page.kept': 'kept',
  session: 'session',
  row: 'row',
  upload: 'upload',
  download: 'download',
  large: 'large',
};

/** One line a drill: the outage of each kind, requests that failed in brackets. */
export function renderSequence(all: Done[], verdict: Verdict, seed?: number): string {
  const head = [
    say({ en: 'DRILL', fr: 'EXERCICE' }),
    ...KINDS.map((kind) => SHORT[kind].toUpperCase()),
    say({ en: 'LOST', fr: 'PERDUS' }),
    say({ en: 'REDUNDANT', fr: 'REDONDANT' }),
    say({ en: 'VERDICT', fr: 'VERDICT' }),
    say({ en: 'OVER', fr: 'DÉPASSÉ' }),
  ];
  const lines = all.map(({ name, result, refused }) =>
    result ? [name, ...resultCells(result)] : [name, ...KINDS.map(() => ''), '', '', '-', refused ?? ''],
  );
  const writes = all.flatMap((drill) => drill.result?.writes ?? []);
  const sum = (pick: (entry: (typeof writes)[number]) => number) =>
    writes.reduce((total, write) => total + pick(write), 0);
  const acknowledged = sum((writes) => writes.acknowledged);
  const lost = sum((writes) => writes.lost.length);
  return [
    ...table([head, ...lines]),
    '',
    say({
      en: `${all.length} drills, ${acknowledged} acknowledged writes, ${lost} lost${seed === undefined ? '' : `, seed ${seed}`}. Outages in s; (n): failed requests.`,
      fr: `${all.length} exercices, ${acknowledged} écritures confirmées, ${lost} perdues${seed === undefined ? '' : `, graine ${seed}`}. Interruptions en s ; (n) : requêtes échouées.`,
    }),
    `${label({ en: 'Verdict', fr: 'Verdict' })} ${say(VERDICT_WORDS[verdict])}`,
  ].join('\n');
}

function resultCells(result: DrillResult): string[] {
  const back = redundancyOf(result);
  return [
    ...KINDS.map((kind) => {
      const found = result.kinds.find((result) => result.kind === kind);
      if (!found) return '-';
      return `${found.longest.toFixed(1)}${found.failed > 0 ? ` (${found.failed})` : ''}`;
    }),
    String(result.writes.reduce((sum, write) => sum + write.lost.length, 0)),
    back === null ? say({ en: 'never', fr: 'jamais' }) : back.toFixed(0),
    say(VERDICT_WORDS[result.verdict]),
    [
      ...new Set(
        result.judgements
          .filter((judgement) => judgement.verdict === 'fail')
          .map((judgement) => judgement.budget),
      ),
      ...(effectText(result) ? [say({ en: 'fault not felt', fr: 'panne sans effet' })] : []),
    ].join(', '),
  ];
}

/** Least, median and greatest, one line a kind. */
export function renderSpreads(results: DrillResult[]): string {
  const head = [
    say({ en: `${results.length} TIMES`, fr: `${results.length} FOIS` }),
    'MIN',
    say({ en: 'MEDIAN', fr: 'MÉDIANE' }),
    'MAX',
  ];
  const rows = spreads(results).map((spread) => [
    spread.what === 'redundancy'
      ? say({ en: 'full redundancy', fr: 'redondance complète' })
      : say(KIND_WORDS[spread.what]),
    ...[spread.min, spread.median, spread.max].map((value) => `${value.toFixed(2)} s`),
  ]);
  return table([head, ...rows]).join('\n');
}

import { label, say, table } from '../../base/text.ts';
import type { DrillResult, Kind, OutcomeOf, Verdict } from './model.ts';
import { KIND_WORDS, OUTCOME_WORDS, VERDICT_WORDS } from './names.ts';
import { lostBy } from './outcomes.ts';
import type { Done } from './sequence.ts';
import { redundancyOf } from './summary.ts';

/** One kind stands for each service: the others take the same way. */
const SHOWN: Kind[] = ['page.new', 'session', 'row', 'upload'];

/** The design's word, and what came instead where it is wrong. */
export function outcomeText({ design, measured, verdict }: OutcomeOf): string {
  if (verdict === 'pass') return say(OUTCOME_WORDS[design]);
  const came = measured === null ? '-' : say(OUTCOME_WORDS[measured]);
  return `${came} ! (${say({ en: 'design', fr: 'conception' })}${say({ en: ':', fr: ' :' })} ${say(OUTCOME_WORDS[design])})`;
}

/** What became of each service when machines were lost together, one line a drill. */
export function renderOutcomes(all: Done[], verdict: Verdict): string {
  const head = [
    say({ en: 'LOST AT ONCE', fr: 'PERDUES ENSEMBLE' }),
    ...SHOWN.map((kind) => say(KIND_WORDS[kind]).toUpperCase()),
    say({ en: 'LOST WRITES', fr: 'ÉCRITURES PERDUES' }),
    say({ en: 'REDUNDANT', fr: 'REDONDANT' }),
    say({ en: 'VERDICT', fr: 'VERDICT' }),
  ];
  const rows = all.map(({ name, result, refused }) =>
    result ? row(result) : [name, ...SHOWN.map(() => ''), '', '-', refused ?? ''],
  );
  return [
    ...table([head, ...rows]),
    '',
    say({
      en: 'serves: it went on after a failover. stops: until the machines were back. REDUNDANT: seconds until everything was there again.',
      fr: "sert : continué après une bascule. s'arrête : jusqu'au retour des machines. REDONDANT : secondes jusqu'à ce que tout soit revenu.",
    }),
    `${label({ en: 'Verdict', fr: 'Verdict' })} ${say(VERDICT_WORDS[verdict])}`,
  ].join('\n');
}

function row(result: DrillResult): string[] {
  const back = redundancyOf(result);
  const outcome = (kind: Kind) => result.outcomes?.find((one) => one.kind === kind);
  return [
    lostBy(result.fault).join(', '),
    ...SHOWN.map((kind) => {
      const found = outcome(kind);
      return found ? outcomeText(found) : '';
    }),
    String(result.writes.reduce((sum, write) => sum + write.lost.length, 0)),
    back === null ? say({ en: 'never', fr: 'jamais' }) : back.toFixed(0),
    say(VERDICT_WORDS[result.verdict]),
  ];
}

import { label, say, table } from '../../base/text.ts';
import { FAST } from '../../roles/timers.ts';
import type { DrillResult, Judgement, KindResult } from './model.ts';
import { KIND_WORDS, VERDICT_WORDS } from './names.ts';
import { outcomeText } from './outcome-table.ts';
import { saidWords } from './said.ts';
import { percentile } from './samples.ts';
import { effectText } from './signs.ts';
import { faultText } from './words.ts';

/** Seconds as people read them; a length that had not ended when the measurement did is at least that. */
const s = (value: number | null, open = false) =>
  value === null ? '-' : `${open ? '≥ ' : ''}${value.toFixed(2)} s`;

/** Everything that one drill found, for a terminal. */
export function renderDrill(result: DrillResult): string {
  return [
    `${say({ en: 'Drill', fr: 'Exercice' })} ${result.id}: ${faultText(result.fault)}`,
    '',
    ...kindTable(result),
    '',
    ...writesLines(result),
    redundancyLine(result),
    conditionsLine(result),
    '',
    ...factorLine(result),
    ...judgementTable(result.judgements),
    '',
    ...effectLine(result),
    ...saidLine(result),
    `${label({ en: 'Verdict', fr: 'Verdict' })} ${say(VERDICT_WORDS[result.verdict])}`,
  ].join('\n');
}

function kindTable(result: DrillResult): string[] {
  const head = [
    say({ en: 'REQUESTS', fr: 'REQUÊTES' }),
    say({ en: 'NUMBER', fr: 'NOMBRE' }),
    say({ en: 'FAILED', fr: 'ÉCHECS' }),
    say({ en: 'LATE', fr: 'TARD' }),
    say({ en: 'OUTAGE', fr: 'INTERRUPTION' }),
    say({ en: 'SILENCE', fr: 'SILENCE' }),
    say({ en: 'PREDICTED', fr: 'PRÉVU' }),
    say({ en: 'BEFORE', fr: 'AVANT' }),
    say({ en: 'CAUSES', fr: 'CAUSES' }),
  ];
  return table([head, ...result.kinds.map((kind) => kindRow(kind, result))]);
}

function kindRow(kind: KindResult, result: DrillResult): string[] {
  const prediction = result.predictions.find((prediction) => prediction.kind === kind.kind);
  const outcome = result.outcomes?.find((one) => one.kind === kind.kind);
  const open = kind.windows.some((window) => window.end === null);
  const range = prediction && `${prediction.atLeast.toFixed(1)}-${prediction.seconds.toFixed(1)} s`;
  return [
    say(KIND_WORDS[kind.kind]),
    String(kind.requests),
    String(kind.failed),
    String(kind.slow),
    s(kind.longest, open),
    s(kind.silence),
    prediction ? `${range}${prediction.far ? ' !' : ''}` : outcome ? outcomeText(outcome) : '',
    kind.before ? `${Math.round(kind.before.p50 * 1000)} ms` : '-',
    causes(kind),
  ];
}

/** The most frequent causes, in few words. */
function causes(kind: KindResult): string {
  const counts = new Map<string, number>();
  for (const window of kind.windows) {
    for (const [cause, count] of Object.entries(window.causes)) {
      if (cause !== 'slow') counts.set(cause, (counts.get(cause) ?? 0) + count);
    }
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 3)
    .map(([cause, count]) => `${cause} × ${count}`)
    .join(', ');
}

function writesLines(result: DrillResult): string[] {
  return result.writes.map((write) => {
    const numbers = say({
      en: `${write.attempted} written, ${write.acknowledged} acknowledged, ${write.lost.length} lost, ${write.recovered.length} recovered, ${write.unexpected.length} unexpected`,
      fr: `${write.attempted} écrits, ${write.acknowledged} confirmés, ${write.lost.length} perdus, ${write.recovered.length} retrouvés, ${write.unexpected.length} inattendus`,
    });
    const unread = write.readBack ? '' : say({ en: ' (not read back)', fr: ' (non relus)' });
    const which = [...write.lost, ...write.unexpected].slice(0, 8).join(', ');
    return `${label(KIND_WORDS[write.kind])} ${numbers}${unread}${which && ` [${which}]`}`;
  });
}

function redundancyLine({ times, missing }: DrillResult): string {
  if (times.redundant === null) {
    return say({
      en: `Full redundancy did not return: ${missing.join('; ')}`,
      fr: `La redondance complète n'est pas revenue : ${missing.join(' ; ')}`,
    });
  }
  const after = (times.redundant - (times.undo ?? times.faultDone)).toFixed(1);
  return say({
    en: `Full redundancy ${after} s after the fault was undone.`,
    fr: `Redondance complète ${after} s après la fin de la panne.`,
  });
}

function conditionsLine({ conditions }: DrillResult): string {
  const busy = conditions.busy.map((second) => second.share).sort((a, b) => a - b);
  const stalls = conditions.stalls.filter((stall) => stall.seconds > 0.2);
  const worst = Math.max(0, ...stalls.map((stall) => stall.seconds));
  const percent = (value: number) => `${Math.round(100 * value)} %`;
  return say({
    en: `Computer: load ${conditions.load.toFixed(1)} at the start, ${conditions.processors} processors, busy ${percent(percentile(busy, 0.5))} (median); ${stalls.length} stalls, longest ${worst.toFixed(2)} s.`,
    fr: `Ordinateur : charge ${conditions.load.toFixed(1)} au départ, ${conditions.processors} processeurs, occupés à ${percent(percentile(busy, 0.5))} (médiane) ; ${stalls.length} arrêts, le plus long ${worst.toFixed(2)} s.`,
  });
}

/** That the budgets are not those of an ordinary computer. */
function factorLine({ factor = FAST }: DrillResult): string[] {
  if (factor === FAST) return [];
  return [
    say({
      en: `Judged with the budgets of a slow computer (timer factor ${factor}): not to be compared with those of a fast one.`,
      fr: `Jugé avec les budgets d'un ordinateur lent (facteur des délais : ${factor}) : à ne pas comparer à ceux d'un ordinateur rapide.`,
    }),
  ];
}

/** What was said beforehand, beside what came. */
function saidLine(result: DrillResult): string[] {
  const words = saidWords(result);
  return words ? [say(words)] : [];
}

/** Why nothing passes, however good the figures are. */
function effectLine(result: DrillResult): string[] {
  const text = effectText(result);
  return text === undefined ? [] : [text];
}

function judgementTable(judgements: Judgement[]): string[] {
  const head = [
    say({ en: 'BUDGET', fr: 'BUDGET' }),
    say({ en: 'WHAT', fr: 'QUOI' }),
    say({ en: 'ALLOWED', fr: 'PERMIS' }),
    say({ en: 'MEASURED', fr: 'MESURÉ' }),
    say({ en: 'VERDICT', fr: 'VERDICT' }),
    '',
  ];
  const what = {
    outage: say({ en: 'outage', fr: 'interruption' }),
    failed: say({ en: 'failed', fr: 'échecs' }),
    lost: say({ en: 'lost', fr: 'perdus' }),
    redundancy: say({ en: 'redundancy', fr: 'redondance' }),
  };
  return table([
    head,
    ...judgements.map((judgement) => [
      judgement.budget,
      judgement.kind ? `${what[judgement.what]}, ${say(KIND_WORDS[judgement.kind])}` : what[judgement.what],
      judgement.unit === 's' ? s(judgement.limit) : String(judgement.limit),
      judgement.measured === null
        ? '-'
        : judgement.unit === 's'
          ? s(judgement.measured)
          : String(judgement.measured),
      say(VERDICT_WORDS[judgement.verdict]),
      judgement.why ?? '',
    ]),
  ]);
}

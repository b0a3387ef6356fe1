import type { DrillEvent, DrillResult, Judgement, KindResult, Prediction, Verdict } from '../drill/model.ts';
import type { Sample } from '../drill/samples.ts';
import { redundancyOf } from '../drill/summary.ts';
import { faultText, KIND_WORDS, VERDICT_WORDS } from '../drill/words.ts';
import { EVENT_WORDS } from '../journal/words.ts';
import { FAST } from '../lab/timers.ts';
import { label, say } from '../ui/text.ts';
import { type Chart, chartOf, type Lane } from './chart.ts';
import { judgedText, milliseconds, secondsText } from './words.ts';

/** What the page shows of one drill, in words: nothing is computed in the page itself. */
export interface DrillView {
  id: string;
  title: string;
  verdict: { code: Verdict; text: string };
  facts: { name: string; text: string }[];
  chart: Chart;
  zero: number;
  lanes: (Lane & { name: string; summary: string; bandTexts: string[] })[];
  /** Times that a line is drawn for, apart from the events of machines. */
  moments: { x: number; what: string; text: string }[];
  machines: { machine: string; marks: { x: number; word: string; text: string }[] }[];
  kinds: string[][];
  judgements: { verdict: Verdict; cells: string[] }[];
  writes: string[][];
  predictions: { name: string; text: string; terms: string[]; formula: string; source: string }[];
  events: string[][];
  longest: string;
  redundancy: string;
  lost: string;
}

const eventWord = (what: string) => say(EVENT_WORDS[what] ?? { en: what, fr: what });
const kindWord = (kind: KindResult['kind']) => say(KIND_WORDS[kind]);
const count = (causes: Record<string, number>) =>
  Object.entries(causes)
    .sort((one, other) => other[1] - one[1])
    .map(([cause, times]) => `${cause} × ${times}`)
    .join(', ');

function bandText({ window, open }: Lane['bands'][number], end: number): string {
  const length = `${open ? '≥ ' : ''}${secondsText((window.end ?? end) - window.start)}`;
  const doubt = window.doubtful ? ` (${say({ en: 'doubtful', fr: 'douteuse' })})` : '';
  return `${say({ en: 'outage', fr: 'interruption' })} ${length}${doubt}: ${count(window.causes)}`;
}

/** One lane in a sentence: what a reader who does not see it needs. */
function laneText(kind: KindResult, { times }: DrillResult): string {
  const open = kind.windows.some((window) => window.end === null) ? '≥ ' : '';
  const windows = kind.windows.filter((window) => (window.end ?? times.end) >= times.fault);
  const length = `${open}${secondsText(kind.longest)}`;
  return say({
    en: `${kind.requests} requests, ${kind.failed} failed, ${kind.slow} late; ${windows.length} outages from the fault on, the longest ${length}`,
    fr: `${kind.requests} requêtes, ${kind.failed} échouées, ${kind.slow} tardives ; ${windows.length} interruptions dès la panne, la plus longue ${length}`,
  });
}

function kindRow(kind: KindResult, result: DrillResult): string[] {
  const prediction = result.predictions.find((one) => one.kind === kind.kind);
  const causes = new Map<string, number>();
  for (const window of kind.windows)
    for (const [cause, times] of Object.entries(window.causes))
      causes.set(cause, (causes.get(cause) ?? 0) + times);
  const open = kind.windows.some((window) => window.end === null) ? '≥ ' : '';
  const pair = (one: KindResult['before']) =>
    one ? `${milliseconds(one.p50)} / ${milliseconds(one.p99)}` : '–';
  return [
    kindWord(kind.kind),
    String(kind.requests),
    String(kind.failed),
    String(kind.slow),
    open + secondsText(kind.longest),
    secondsText(kind.silence),
    prediction ? predictedText(prediction) : '–',
    pair(kind.before),
    pair(kind.after),
    count(Object.fromEntries(causes)),
  ];
}

function predictedText(prediction: Prediction): string {
  const far = prediction.far
    ? ` (${say({ en: 'measured is far from it', fr: 'le mesuré en est loin' })})`
    : '';
  return `${secondsText(prediction.atLeast, 1)} – ${secondsText(prediction.seconds, 1)}${far}`;
}

function judgementRow(one: Judgement): { verdict: Verdict; cells: string[] } {
  const value = (number: number | null) =>
    one.unit === 's' ? secondsText(number) : number === null ? '–' : String(number);
  const what = one.kind ? `${judgedText(one.what)}, ${kindWord(one.kind)}` : judgedText(one.what);
  return {
    verdict: one.verdict,
    cells: [one.budget, what, value(one.limit), value(one.measured), one.why ?? ''],
  };
}

/** Times of the drill itself, as events. */
function ownEvents({ times, fault }: DrillResult): DrillEvent[] {
  const at = (time: number | null, what: string, text: string): DrillEvent[] =>
    time === null ? [] : [{ at: time, machine: '', what, text }];
  return [
    ...at(times.fault, 'fault', faultText(fault)),
    ...at(times.undone, 'undone', faultText(fault)),
    ...at(times.redundant, 'redundant', ''),
  ];
}

function facts(result: DrillResult): DrillView['facts'] {
  const { conditions, times } = result;
  const worst = conditions.stalls.reduce((most, one) => Math.max(most, one.seconds), 0);
  const busy = conditions.busy.map(({ share }) => share);
  const mean = busy.length > 0 ? busy.reduce((sum, one) => sum + one, 0) / busy.length : 0;
  const away = redundancyOf(result);
  return [
    {
      name: say({ en: 'When', fr: 'Quand' }),
      text: result.begun.slice(0, 19).replace('T', ' ').concat(' UTC'),
    },
    {
      name: say({ en: 'Where', fr: 'Où' }),
      text: `${result.lab}, ${result.engine}, ${result.topology}, ${result.app} (${result.kit})`,
    },
    {
      name: say({ en: 'Fault', fr: 'Panne' }),
      text: `${faultText(result.fault)}; ${secondsText((times.undo ?? times.end) - times.fault, 1)}`,
    },
    {
      name: say({ en: 'Full redundancy', fr: 'Redondance complète' }),
      text:
        away === null
          ? `${label({ en: 'did not return', fr: "n'est pas revenue" })} ${result.missing.join('; ')}`
          : `${secondsText(away, 1)} ${say({ en: 'after the fault was undone', fr: 'après la fin de la panne' })}`,
    },
    {
      name: say({ en: 'Computer', fr: 'Ordinateur' }),
      text: say({
        en: `load ${conditions.load.toFixed(1)} at the start, ${conditions.processors} processors, ${Math.round(mean * 100)} % busy on average; ${conditions.stalls.length} stalls, the longest ${secondsText(worst)}`,
        fr: `charge ${conditions.load.toFixed(1)} au départ, ${conditions.processors} processeurs, occupés à ${Math.round(mean * 100)} % en moyenne ; ${conditions.stalls.length} arrêts, le plus long ${secondsText(worst)}`,
      }),
    },
    ...(result.factor === undefined || result.factor === FAST
      ? []
      : [
          {
            name: say({ en: 'Budgets', fr: 'Budgets' }),
            text: say({
              en: `of a slow computer (timer factor ${result.factor})`,
              fr: `d'un ordinateur lent (facteur des délais : ${result.factor})`,
            }),
          },
        ]),
    ...(result.seed === undefined
      ? []
      : [{ name: say({ en: 'Seed', fr: 'Graine' }), text: String(result.seed) }]),
  ];
}

/** Everything that the page shows of one drill. */
export function viewOf(result: DrillResult, samples: Sample[]): DrillView {
  const chart = chartOf(result, samples);
  const events = [...ownEvents(result), ...result.events.filter(({ machine }) => machine !== '')].sort(
    (one, other) => one.at - other.at,
  );
  const worst = result.kinds.reduce((most, one) => Math.max(most, one.longest), 0);
  const lost = result.writes.reduce((sum, one) => sum + one.lost.length, 0);
  const relative = (at: number) =>
    `${at >= result.times.fault ? '+' : '−'}${secondsText(Math.abs(at - result.times.fault))}`;
  return {
    id: result.id,
    title: faultText(result.fault),
    verdict: { code: result.verdict, text: say(VERDICT_WORDS[result.verdict]) },
    facts: facts(result),
    chart,
    zero: chart.marks.fault,
    lanes: chart.lanes.map((lane) => ({
      ...lane,
      name: kindWord(lane.kind),
      summary: laneText(lane.result, result),
      bandTexts: lane.bands.map((band) => bandText(band, result.times.end)),
    })),
    moments: ownEvents(result).map(({ at, what }) => ({
      x: Math.round(at * 1000),
      what,
      text: eventWord(what),
    })),
    machines: chart.machines.map(({ machine, marks }) => ({
      machine,
      marks: marks.map(({ x, what, text }) => ({
        x,
        word: eventWord(what),
        text: `${eventWord(what)}${text ? `: ${text}` : ''}`,
      })),
    })),
    kinds: result.kinds.map((kind) => kindRow(kind, result)),
    judgements: result.judgements.map(judgementRow),
    writes: result.writes.map((one) => [
      kindWord(one.kind),
      ...[one.attempted, one.acknowledged].map(String),
      one.readBack ? listText(one.lost) : '?',
      ...[one.recovered, one.unexpected].map(listText),
    ]),
    predictions: result.predictions.map((one) => ({
      name: kindWord(one.kind),
      text: `${predictedText(one)}; ${say({ en: 'measured', fr: 'mesuré' })} ${secondsText(one.measured)}`,
      terms: one.terms.map(({ name, value, unit, from }) => `${name} = ${value} ${unit} (${from})`),
      formula: one.formula,
      source: one.source,
    })),
    events: events.map(({ at, machine, what, text }) => [relative(at), machine, eventWord(what), text]),
    longest: secondsText(worst),
    redundancy: secondsText(redundancyOf(result), 1),
    lost: result.writes.every(({ readBack }) => readBack) ? String(lost) : '?',
  };
}

const listText = (names: string[]) =>
  names.length === 0
    ? '0'
    : `${names.length} (${names.slice(0, 5).join(', ')}${names.length > 5 ? '…' : ''})`;

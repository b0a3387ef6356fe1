import { say } from '../../base/text.ts';
import { EVENT_WORDS } from '../../inspect/journal/words.ts';
import type { DrillEvent, DrillResult, Judgement, KindResult, Prediction, Verdict } from '../drill/model.ts';
import { KIND_WORDS, VERDICT_WORDS } from '../drill/names.ts';
import type { Sample } from '../drill/samples.ts';
import { redundancyOf } from '../drill/summary.ts';
import { faultText } from '../drill/words.ts';
import { type Chart, chartOf, type Lane } from './chart.ts';
import { factsOf } from './facts.ts';
import { eventPath, foreseen, laneMarks, type Mark, momentMarks, written } from './lane.ts';
import { judgedText, milliseconds, secondsText } from './words.ts';

/** What the page shows of one drill, in words: nothing is computed in the page itself. */
export interface DrillView {
  id: string;
  title: string;
  /** Whether an outage was foretold by whoever drilled. */
  said: boolean;
  verdict: { code: Verdict; text: string };
  facts: { name: string; text: string }[];
  chart: Chart;
  zero: number;
  /** `drawn`: what stands in its SVG. */
  lanes: { name: string; summary: string; drawn: string }[];
  /** Times that a line is drawn for, apart from the events of machines. */
  moments: { x: number; what: string; text: string }[];
  momentsDrawn: string;
  machines: { machine: string; marks: { x: number; word: string; text: string; d: string }[] }[];
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
    .sort((a, b) => b[1] - a[1])
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
  const prediction = result.predictions.find((prediction) => prediction.kind === kind.kind);
  const causes = new Map<string, number>();
  for (const window of kind.windows)
    for (const [cause, times] of Object.entries(window.causes))
      causes.set(cause, (causes.get(cause) ?? 0) + times);
  const open = kind.windows.some((window) => window.end === null) ? '≥ ' : '';
  const pair = (entry: KindResult['before']) =>
    entry ? `${milliseconds(entry.p50)} / ${milliseconds(entry.p99)}` : '–';
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

function judgementRow(judgement: Judgement): { verdict: Verdict; cells: string[] } {
  const value = (number: number | null) =>
    judgement.unit === 's' ? secondsText(number) : number === null ? '–' : String(number);
  const what = judgement.kind
    ? `${judgedText(judgement.what)}, ${kindWord(judgement.kind)}`
    : judgedText(judgement.what);
  return {
    verdict: judgement.verdict,
    cells: [judgement.budget, what, value(judgement.limit), value(judgement.measured), judgement.why ?? ''],
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

function drawnOf(lane: Lane, result: DrillResult, chart: Chart, moments: DrillView['moments']): Mark[] {
  const { fault, undone } = chart.marks;
  const prediction = result.predictions.find(({ kind }) => kind === lane.kind);
  return laneMarks(
    lane,
    {
      from: chart.from,
      to: chart.to,
      moments,
      during: undone === null ? undefined : { from: fault, to: undone },
    },
    lane.bands.map((band) => bandText(band, result.times.end)),
    prediction && foreseen(result.times.fault, prediction),
    result.said === undefined ? undefined : Math.round((result.times.fault + result.said) * 1000),
  );
}

/** Everything that the page shows of one drill. */
export function viewOf(result: DrillResult, samples: Sample[]): DrillView {
  const chart = chartOf(result, samples);
  const events = [...ownEvents(result), ...result.events.filter(({ machine }) => machine !== '')].sort(
    (a, b) => a.at - b.at,
  );
  const moments = ownEvents(result).map(({ at, what }) => ({
    x: Math.round(at * 1000),
    what,
    text: eventWord(what),
  }));
  const worst = result.kinds.reduce((most, kind) => Math.max(most, kind.longest), 0);
  const lost = result.writes.reduce((sum, write) => sum + write.lost.length, 0);
  const relative = (at: number) =>
    `${at >= result.times.fault ? '+' : '−'}${secondsText(Math.abs(at - result.times.fault))}`;
  return {
    id: result.id,
    said: result.said !== undefined,
    title: faultText(result.fault),
    verdict: { code: result.verdict, text: say(VERDICT_WORDS[result.verdict]) },
    facts: factsOf(result),
    chart,
    zero: chart.marks.fault,
    lanes: chart.lanes.map((lane) => ({
      name: kindWord(lane.kind),
      summary: laneText(lane.result, result),
      drawn: written(drawnOf(lane, result, chart, moments)),
    })),
    moments,
    momentsDrawn: written(momentMarks(moments)),
    machines: chart.machines.map(({ machine, marks }) => ({
      machine,
      marks: marks.map(({ x, what, text }) => ({
        x,
        word: eventWord(what),
        text: `${eventWord(what)}${text ? `: ${text}` : ''}`,
        d: eventPath(x),
      })),
    })),
    kinds: result.kinds.map((kind) => kindRow(kind, result)),
    judgements: result.judgements.map(judgementRow),
    writes: result.writes.map((write) => [
      kindWord(write.kind),
      ...[write.attempted, write.acknowledged].map(String),
      write.readBack ? listText(write.lost) : '?',
      ...[write.recovered, write.unexpected].map(listText),
    ]),
    predictions: result.predictions.map((prediction) => ({
      name: kindWord(prediction.kind),
      text: `${predictedText(prediction)}; ${say({ en: 'measured', fr: 'mesuré' })} ${secondsText(prediction.measured)}`,
      terms: prediction.terms.map(({ name, value, unit, from }) => `${name} = ${value} ${unit} (${from})`),
      formula: prediction.formula,
      source: prediction.source,
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

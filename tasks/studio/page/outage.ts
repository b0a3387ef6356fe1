import type { Text } from '../../base/text.ts';
import { KIND_WORDS, type Kind, type KindResult } from '../../measure/drill/names.ts';
import { type Sample, sampleOf } from '../../measure/drill/samples.ts';
import { kindResult } from '../../measure/drill/windows.ts';
import { closeUp, labels, laneOf } from '../../measure/report/chart.ts';
import {
  type Around,
  eventPath,
  foreseen,
  laneMarks,
  type Mark,
  momentMarks,
  waitingMark,
} from '../../measure/report/lane.ts';
import { type DrillState, isUnderWay } from '../../watch/model/drill.ts';
import type { LabState, Line } from '../../watch/model/state.ts';

/** One kind of request, as it stands now. */
export interface LiveLane {
  kind: Kind;
  result: KindResult;
  marks: Mark[];
  /** Longest outage from the fault on, s; `open`: it goes on. Undefined before the fault. */
  outage: { seconds: number; open: boolean } | undefined;
  predicted: { atLeast: number; seconds: number } | undefined;
}

export interface LiveEvent {
  x: number;
  d: string;
  line: Line;
  /** Share of the width until the next event of the machine. */
  room: number;
}

/** The drill of a lab as it is drawn now. */
export interface LiveOutage {
  drill: DrillState;
  /** ms on the drill's axis: what is shown. */
  from: number;
  to: number;
  /** Seconds since the fault; undefined before it. */
  since: number | undefined;
  lanes: LiveLane[];
  events: { machine: string; moments: Mark[]; marks: LiveEvent[] }[];
  axis: { x: number; seconds: number }[];
}

/** Seconds shown before the fault, and the least that is shown; more comes in steps, so that it does not creep. */
const BEFORE = 3;
const LEAST = 15;
/** Seconds without any answer after which the time stands still: a drill has ended long before. */
const SILENT = 600;
/** Labels on the axis. */
const LABELS = 10;

const ms = (seconds: number) => Math.round(seconds * 1000);

/** What is known of the drill at this moment; undefined when there was none. */
export function liveOutage({ drill, t, lines }: LabState): LiveOutage | undefined {
  if (!drill) return undefined;
  const samples = drill.visits.map(sampleOf);
  const { times } = drill;
  const last = samples.reduce((most, { start }) => Math.max(most, start), 0);
  // What is told late is no time that has not come yet.
  const told = Math.min((t - drill.begun) / 1000, Math.max(last, times.undone ?? 0) + SILENT);
  const now = isUnderWay(drill) ? Math.max(last, told) : last;
  const results = (Object.keys(drill.kinds) as Kind[]).flatMap((kind) =>
    resultOf(kind, drill, samples, last),
  );
  const span = spanOf(drill, results, now, last);
  const moments = Object.entries({
    fault: times.fault,
    undone: times.undone,
    redundant: times.redundant,
  }).flatMap(([what, at]) => (at === undefined ? [] : [{ what, x: ms(at) }]));
  const around: Around = {
    ...span,
    moments,
    during: times.fault === undefined ? undefined : { from: ms(times.fault), to: ms(times.undone ?? now) },
  };
  return {
    ...{ drill, ...span },
    since: times.fault === undefined ? undefined : now - times.fault,
    lanes: results.map((result) => liveLane(result, drill, samples, { now, last }, around)),
    events: eventLanes(lines, drill, span, momentMarks(moments)),
    // One at the very edge would be cut.
    axis: labels(span.from, span.to, ms(times.fault ?? 0), LABELS).filter(
      ({ x }) => (x - span.from) / (span.to - span.from) < 0.98 && x > span.from,
    ),
  };
}

function resultOf(kind: Kind, { kinds, times }: DrillState, samples: Sample[], last: number): KindResult[] {
  const settings = kinds[kind];
  if (!settings) return [];
  const result = kindResult(
    kind,
    samples,
    { ...settings, timeout: settings.limit },
    { fault: times.fault ?? last, end: last },
  );
  return result.requests > 0 ? [result] : [];
}

/** When the last answer came that was as it should be, s. */
const silentSince = ({ kind }: KindResult, samples: Sample[]): number =>
  samples.reduce(
    (most, one) => (one.kind === kind && one.cause === '' ? Math.max(most, one.start + one.took) : most),
    0,
  );

function liveLane(
  result: KindResult,
  drill: DrillState,
  samples: Sample[],
  { now, last }: { now: number; last: number },
  around: Around,
): LiveLane {
  const { times, expected, said } = drill;
  // Visitors ask no more once all is read back.
  const under = isUnderWay(drill) && drill.step !== 'reading';
  const predicted = expected.find(({ kind }) => kind === result.kind);
  const { fault } = times;
  const lane = laneOf(result, samples, last);
  const marks = laneMarks(
    lane,
    around,
    [],
    fault === undefined || !predicted ? undefined : foreseen(fault, predicted),
    fault === undefined || said === undefined ? undefined : ms(fault + said),
  );
  if (fault === undefined) return { kind: result.kind, result, predicted, marks, outage: undefined };
  const silent = silentSince(result, samples);
  const waits = under && now - silent > result.interval + result.limit / 2;
  return {
    ...{ kind: result.kind, result, predicted },
    marks: waits ? [waitingMark(ms(silent), ms(now)), ...marks] : marks,
    outage: {
      seconds: waits ? Math.max(result.longest, now - silent) : result.longest,
      open: waits || (under && result.windows.some(({ end }) => end === null)),
    },
  };
}

function spanOf(
  drill: DrillState,
  kinds: KindResult[],
  now: number,
  last: number,
): { from: number; to: number } {
  const { fault, undo } = drill.times;
  if (fault === undefined) {
    const from = Math.max(0, Math.floor((now - LEAST) / 5 + 1) * 5);
    return { from: ms(from), to: ms(from + LEAST) };
  }
  if (!isUnderWay(drill))
    return closeUp({ kinds, times: { fault, undo: undo ?? null, end: last } }, 0, ms(last));
  let length = LEAST;
  while (now > fault - BEFORE + length) length *= 2;
  const from = Math.max(0, fault - BEFORE);
  return { from: ms(from), to: ms(from + length) };
}

/** What the machines said and did since right before the fault, a lane for each that did anything. */
function eventLanes(
  lines: Line[],
  { begun, times }: DrillState,
  { from, to }: { from: number; to: number },
  moments: Mark[],
): LiveOutage['events'] {
  const { fault } = times;
  if (fault === undefined) return [];
  const shown = lines.flatMap((line) => {
    const x = Math.round(line.t - begun);
    return line.machine !== '' && x >= ms(fault) - 1000 && x >= from && x <= to ? [{ line, x }] : [];
  });
  const machines = [...new Set(shown.map(({ line }) => line.machine))].sort();
  return machines.map((machine) => {
    const own = shown.filter(({ line }) => line.machine === machine);
    return {
      ...{ machine, moments },
      marks: own.map(({ line, x }, index) => ({
        ...{ line, x, d: eventPath(x) },
        room: ((own[index + 1]?.x ?? to) - x) / (to - from),
      })),
    };
  });
}

/** What a lane is, for those who do not see it. */
export function laneLabel({ kind, result, outage }: LiveLane, seconds: (value: number) => string): Text {
  const { requests, failed } = result;
  const [longest, open] = [seconds(outage?.seconds ?? 0), outage?.open ? '≥ ' : ''];
  const { en, fr } = KIND_WORDS[kind];
  return {
    en: `${en}: ${requests} requests, ${failed} failed, longest outage ${open}${longest} s`,
    fr: `${fr} : ${requests} requêtes, ${failed} échecs, plus longue interruption ${open}${longest} s`,
  };
}

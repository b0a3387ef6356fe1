import type { DrillResult, Kind, KindResult, Window } from '../drill/model.ts';
import type { Sample } from '../drill/samples.ts';
import { endOf, lengthOf } from '../drill/windows.ts';

/**
 * Geometry of a drill's timeline, in the units of its drawing: x in milliseconds since the sampler began, y from 0 (top)
 * to HEIGHT (bottom). What the drawing looks like is a matter of the page's style.
 */
export const HEIGHT = 100;
/** The strip at the top, where failed requests are marked. */
export const STRIP = 16;
/** Answer times that the lane shows: from bottom to the strip, on a logarithmic scale. Seconds. */
const FASTEST = 0.001;
const SLOWEST = 10;

export interface Band {
  from: number;
  width: number;
  window: Window;
  /** It had not ended when the measurement did. */
  open: boolean;
}

/** Everything that is drawn of one kind of request. */
export interface Lane {
  kind: Kind;
  result: KindResult;
  /** Paths: dots of requests answered in time and late, ticks of those that failed. */
  served: string;
  late: string;
  failed: string;
  bands: Band[];
  /** y of the limit after which an answer counts as late. */
  limit: number;
}

export interface MachineMarks {
  machine: string;
  marks: { x: number; what: string; text: string }[];
}

export interface Chart {
  from: number;
  to: number;
  /** What is worth looking at first: around the fault. */
  closeUp: { from: number; to: number };
  lanes: Lane[];
  machines: MachineMarks[];
  marks: { fault: number; undone: number | null; redundant: number | null };
}

const ms = (seconds: number) => Math.round(seconds * 1000);

/** Where an answer time is drawn. */
export function yOf(seconds: number): number {
  const share = Math.log(Math.max(FASTEST, seconds) / FASTEST) / Math.log(SLOWEST / FASTEST);
  return Math.round(HEIGHT - Math.min(1, share) * (HEIGHT - STRIP));
}

/** A path of points, relative to each other to stay short; `stroke` draws one. */
function path(points: { x: number; y: number }[], stroke: string): string {
  let [x, y] = [0, 0];
  const parts = points.map((point, index) => {
    const move = index === 0 ? `M${point.x} ${point.y}` : `m${point.x - x} ${point.y - y}`;
    x = point.x;
    y = point.y;
    return `${move}${stroke}`;
  });
  return parts.join('');
}

/** A dot is a line of no length with round ends; a tick goes down from the top, and back for the next one. */
const DOT = 'h0';
const TICK = `v${STRIP - 2}v${2 - STRIP}`;

/** The drawing of one kind of request. `end`: when the last request began, s. */
export function laneOf(result: KindResult, samples: Sample[], end: number): Lane {
  const own = samples
    .filter((sample) => sample.kind === result.kind)
    .sort((a, b) => a.start - b.start)
    .map((sample) => ({ ...sample, x: ms(sample.start), y: yOf(sample.took) }));
  const served = own.filter((request) => request.cause === '');
  return {
    kind: result.kind,
    result,
    served: path(
      served.filter((request) => request.took <= result.limit),
      DOT,
    ),
    late: path(
      served.filter((request) => request.took > result.limit),
      DOT,
    ),
    failed: path(
      own.filter((request) => request.cause !== '').map(({ x }) => ({ x, y: 1 })),
      TICK,
    ),
    bands: result.windows.map((window) => ({
      from: ms(window.start),
      width: Math.max(1, ms(lengthOf(window, end))),
      window,
      open: window.end === null,
    })),
    limit: yOf(result.limit),
  };
}

/** Seconds shown before the fault and after the last outage at first, and at least in all. */
const BEFORE = 3;
const AFTER = 3;
const LEAST = 10;

/** What is worth looking at first, of what is between two times (ms). */
export function closeUp(
  { kinds, times }: { kinds: KindResult[]; times: Pick<DrillResult['times'], 'fault' | 'undo' | 'end'> },
  from: number,
  to: number,
): Chart['closeUp'] {
  const ends = kinds
    .flatMap(({ windows }) => windows)
    .filter((window) => endOf(window, times.end) >= times.fault && window.start < (times.undo ?? times.end))
    .map((window) => endOf(window, times.end));
  const end = Math.max(times.fault - BEFORE + LEAST, ...ends.map((end) => end + AFTER));
  return { from: Math.max(from, ms(times.fault - BEFORE)), to: Math.min(to, ms(end)) };
}

/** The drawing of one drill. Machines without events have no lane. */
export function chartOf(result: DrillResult, samples: Sample[]): Chart {
  const { times } = result;
  const starts = samples.map((sample) => sample.start);
  // Spread into Math.min would fail for a long drill's samples.
  const from = ms(starts.reduce((least, start) => Math.min(least, start), times.fault));
  const to = ms(starts.reduce((most, start) => Math.max(most, start), times.end));
  const machines = [...new Set(result.events.map(({ machine }) => machine))].filter(Boolean).sort();
  return {
    from,
    to,
    closeUp: closeUp(result, from, to),
    lanes: result.kinds.map((kind) => laneOf(kind, samples, times.end)),
    machines: machines.map((machine) => ({
      machine,
      marks: result.events
        .filter((event) => event.machine === machine)
        .map(({ at, what, text }) => ({ x: ms(at), what, text })),
    })),
    marks: {
      fault: ms(times.fault),
      undone: times.undone === null ? null : ms(times.undone),
      redundant: times.redundant === null ? null : ms(times.redundant),
    },
  };
}

/** Distances between labels of an axis that people count in. Milliseconds. */
const STEPS = [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000];

/** Where labels go, about `count` of them, counted from `zero`. */
export function labels(
  from: number,
  to: number,
  zero: number,
  count: number,
): { x: number; seconds: number }[] {
  const step = STEPS.find((value) => (to - from) / value <= count) ?? 1_200_000;
  const all: { x: number; seconds: number }[] = [];
  for (let x = zero + Math.ceil((from - zero) / step) * step; x <= to; x += step)
    all.push({ x, seconds: (x - zero) / 1000 });
  return all;
}

import type { Text } from '../../base/text.ts';

/** One request of a drill's visitors, as a line of samples.ndjson has it (measure/drill/model.ts). */
export type Visit = [
  kind: string,
  number: number,
  start: number,
  took: number,
  cause: string,
  machine: string,
  opened: number,
];

/** What a drill is doing; `stopped`: it ended without a result. */
export const DRILL_STEPS = ['steady', 'fault', 'waiting', 'reading', 'ended', 'stopped'] as const;
export type DrillStep = (typeof DRILL_STEPS)[number];

/** A drill, told again whenever more is known of it. Times are seconds since the visitors began, but for `begun`. */
export interface DrillHead {
  id: string;
  /** ms since 1970: the zero of all its times. */
  begun: number;
  step: DrillStep;
  /** Seconds between two requests of each kind, and after which an answer counts as late. */
  kinds: Record<string, { interval: number; limit: number }>;
  machine?: string;
  /** What is done. */
  words?: Text;
  times: { fault?: number; undo?: number; undone?: number; redundant?: number };
  /** Longest outage of each kind by the timers. */
  expected: { kind: string; seconds: number; atLeast: number }[];
  /** The longest outage as the user said it beforehand. */
  said?: number;
  verdict?: 'pass' | 'fail' | 'unknown';
  /** Why it is not passed, and what the user had said, a sentence each. */
  notes?: Text[];
}

export interface DrillState extends DrillHead {
  visits: Visit[];
}

/** Requests that are kept: those of a long drill. */
const MOST = 20_000;

/** A drill with what is told of it now; the requests stay while it is the same one. */
export const withHead = (drill: DrillState | undefined, head: DrillHead): DrillState => ({
  ...head,
  visits: drill?.id === head.id ? drill.visits : [],
});

export const withVisits = (drill: DrillState, visits: Visit[]): DrillState => ({
  ...drill,
  visits: [...drill.visits, ...visits].slice(-MOST),
});

/** Whether it goes on. */
export const isUnderWay = ({ step }: DrillHead): boolean => step !== 'ended' && step !== 'stopped';

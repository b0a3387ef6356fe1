import type { LabGuide } from '../exercises/guides/model.ts';
import { firstPassed } from '../exercises/state/answers.ts';
import type { LabsState } from '../exercises/state/state.ts';

/** How far a lab is, as its job writes it down (state.ts): times in seconds since 1970. */
export interface Told {
  /** NN of the lab that the machines are in. */
  lab?: string;
  /** Steps of it that have held, and those that it has. */
  passed?: number;
  steps?: number;
  /** When a step held for the first time, the lab was started or it was left: the later one. */
  progressed?: number;
  /** The latest check. */
  checked?: number;
  /** What is broken and not mended. */
  faults?: number;
  hints?: number;
}

const seconds = (time: string): number => Math.floor(Date.parse(time) / 1000);

/** How far a lab is, from what it remembers; `broken`: faults that stay until somebody undoes them. */
export function toldOf(state: LabsState, labs: LabGuide[], broken: number): Told {
  const faults = state.faults.length + broken;
  const checked = state.history.findLast(({ kind }) => kind === 'check');
  const common: Told = { faults, ...(checked ? { checked: seconds(checked.at) } : {}) };
  const guide = labs.find(({ id }) => id === state.current);
  if (!guide) return common;
  const held = firstPassed(state.history);
  const own = guide.steps.filter(({ id }) => held.has(id));
  const times = [state.startedAt, ...own.map(({ id }) => held.get(id))].flatMap((time) =>
    time === undefined ? [] : [seconds(time)],
  );
  return {
    ...common,
    ...{ lab: guide.id, passed: own.length, steps: guide.steps.length },
    ...(times.length > 0 ? { progressed: Math.max(...times) } : {}),
    hints: guide.steps.reduce((sum, { id }) => sum + (state.hints[id] ?? 0), 0),
  };
}

/** The lines that a lab's program prints (job/uml.sh tell). */
export const toldLines = (told: Told): string[] =>
  Object.entries(told).map(([key, value]) => `${key} ${value}`);

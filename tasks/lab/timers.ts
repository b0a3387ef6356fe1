import type { LabRecord } from './lab.ts';

/**
 * The timer factor of a lab says where its timers (roles/timers.yaml) and the budgets of its drills (roles/budgets.yaml) lie between
 * two sets: FAST, for ordinary computers, and SLOW, which emulated processors need.
 */
export const FAST = 1;
export const SLOW = 10;
/** Factors are multiples of this; the rules between rounded timers are tested for each of them. */
export const STEP = 0.5;

/** How many times longer a machine may take with the slow set: status asked of seven busy emulated machines took up to 20 s, not 3. */
const SLOW_TIMEOUTS = 6;

/** Which timers a lab has, and who decided: the measured speed of the computer, the user (`lab up --timers`), or the engine. */
export interface LabTimers {
  factor: number;
  by: 'measured' | 'user' | 'emulated';
}

/** The value at a factor on the straight line between those of the two sets. */
export const between = (fast: number, slow: number, factor: number): number =>
  fast + ((slow - fast) * (factor - FAST)) / (SLOW - FAST);

/** The timers of a lab. One that was made before the computer's speed was measured has the fast ones, emulated the slow ones. */
export function timersOf(record: Pick<LabRecord, 'timers' | 'driver'>): LabTimers {
  if (record.timers) return record.timers;
  return record.driver === 'qemu' ? { factor: SLOW, by: 'emulated' } : { factor: FAST, by: 'measured' };
}

/**
 * How many times longer than usual the kit waits for machines of a lab with this timer factor: 1 to 6, a factor of every time limit of
 * status, checks, journals, drills and the like.
 */
export const timeoutFactor = ({ factor = FAST }: { factor?: number | undefined }): number =>
  between(1, SLOW_TIMEOUTS, factor);

/** The same of a lab by its record. */
export const timeoutFactorOf = ({ record }: { record: Pick<LabRecord, 'timers' | 'driver'> }): number =>
  timeoutFactor(timersOf(record));

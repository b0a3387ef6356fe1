import { join } from 'node:path';
import { readYaml } from '../base/yaml.ts';

/** One entry of roles/timers.yaml. */
export interface TimerEntry {
  value: number;
  unit: string;
  default: number | null;
  means: string;
  lowering: string;
  /** The value of the slow set: machines of a slow computer, or with emulated processors, stall for seconds. */
  slow?: number;
}

/**
 * roles/timers.yaml by section and name, as a lab with this timer factor (1 to 10, roles/timers.ts) uses it: `value` of each timer is
 * what the machines get.
 *
 * Each lies on the straight line between the two sets. So every rule that compares sums of timers (multiples of them, too) and holds
 * in both sets holds in between. Values are rounded up: whole numbers where both ends are, as most programs take no others, else to
 * hundredths. What rounding may break by less than one unit, test/unit/roles.test.ts looks at for every half step of the factor.
 */
export function timersFor(root: string, factor: number): Record<string, Record<string, TimerEntry>> {
  const timers = readYaml(join(root, 'roles', 'timers.yaml')) as ReturnType<typeof timersFor>;
  for (const section of Object.values(timers))
    for (const timer of Object.values(section)) timer.value = valueAt(timer, factor);
  return timers;
}

function valueAt({ value, slow = value }: Pick<TimerEntry, 'value' | 'slow'>, factor: number): number {
  const parts = Number.isInteger(value) && Number.isInteger(slow) ? 1 : 100;
  // Less than a millionth over a step is the arithmetic's, not the timer's.
  return Math.ceil(between(value, slow, factor) * parts - 1e-6) / parts;
}

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
export interface EnvironmentTimers {
  factor: number;
  by: 'measured' | 'user' | 'emulated';
}

/** What a lab's record says about its timers. */
interface TimersRecord {
  timers?: EnvironmentTimers;
  driver?: 'kvm' | 'qemu';
}

/** The value at a factor on the straight line between those of the two sets. */
export const between = (fast: number, slow: number, factor: number): number =>
  fast + ((slow - fast) * (factor - FAST)) / (SLOW - FAST);

/** The timers of a lab. One that was made before the computer's speed was measured has the fast ones, emulated the slow ones. */
export function timersOf(record: TimersRecord): EnvironmentTimers {
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
export const timeoutFactorOf = ({ record }: { record: TimersRecord }): number =>
  timeoutFactor(timersOf(record));

import { join } from 'node:path';
import { readYaml } from '../host/yaml.ts';
import { between } from '../lab/timers.ts';

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
 * roles/timers.yaml by section and name, as a lab with this timer factor (1 to 10, lab/timers.ts) uses it: `value` of each timer is
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

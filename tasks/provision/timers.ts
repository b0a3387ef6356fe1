import { join } from 'node:path';
import { readYaml } from '../host/yaml.ts';

/** One entry of roles/timers.yaml. */
export interface TimerEntry {
  value: number;
  unit: string;
  default: number | null;
  means: string;
  lowering: string;
  /** Instead of `value` where processors are emulated: machines are 10 to 20 times slower there and stall for seconds. */
  emulated?: number;
}

/** roles/timers.yaml by section and name, as a lab uses it: with the values for emulated processors if it has those. */
export function timersFor(root: string, emulated: boolean): Record<string, Record<string, TimerEntry>> {
  const timers = readYaml(join(root, 'roles', 'timers.yaml')) as ReturnType<typeof timersFor>;
  if (!emulated) return timers;
  for (const section of Object.values(timers))
    for (const timer of Object.values(section)) timer.value = timer.emulated ?? timer.value;
  return timers;
}

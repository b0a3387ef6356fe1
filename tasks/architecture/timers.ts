import { FAST, timersFor } from '../roles/timers.ts';

/** One entry of roles/timers.yaml, as far as the document shows it. */
export interface ShownTimer {
  value: number;
  unit: string;
  /** The software's own; null where it is off or there is none. */
  default: number | null;
}

/** Looks a timer up by `section.name`. Throws for one that does not exist. */
export type TimerLookup = (name: string) => ShownTimer;

export function timerLookup(root: string): TimerLookup {
  const data = timersFor(root, FAST);
  return (name) => {
    const [section = '', entry = ''] = name.split('.');
    const timer = data[section]?.[entry];
    if (!timer) throw new Error(`roles/timers.yaml has no ${name}`);
    return timer;
  };
}

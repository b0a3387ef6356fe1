import { busySeconds } from '../meter.ts';

/** What a machine, or the computer, has done since its boot. None of it depends on how fast the hour is, but the last. */
export interface Counters {
  /** Processes and threads that were started, those of the kernel included. */
  processes: number;
  /** Page faults, small ones included. */
  faults: number;
  /** Processor seconds as its own kernel counts them; of machines that share processors a rough figure. */
  cpu: number;
}

/** Prints what parseCounters reads; for any shell. */
export const COUNTERS = 'cat /proc/stat /proc/vmstat';

/** Reads /proc/stat followed by /proc/vmstat. Throws when a counter is not there: a silent 0 would look like a success. */
export function parseCounters(text: string): Counters {
  const field = (name: string) => {
    const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(text);
    if (!found) throw new Error(`no ${name} in: ${text.slice(0, 200)}`);
    return Number(found[1]);
  };
  return { processes: field('processes'), faults: field('pgfault'), cpu: busySeconds(text) };
}

const combine = (counters: Counters, other: Counters, by: (a: number, b: number) => number): Counters => ({
  processes: by(counters.processes, other.processes),
  faults: by(counters.faults, other.faults),
  cpu: by(counters.cpu, other.cpu),
});

export const NOTHING: Counters = { processes: 0, faults: 0, cpu: 0 };

export const sum = (all: Counters[]): Counters =>
  all.reduce((total, counters) => combine(total, counters, (a, b) => a + b), NOTHING);

/**
 * What happened between the second and the third of three readings. Between the first two nothing happened but a reading:
 * that much is taken off.
 */
export function between([first, second, third]: [Counters, Counters, Counters]): Counters {
  const less = (a: number, b: number) => Math.max(0, a - b);
  return combine(combine(third, second, less), combine(second, first, less), less);
}

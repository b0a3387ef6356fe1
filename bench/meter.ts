import { readFileSync } from 'node:fs';

export interface Reading {
  seconds: number;
  /** Processor seconds of the whole computer, idle time left out: run the benchmark on a quiet one. */
  cpu: number;
  /** Highest memory in use above that at the start, MiB. */
  memory: number;
}

/** Ticks of /proc/stat per second; fixed for user space on Linux (proc(5), USER_HZ). */
const HZ = 100;

/** Processor seconds that /proc/stat (its text) tells since the boot, idle time left out. */
export function busySeconds(stat: string): number {
  const [, ...ticks] = (stat.split('\n')[0] ?? '').split(/\s+/);
  const values = ticks.map(Number);
  // user nice system idle iowait irq softirq steal
  return [0, 1, 2, 5, 6].reduce((sum, index) => sum + (values[index] ?? 0), 0) / HZ;
}

const busyHere = () => busySeconds(readFileSync('/proc/stat', 'latin1'));

function usedMiB(): number {
  const info = readFileSync('/proc/meminfo', 'latin1');
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(info)?.[1] ?? 0) / 1024;
  return field('MemTotal') - field('MemAvailable');
}

/** One-minute load of the computer, to be told beside every figure. */
export function load(): number {
  return Number(readFileSync('/proc/loadavg', 'latin1').split(' ')[0]);
}

/** Measures one piece of work. */
export async function measure(work: () => Promise<unknown>): Promise<Reading> {
  const start = Date.now();
  const busy = busyHere();
  const before = usedMiB();
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, usedMiB());
  }, 200);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  peak = Math.max(peak, usedMiB());
  return { seconds: (Date.now() - start) / 1000, cpu: busyHere() - busy, memory: peak - before };
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

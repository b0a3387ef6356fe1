import { readFileSync } from 'node:fs';

/** A row of what was measured, against its target. */
export interface Row {
  what: string;
  /** With its unit. */
  target: string;
  found: string;
  kept: boolean;
  /** How it was measured. */
  how: string;
}

/** The value that a share of all values does not exceed; NaN of none. */
export function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Seconds of processors that a process has taken. */
export function processSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // utime and stime, in ticks of which there are 100 a second (proc(5), USER_HZ).
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** MiB of memory that a process has of its own, and its part of what it shares. */
export function processMiB(pid: number): number {
  const found = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'));
  return Number(found?.[1] ?? Number.NaN) / 1024;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const ms = (value: number): string => `${Math.round(value)} ms`;

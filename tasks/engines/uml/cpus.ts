import { readFileSync } from 'node:fs';

/** Processors a process may run on, from the text of its /proc/PID/status (Cpus_allowed_list: 0-3,8). */
export function allowedCpus(status: string): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '0';
  return list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
  });
}

/** Processors this process may run on. */
export function availableCpus(): number[] {
  return allowedCpus(readFileSync('/proc/self/status', 'latin1'));
}

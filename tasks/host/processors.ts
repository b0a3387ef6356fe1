import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = '/sys/fs/cgroup';

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
};

/** Processors of a cpu.max ("50000 100000"), or of version 1's quota and period; Infinity without a limit. */
export function processorsOf(max: string): number {
  const [quota = '', period = ''] = max.split(/\s+/);
  const share = Number(quota) / Number(period);
  return share > 0 ? share : Number.POSITIVE_INFINITY;
}

/** The least limit of this process's control group and those above it. `groups`: the text of /proc/self/cgroup. */
export function processorLimit(groups: string, root = ROOT): number {
  const limits = groups.split('\n').flatMap((line) => {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const old = controllers.split(',').includes('cpu');
    if (!path || (controllers !== '' && !old)) return [];
    const base = old ? join(root, existsSync(join(root, controllers)) ? controllers : 'cpu') : root;
    const found: number[] = [];
    for (let folder = join(base, path); folder.startsWith(base); folder = dirname(folder))
      found.push(
        processorsOf(
          old
            ? `${read(join(folder, 'cpu.cfs_quota_us'))} ${read(join(folder, 'cpu.cfs_period_us'))}`
            : read(join(folder, 'cpu.max')),
        ),
      );
    return found;
  });
  return Math.min(...limits, Number.POSITIVE_INFINITY);
}

/** How many processors this process may take: those it may run on, or what its control group allows (a fraction). */
export function processorsAllowed(): number {
  return Math.min(availableParallelism(), processorLimit(read('/proc/self/cgroup')));
}

/** Share (0 to 1) of the last minute in which some program waited for a processor; undefined where the kernel does not tell. */
export function pressureOf(text: string): number | undefined {
  const found = /^some .*\bavg60=([\d.]+)/m.exec(text)?.[1];
  return found === undefined ? undefined : Number(found) / 100;
}

export const processorPressure = (): number | undefined => pressureOf(read('/proc/pressure/cpu'));

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

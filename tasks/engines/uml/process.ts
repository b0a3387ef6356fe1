import { readdirSync, readFileSync } from 'node:fs';

/** A process that may have ended: its number alone could meanwhile name another one, its start time cannot. */
export interface ProcessRef {
  pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  started: string;
}

function stat(pid: number): { state: string; group: number; started: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command name, in parentheses, may hold spaces: fields are counted from behind it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', group: Number(fields[2]), started: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

/** The reference to a live process; undefined when there is none with this number. */
export function refOf(pid: number): ProcessRef | undefined {
  const found = stat(pid);
  return found && found.state !== 'Z' ? { pid, started: found.started } : undefined;
}

/** 'running', 'stopped' (SIGSTOP) or 'gone'. */
export function stateOf(ref: ProcessRef): 'running' | 'stopped' | 'gone' {
  const found = stat(ref.pid);
  if (!found || found.started !== ref.started || found.state === 'Z' || found.state === 'X') return 'gone';
  return found.state === 'T' || found.state === 't' ? 'stopped' : 'running';
}

/** Children of a process, as the kernel lists them. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Sends a signal to a whole process group, if the process that leads it is still the one meant. */
export function signalGroup(ref: ProcessRef, signal: NodeJS.Signals): void {
  if (stateOf(ref) === 'gone') return;
  try {
    process.kill(-ref.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Live members of a process group. A process that ended but was not waited for yet is none. */
function groupMembers(group: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const found = stat(pid);
      return found?.group === group && found.state !== 'Z' && found.state !== 'X';
    });
}

/**
 * Waits until a process is gone, and with it every process of its group: one that is still dying keeps the machine's
 * disks locked. Returns false when one still lives after `seconds`.
 */
export async function waitGone(ref: ProcessRef, seconds: number): Promise<boolean> {
  const until = Date.now() + seconds * 1000;
  while (stateOf(ref) !== 'gone' || groupMembers(ref.pid).length > 0) {
    if (Date.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

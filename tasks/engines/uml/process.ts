import { readdirSync, readFileSync } from 'node:fs';

/** A process that may have ended: its number alone could meanwhile name another one, its start time cannot. */
export interface ProcessRef {
  pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  started: string;
}

interface Stat {
  state: string;
  parent: number;
  group: number;
  started: string;
  /** Clock ticks of processors, with those of children that have ended. */
  ticks: number;
}

function stat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command name, in parentheses, may hold spaces: fields are counted from behind it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {
      state: fields[0] ?? '',
      parent: Number(fields[1]),
      group: Number(fields[2]),
      started: fields[19] ?? '',
      ticks: fields.slice(11, 15).reduce((sum, one) => sum + Number(one), 0),
    };
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

/** A process and everything it started, as it was at one moment. */
export interface Family {
  members: ProcessRef[];
  /** Process groups of the members, that of the process itself first. */
  groups: number[];
}

/**
 * The family of a process. Process groups alone do not tell: a User Mode Linux kernel makes a session of its own, so
 * that its starter's group does not hold it.
 */
export function familyOf(ref: ProcessRef): Family {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const found = stat(Number(name));
      return found && found.state !== 'Z' && found.state !== 'X' ? [{ pid: Number(name), ...found }] : [];
    });
  const members = all.filter((one) => one.pid === ref.pid && one.started === ref.started);
  for (const member of members) members.push(...all.filter((one) => one.parent === member.pid));
  return {
    members: members.map(({ pid, started }) => ({ pid, started })),
    groups: [...new Set(members.map((member) => member.group))],
  };
}

/** Ticks of /proc/PID/stat per second; fixed for user space on Linux (proc(5), USER_HZ). */
const HZ = 100;

/** Seconds of processors that the members of a family have taken, with their children that have ended. */
export function processorSeconds(family: Family): number {
  return family.members.reduce((sum, { pid }) => sum + (stat(pid)?.ticks ?? 0), 0) / HZ;
}

/**
 * Sends a signal to every process group of a family. SIGCONT goes to the youngest first: nsenter, at the top, stops itself
 * again when it finds its child still stopped (seen on a busy computer: a thawed machine that was told to be frozen).
 */
export function signalFamily(family: Family, signal: NodeJS.Signals): void {
  for (const group of signal === 'SIGCONT' ? family.groups.toReversed() : family.groups) {
    try {
      process.kill(-group, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** How long a family must be seen going on before it is believed (ms), and how long it may take to (ms). */
const STEADY_MS = 200;
const WAKE_MS = 5000;

/**
 * Lets a stopped family go on, and sees that it does: nsenter may notice only then that its child had been stopped, and
 * stops itself once more.
 */
export async function wakeFamily(family: Family): Promise<void> {
  const until = Date.now() + WAKE_MS;
  let steadySince = Date.now();
  signalFamily(family, 'SIGCONT');
  while (Date.now() < until && Date.now() - steadySince < STEADY_MS) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (!family.members.some((member) => stateOf(member) === 'stopped')) continue;
    signalFamily(family, 'SIGCONT');
    steadySince = Date.now();
  }
}

/** Waits until no member of a family lives. Returns false when one still does after `seconds`. */
export async function waitGone(family: Family, seconds: number): Promise<boolean> {
  const until = Date.now() + seconds * 1000;
  while (family.members.some((member) => stateOf(member) !== 'gone')) {
    if (Date.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

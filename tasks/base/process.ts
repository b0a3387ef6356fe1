import { readdirSync, readFileSync } from 'node:fs';
import { poll, sleep } from './poll.ts';

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
      ticks: fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0),
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
export interface ProcessTree {
  members: ProcessRef[];
  /** Process groups of the members, that of the process itself first. */
  groups: number[];
}

/** Every process that lives, as the kernel tells it now. */
function livingProcesses(): (Stat & { pid: number })[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const found = stat(Number(name));
      return found && found.state !== 'Z' && found.state !== 'X' ? [{ pid: Number(name), ...found }] : [];
    });
}

/**
 * The tree of a process. Process groups alone do not tell: a User Mode Linux kernel makes a session of its own, so
 * that its starter's group does not hold it.
 */
export function processTree(ref: ProcessRef): ProcessTree {
  const all = livingProcesses();
  const members = all.filter((process) => process.pid === ref.pid && process.started === ref.started);
  for (const member of members) members.push(...all.filter((process) => process.parent === member.pid));
  return {
    members: members.map(({ pid, started }) => ({ pid, started })),
    groups: [...new Set(members.map((member) => member.group))],
  };
}

/** Ticks of /proc/PID/stat per second; fixed for user space on Linux (proc(5), USER_HZ). */
const HZ = 100;

/**
 * Seconds of processors that trees of processes have taken, each named by its first one, with their children that have ended; all with
 * one look at the computer's processes. Undefined for one whose first process has ended.
 */
export function processorSecondsOf(refs: ProcessRef[]): (number | undefined)[] {
  const all = livingProcesses();
  const children = new Map<number, typeof all>();
  for (const process of all) children.set(process.parent, [...(children.get(process.parent) ?? []), process]);
  return refs.map((ref) => {
    const first = all.find(({ pid, started }) => pid === ref.pid && started === ref.started);
    if (!first) return undefined;
    const members = [first];
    for (const { pid } of members) members.push(...(children.get(pid) ?? []));
    return members.reduce((sum, { ticks }) => sum + ticks, 0) / HZ;
  });
}

/**
 * Sends a signal to every process group of a tree. SIGCONT goes to the youngest first: nsenter, at the top, stops itself
 * again when it finds its child still stopped (seen on a busy computer: a thawed machine that was told to be frozen).
 */
export function signalTree(tree: ProcessTree, signal: NodeJS.Signals): void {
  for (const group of signal === 'SIGCONT' ? tree.groups.toReversed() : tree.groups) {
    try {
      process.kill(-group, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Seconds between two looks at processes. */
const LOOK = 0.02;

/** How long a tree must be seen going on before it is believed (ms), and how long it may take to (ms). */
const STEADY_MS = 200;
const WAKE_MS = 5000;

/**
 * Lets a stopped tree go on, and sees that it does: nsenter may notice only then that its child had been stopped, and
 * stops itself once more.
 */
export async function resumeTree(tree: ProcessTree): Promise<void> {
  const until = Date.now() + WAKE_MS;
  let steadySince = Date.now();
  signalTree(tree, 'SIGCONT');
  while (Date.now() < until && Date.now() - steadySince < STEADY_MS) {
    await sleep(LOOK);
    if (!tree.members.some((member) => stateOf(member) === 'stopped')) continue;
    signalTree(tree, 'SIGCONT');
    steadySince = Date.now();
  }
}

/** Waits until every process of a tree that was sent SIGSTOP has stopped: a signal acts when its process has its turn. At most `seconds`. */
export async function waitStopped(tree: ProcessTree, seconds: number): Promise<void> {
  const going = () => tree.members.some((member) => stateOf(member) === 'running');
  await poll(going, (some) => !some, { every: LOOK, seconds });
}

/** Waits until no process of a tree lives. Returns false when one still does after `seconds`. */
export async function waitGone(tree: ProcessTree, seconds: number): Promise<boolean> {
  const living = () => tree.members.some((member) => stateOf(member) !== 'gone');
  return !(await poll(living, (alive) => !alive, { every: LOOK, seconds }));
}

import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sleep } from './poll.ts';
import { refOf } from './process.ts';

/** Whether a process with this number exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Who holds a lock. */
export interface LockHolder {
  pid: number;
  /** What it does, as the user typed it; undefined when it did not say. */
  command: string | undefined;
  /** When it took the lock; ISO 8601. */
  since: string | undefined;
}

/** Where the system does not tell when a process was started. */
const UNTOLD = '-';

/** What a lock file says of its holder: number, start time where the system tells it, when it took the lock, and what it does. */
function describe(pid: number, command: string): string {
  return `${pid} ${refOf(pid)?.started ?? UNTOLD} ${new Date().toISOString()} ${command}`.trim();
}

/** The holder; undefined when it ended, even if another process (after a reboot) has its number now. */
function livingHolder(lock: string): LockHolder | undefined {
  const [word = '', started, since, ...command] = lock.split(' ');
  const pid = Number(word);
  if (!pid || !isAlive(pid)) return undefined;
  const now = refOf(pid)?.started;
  if (started && started !== UNTOLD && now && started !== now) return undefined;
  return { pid, since, command: command.join(' ') || undefined };
}

/** Who holds a lock file now; undefined when nobody does, or a process that ended. */
export async function holderOf(file: string): Promise<LockHolder | undefined> {
  const lock = await read(file);
  return lock === undefined ? undefined : livingHolder(lock);
}

/** Links `own` to `name`. Returns false when the name is taken. */
async function claim(own: string, name: string): Promise<boolean> {
  try {
    await link(own, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

const read = (file: string) => readFile(file, 'utf8').catch(() => undefined);

/** True for the lock of a process that ended. */
const isDead = (lock: string | undefined) => lock !== undefined && livingHolder(lock) === undefined;

/**
 * Removes a dead holder's lock. One process at a time does so and looks again first: the lock that is there by now may
 * be that of a process that has taken over already.
 */
async function removeDead(file: string, own: string): Promise<void> {
  const guard = `${file}.takeover`;
  if (!(await claim(own, guard))) {
    if (isDead(await read(guard))) await rm(guard, { force: true });
    return;
  }
  try {
    if (isDead(await read(file))) await rm(file, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

export interface LockOptions {
  /** Milliseconds between two looks. */
  interval?: number;
  /** Milliseconds to wait for the holder; then `refuse` makes what is thrown. For ever without it. */
  waitMs?: number;
  refuse?: (holder: LockHolder) => Error;
  /** What the holder does, for those who wait: one line. */
  command?: string;
}

/**
 * Runs `work` while holding a lock file, so that two commands do not do the same thing at once. Waits for the holder and
 * tells `onWait` once; a lock whose holder is dead is taken over. Throws what `refuse` makes when that time is over.
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  onWait: (holder: LockHolder) => void,
  { interval = 300, waitMs = Number.POSITIVE_INFINITY, refuse, command = '' }: LockOptions = {},
): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const until = Date.now() + waitMs;
  let told = false;
  // Written aside and linked: a lock that exists says whose it is, also when its holder was killed or the disk is full.
  const own = `${file}.${randomUUID()}`;
  try {
    await writeFile(own, describe(process.pid, command.replaceAll('\n', ' ')));
    while (!(await claim(own, file))) {
      const lock = await read(file);
      if (lock === undefined) continue;
      const holder = livingHolder(lock);
      if (holder === undefined) {
        await removeDead(file, own);
        continue;
      }
      if (refuse && Date.now() >= until) throw refuse(holder);
      if (!told) {
        onWait(holder);
        told = true;
      }
      await sleep(interval / 1000);
    }
  } finally {
    await rm(own, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { refOf } from '../engines/uml/process.ts';

/** Whether a process with this number exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What a lock file says of its holder: number and, where the system tells it, start time. */
function describe(pid: number): string {
  return `${pid} ${refOf(pid)?.started ?? ''}`.trim();
}

/** The holder's number; undefined when it ended, even if another process (after a reboot) has its number now. */
function livingHolder(lock: string): number | undefined {
  const [word = '', started] = lock.split(' ');
  const pid = Number(word);
  if (!pid || !isAlive(pid)) return undefined;
  const now = refOf(pid)?.started;
  return started && now && started !== now ? undefined : pid;
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

/**
 * Runs `work` while holding a lock file, so that two labs do not build the same thing twice. Waits for the holder and
 * tells `onWait` once; a lock whose holder is dead is taken over. `interval`: milliseconds between two looks.
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  onWait: (pid: number) => void,
  interval = 300,
): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  let told = false;
  // Written aside and linked: a lock that exists says whose it is, also when its holder was killed or the disk is full.
  const own = `${file}.${randomUUID()}`;
  try {
    await writeFile(own, describe(process.pid));
    while (!(await claim(own, file))) {
      const lock = await read(file);
      if (lock === undefined) continue;
      const pid = livingHolder(lock);
      if (pid === undefined) {
        await removeDead(file, own);
        continue;
      }
      if (!told) {
        onWait(pid);
        told = true;
      }
      await new Promise((resolve) => setTimeout(resolve, interval));
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

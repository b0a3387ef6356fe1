import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { refOf } from '../engines/uml/process.ts';

/** Milliseconds between two looks at a lock that another process holds. */
const INTERVAL = 300;

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

/** Moves a dead holder's lock away; puts it back if another process took it over in the same moment. */
async function removeDead(file: string, dead: string, own: string): Promise<void> {
  const aside = `${own}.dead`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, 'utf8')) !== dead) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

/**
 * Runs `work` while holding a lock file, so that two labs do not build the same thing twice. Waits for the holder and
 * tells `onWait` once; a lock whose holder is dead is taken over.
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  onWait: (pid: number) => void,
): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  let told = false;
  // Written aside and linked: a lock that exists says whose it is, also when its holder was killed or the disk is full.
  const own = `${file}.${randomUUID()}`;
  try {
    await writeFile(own, describe(process.pid));
    for (;;) {
      try {
        await link(own, file);
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const lock = await readFile(file, 'utf8').catch(() => undefined);
      if (lock === undefined) continue;
      const pid = livingHolder(lock);
      if (pid === undefined) {
        await removeDead(file, lock, own);
        continue;
      }
      if (!told) {
        onWait(pid);
        told = true;
      }
      await new Promise((resolve) => setTimeout(resolve, INTERVAL));
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

import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Whether a process with this number exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
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
  for (;;) {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const pid = Number(await readFile(file, 'utf8').catch(() => ''));
      if (pid && !isAlive(pid)) {
        await rm(file, { force: true });
        continue;
      }
      if (pid && !told) {
        onWait(pid);
        told = true;
      }
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

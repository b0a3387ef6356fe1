import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onInterrupt } from './interrupt.ts';

/** Where something large is kept for a while: not in a memory file system, which the temporary folder may be. */
export const LARGE_FOLDER = process.platform === 'win32' ? tmpdir() : (process.env.TMPDIR ?? '/var/tmp');

/**
 * Does work in a new folder that only its owner can enter and that is gone afterwards: when the work is done, when it fails, and when
 * the user interrupts the run. `parent` is for what is too large for the system's temporary folder.
 */
export async function withTemporaryFolder<T>(
  prefix: string,
  work: (folder: string) => Promise<T>,
  parent: string = tmpdir(),
): Promise<T> {
  const folder = await mkdtemp(join(parent, prefix));
  const remove = () => rm(folder, { recursive: true, force: true });
  const settled = onInterrupt(remove);
  try {
    return await work(folder);
  } finally {
    settled();
    await remove();
  }
}

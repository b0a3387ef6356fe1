import { readdirSync, rmSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const CHANGES = ['mkdir', 'rename', 'rm', 'writeFile', 'cp', 'link', 'unlink'] as const;

/**
 * Does `work` as a process that is killed before its `at`-th change of the file system (from 1 on): that change and those that
 * would follow never happen, except that a folder may be removed by half. Returns whether it came to that.
 */
export async function crashAt(at: number, work: () => Promise<unknown>): Promise<boolean> {
  const kept = Object.fromEntries(CHANGES.map((name) => [name, fs[name]]));
  let count = 0;
  for (const name of CHANGES) {
    const before = fs[name] as (...args: unknown[]) => Promise<unknown>;
    const wrapped = async (...args: unknown[]) => {
      count += 1;
      if (count < at) return before(...args);
      if (count === at && name === 'rm') removeHalf(String(args[0]));
      throw new Error('the process was killed');
    };
    Object.assign(fs, { [name]: wrapped });
  }
  syncBuiltinESMExports();
  try {
    await work();
  } catch (error) {
    if (count < at) throw error;
  } finally {
    Object.assign(fs, kept);
    syncBuiltinESMExports();
  }
  return count >= at;
}

function removeHalf(path: string): void {
  try {
    const [first] = readdirSync(path).sort();
    if (first) rmSync(join(path, first), { recursive: true });
  } catch {
    // It is not there, or a file: nothing that could be removed by half.
  }
}

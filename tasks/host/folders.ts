import { existsSync, renameSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';

/** What a folder is called while another one takes its place. */
export const oldOf = (folder: string): string => `${folder}.old`;

const has = (error: unknown, codes: string[]) => codes.includes((error as NodeJS.ErrnoException).code ?? '');

/**
 * Brings back a folder whose replacement broke off between its two renames. Nothing happens otherwise; whoever reads may call it,
 * also while another process is replacing the folder.
 */
export function completeReplacement(folder: string): void {
  if (existsSync(folder) || !existsSync(oldOf(folder))) return;
  try {
    renameSync(oldOf(folder), folder);
  } catch (error) {
    // The process that replaces it was faster.
    if (!has(error, ['ENOENT', 'ENOTEMPTY', 'EEXIST'])) throw error;
  }
}

/**
 * Puts `part` in the place of `folder`, which may be missing. At every moment one of both is whole: broken off anywhere,
 * completeReplacement() leaves the former folder or the new one. Throws what the file system says.
 */
export async function replaceFolder(part: string, folder: string): Promise<void> {
  completeReplacement(folder);
  await rm(oldOf(folder), { recursive: true, force: true });
  for (;;) {
    try {
      if (existsSync(folder)) await rename(folder, oldOf(folder));
      await rename(part, folder);
      break;
    } catch (error) {
      // A reader has put the former one back in between.
      if (!has(error, ['ENOTEMPTY', 'EEXIST']) || existsSync(oldOf(folder))) throw error;
    }
  }
  await rm(oldOf(folder), { recursive: true, force: true });
}

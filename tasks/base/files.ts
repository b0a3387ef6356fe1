import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

let written = 0;

/** A name beside it that nobody else writes to. */
const partOf = (file: string) => {
  written += 1;
  return `${file}.${process.pid}.${written}.part`;
};

/**
 * Writes a file whole or not at all: whoever reads it meanwhile, also from another process, finds the former content or
 * the new one. Of several at once the last one wins. Its folder must be there. Throws what the file system says.
 */
export async function writeFileAtomic(
  file: string,
  content: string | Uint8Array,
  mode = 0o666,
): Promise<void> {
  const part = partOf(file);
  try {
    await writeFile(part, content, { mode });
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** The same, at once: for what must be on the disk before the next line, or is too small to wait for. */
export function writeFileAtomicSync(file: string, content: string, mode = 0o666): void {
  const part = partOf(file);
  try {
    writeFileSync(part, content, { mode });
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

/** Writes a file that only its owner can read, whole or not at all; makes its folder. */
export async function writePrivate(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFileAtomic(file, content, 0o600);
}

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

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';

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
export async function writeWhole(file: string, content: string | Uint8Array, mode = 0o666): Promise<void> {
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
export function writeWholeSync(file: string, content: string, mode = 0o666): void {
  const part = partOf(file);
  try {
    writeFileSync(part, content, { mode });
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

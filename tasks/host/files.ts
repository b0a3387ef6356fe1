import { rename, rm, writeFile } from 'node:fs/promises';

let written = 0;

/**
 * Writes a file whole or not at all: whoever reads it meanwhile, also from another process, finds the former content or
 * the new one. Of several at once the last one wins. Its folder must be there. Throws what the file system says.
 */
export async function writeWhole(file: string, content: string | Uint8Array, mode = 0o666): Promise<void> {
  written += 1;
  const part = `${file}.${process.pid}.${written}.part`;
  try {
    await writeFile(part, content, { mode });
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

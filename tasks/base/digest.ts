import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** Files below the given files and folders, sorted by path. */
export function filesBelow(paths: string[]): string[] {
  return paths
    .flatMap((path) =>
      statSync(path).isDirectory() ? filesBelow(readdirSync(path).map((name) => join(path, name))) : [path],
    )
    .sort();
}

/**
 * SHA-256 over names and contents: the same inputs give the same digest on every computer. Permissions do not count,
 * since not every computer has them: builds run scripts with bash and set the modes of what they install.
 */
export function digestOf(root: string, paths: string[], extra: string[] = []): string {
  const hash = createHash('sha256');
  for (const file of filesBelow(paths)) {
    const content = readFileSync(file);
    const name = relative(root, file).replaceAll(sep, '/');
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  for (const text of extra) hash.update(`\0${text}`);
  return hash.digest('hex').slice(0, 20);
}

/** SHA-256 of a file's content, in hexadecimal. */
export function sha256(file: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha256');
    createReadStream(file, { highWaterMark: 4 << 20 })
      .on('data', (chunk) => hash.update(chunk))
      .on('error', reject)
      .on('end', () => resolve(hash.digest('hex')));
  });
}

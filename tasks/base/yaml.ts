import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { writeFileAtomicSync } from './files.ts';
import { cacheFolder } from './paths.ts';

/**
 * What a YAML file of the kit says. Each content is parsed once and kept as JSON: two dozen files are read at every start
 * of a command, and parsing them takes longer than the rest of the start. Throws what the parser says.
 */
export function readYaml(file: string): unknown {
  const text = readFileSync(file, 'utf8');
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 24);
  const folder = join(cacheFolder(), 'yaml');
  const kept = join(folder, `${hash}.json`);
  try {
    return JSON.parse(readFileSync(kept, 'utf8'));
  } catch {
    // Not kept yet, or not whole.
  }
  const data: unknown = parse(text);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileAtomicSync(kept, JSON.stringify(data));
  } catch {
    // A full or read-only disk: it is parsed again the next time.
  }
  return data;
}

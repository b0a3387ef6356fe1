import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './lab/paths.ts';

/** Version of the kit, from package.json. */
export function version(): string {
  return (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}

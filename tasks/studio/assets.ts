import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assets } from './server.ts';
import { pageStyle } from './style.ts';

/** The page as the newest build has it (bin/build.js). */
export function readAssets(root: string): Assets {
  const record = JSON.parse(readFileSync(join(root, 'dist', 'build.json'), 'utf8')) as { page: string };
  return assetsOf(root, readFileSync(join(root, 'dist', record.page), 'utf8'));
}

/** The page with a script that was built elsewhere. */
export function assetsOf(root: string, script: string): Assets {
  const read = (name: string) => readFileSync(join(root, 'tasks', 'studio', 'page', name), 'utf8');
  const lanes = readFileSync(join(root, 'tasks', 'measure', 'report', 'page', 'lanes.css'), 'utf8');
  return { html: read('index.html'), script, style: lanes + pageStyle(read('style.css')) };
}

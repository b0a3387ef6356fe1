import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assets } from './server.ts';
import { guideStyle, pageStyle } from './style.ts';

/** The page as the newest build has it (bin/build.js). */
export function readAssets(root: string): Assets {
  const record = JSON.parse(readFileSync(join(root, 'dist', 'build.json'), 'utf8')) as {
    page: string;
    terminal: string;
  };
  const built = (name: string) => readFileSync(join(root, 'dist', name), 'utf8');
  return assetsOf(root, built(record.page), built(record.terminal));
}

/** The page with scripts that were built elsewhere. */
export function assetsOf(root: string, script: string, terminal = ''): Assets {
  const read = (name: string) => readFileSync(join(root, 'tasks', 'studio', 'page', name), 'utf8');
  const lanes = readFileSync(join(root, 'tasks', 'measure', 'report', 'page', 'lanes.css'), 'utf8');
  const pieces = readFileSync(join(root, 'tasks', 'exercises', 'guides', 'page', 'pieces.css'), 'utf8');
  const style =
    lanes + pageStyle(read('style.css')) + guideStyle(pieces) + read('guide.css') + read('terminal.css');
  return { html: read('index.html'), script, style, terminal };
}

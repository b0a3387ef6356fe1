import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Plugin } from 'esbuild';
import { writeFileAtomic } from '../../base/files.ts';
import { cacheFolder } from '../../base/paths.ts';
import * as expectation from './expectation.ts';

/** Where a compiled file of checks finds the kit's own errors and helpers: a copy of its own would not be recognized. */
const SHARED = Symbol.for('ha-lab.expectation');
(globalThis as Record<symbol, unknown>)[SHARED] = expectation;

const EXPECTATION = /tasks\/exercises\/checks\/expectation\.ts$/;

/** Imports of expectation.ts lead to the one of the running kit. */
const shared: Plugin = {
  name: 'shared',
  setup(build) {
    build.onResolve({ filter: EXPECTATION }, () => ({ path: 'expectation', namespace: 'shared' }));
    build.onLoad({ filter: /.*/, namespace: 'shared' }, () => ({
      contents: [
        `const shared = globalThis[Symbol.for('${SHARED.description}')];`,
        `export const { ${Object.keys(expectation).join(', ')} } = shared;`,
      ].join('\n'),
    }));
  },
};

/** A file and the helpers beside it that it imports, as one text: what the compiled file depends on. */
function sources(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file) || EXPECTATION.test(file) || !existsSync(file)) return [];
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  const imports = [...text.matchAll(/^import (?!type )[^;]*? from '(\.[^']+)'/gm)].map(
    (match) => match[1] ?? '',
  );
  return [text, ...imports.flatMap((path) => sources(resolve(dirname(file), path), seen))];
}

/** Compiles a file of checks with its helpers, once for each content. Returns a module that can be imported. */
export async function compile(file: string): Promise<string> {
  const names = Object.keys(expectation).join();
  const hash = createHash('sha256')
    .update([names, ...sources(file)].join('\0'))
    .digest('hex')
    .slice(0, 24);
  const folder = join(cacheFolder(), 'checks');
  const target = join(folder, `${hash}.mjs`);
  if (existsSync(target)) return target;
  const { build } = await import('esbuild');
  const result = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'silent',
    plugins: [shared],
  });
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(target, result.outputFiles[0]?.contents ?? '');
  return target;
}

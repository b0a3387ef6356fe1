// Bundles tasks/ into dist/ with one chunk a command, so that `lab --help` reads one small file.
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Newest modification time (ms) among the TypeScript sources below `folder`. */
function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) latest = Math.max(latest, newest(path));
    else if (entry.name.endsWith('.ts')) latest = Math.max(latest, statSync(path).mtimeMs);
  }
  return latest;
}

/** True when dist/ is missing or older than the sources. */
export function isStale() {
  const built = statSync(join(root, 'dist', 'cli.js'), { throwIfNoEntry: false });
  return !built || built.mtimeMs < newest(join(root, 'tasks'));
}

export async function build() {
  const { build: bundle } = await import('esbuild');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  await bundle({
    entryPoints: [join(root, 'tasks', 'cli.ts')],
    outdir: join(root, 'dist'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minifySyntax: true,
    sourcemap: true,
    // CommonJS dependencies call require() for Node's own modules; an ES module has none.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    // Loaded from node_modules when needed: a test runner and a compiler are not made to be bundled.
    external: ['mocha', 'esbuild'],
    logLevel: 'warning',
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();

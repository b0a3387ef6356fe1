// Bundles tasks/ into dist/ with one chunk a command, so that `lab --help` reads one small file.
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** What the newest build consists of. Its modification time is the moment at which that build began to read the sources. */
const RECORD = 'build.json';
/** Milliseconds that files of former builds stay: a command that runs reads its chunks when it first needs them. */
const STAY = 86_400_000;

/** Bytes, compressed, that the studio's script may have. */
const PAGE_BUDGET = 40 * 1024;
/** The same of what it loads when a terminal is opened. */
const TERMINAL_BUDGET = 110 * 1024;

/** Newest modification time (ms) among the TypeScript sources below `folder`. */
function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) latest = Math.max(latest, newest(path));
    else if (/\.tsx?$/.test(entry.name)) latest = Math.max(latest, statSync(path).mtimeMs);
  }
  return latest;
}

/** True when nothing was built yet, or something older than the sources. */
export function isStale(root = ROOT) {
  const built = statSync(join(root, 'dist', RECORD), { throwIfNoEntry: false });
  return !built || built.mtimeMs < newest(join(root, 'tasks'));
}

/** Address of the newest build's first file, to be imported. */
export function entry(root = ROOT) {
  const record = JSON.parse(readFileSync(join(root, 'dist', RECORD), 'utf8'));
  return pathToFileURL(join(root, 'dist', record.entry)).href;
}

/** The file appears whole or not at all: another process may be building the same. */
function writeFileAtomic(path, content) {
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, content);
  renameSync(part, path);
}

/** Names of the newest build's files; of all files where nothing says which those are. */
function filesBefore(dist) {
  try {
    return JSON.parse(readFileSync(join(dist, RECORD), 'utf8')).files;
  } catch {
    return readdirSync(dist);
  }
}

/** Counts, for the files that are no longer of the newest build, the time from now on; removes those whose time is over. */
function retire(dist, before, files) {
  const now = Date.now();
  for (const name of readdirSync(dist)) {
    if (name === RECORD || files.has(name)) continue;
    const path = join(dist, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found) continue;
    if (before.has(name)) utimesSync(path, now / 1000, now / 1000);
    else if (now - found.mtimeMs > STAY) rmSync(path, { recursive: true, force: true });
  }
}

/** A script for browsers, its compressed size in bytes and the files that it is made of. Throws when it is larger than it may be, or uses anything of Node. */
async function browserScript(root, name, source, budget) {
  const { build: bundle } = await import('esbuild');
  const { outputFiles, metafile } = await bundle({
    entryPoints: [join(root, 'tasks', 'studio', 'page', source)],
    absWorkingDir: root,
    metafile: true,
    outdir: join(root, 'dist'),
    entryNames: `${name}-[hash]`,
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    tsconfigRaw: {},
    loader: { '.css': 'text' },
    logLevel: 'warning',
  });
  const [file] = outputFiles;
  const size = gzipSync(file.contents).length;
  if (size > budget) throw new Error(`the script ${name} has ${size} bytes compressed, more than ${budget}`);
  return { path: file.path, contents: file.contents, size, sources: Object.keys(metafile.inputs) };
}

/** The studio's script. */
export const buildPage = (root = ROOT) => browserScript(root, 'page', 'main.tsx', PAGE_BUDGET);

/** What the page loads when a terminal is opened. */
export const buildTerminal = (root = ROOT) =>
  browserScript(root, 'terminal', join('terminal', 'main.ts'), TERMINAL_BUDGET);

/**
 * Builds beside what is there: every file is named after its content, so that no build touches a file that a running command may still
 * read, and the record that says which files are the newest ones is exchanged last.
 */
export async function build(root = ROOT) {
  const begun = Date.now() / 1000;
  const { build: bundle } = await import('esbuild');
  const dist = join(root, 'dist');
  const { outputFiles: programs } = await bundle({
    entryPoints: [join(root, 'tasks', 'cli', 'main.ts')],
    outdir: dist,
    entryNames: 'entry-[hash]',
    write: false,
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
    // Loaded from node_modules when needed: a compiler, and what may have compiled parts, are not made to be bundled.
    external: ['esbuild', 'ssh2'],
    logLevel: 'warning',
  });
  const hasPage = statSync(join(root, 'tasks', 'studio'), { throwIfNoEntry: false }) !== undefined;
  const pages = hasPage ? [await buildPage(root), await buildTerminal(root)] : [];
  const outputFiles = [...programs, ...pages];
  mkdirSync(dist, { recursive: true });
  const before = new Set(filesBefore(dist));
  const files = outputFiles.map((file) => basename(file.path));
  for (const { path, contents } of outputFiles)
    if (statSync(path, { throwIfNoEntry: false })?.size !== contents.length) writeFileAtomic(path, contents);
  const main = files.find((name) => name.startsWith('entry-') && name.endsWith('.js'));
  const part = join(dist, `${RECORD}.${process.pid}.part`);
  const [page, terminal] = pages.map((file) => basename(file.path));
  writeFileSync(part, JSON.stringify({ entry: main, files, page, terminal }));
  utimesSync(part, begun, begun);
  renameSync(part, join(dist, RECORD));
  retire(dist, before, new Set(files));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();

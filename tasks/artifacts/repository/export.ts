import { existsSync, statSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../base/digest.ts';
import { LabError, messageOf } from '../../base/errors.ts';
import { runProgram } from '../../base/exec.ts';
import { writeFileAtomic } from '../../base/files.ts';
import { ROOT, version } from '../../base/paths.ts';
import { needCompressor } from '../bundle.ts';
import { type CacheEntry, entryFile, inspect, manifestOf } from '../cache.ts';
import { entriesToShare } from '../share.ts';
import {
  INDEX,
  type Index,
  nameOf,
  packingOf,
  parseIndex,
  type RepositoryFile,
  SIGNATURE,
} from './layout.ts';
import { signatureOf } from './minisign.ts';

/** Tells what is being done with which file. */
export type Tell = (line: string) => void;

/**
 * Writes what `lab up` needs into a folder that `lab image pull` reads, there or from a web server: everything that this version of
 * the kit has built, and the archives of Nextcloud. What the folder offers already is not written again; what a former export
 * wrote and this one does not offer is removed. `secret` (PEM) signs it. LabError when nothing is built, or something is damaged.
 */
export async function exportRepository(
  folder: string,
  secret: string | undefined,
  tell: Tell,
): Promise<Index> {
  const entries = await entriesToShare();
  needCompressor();
  try {
    await mkdir(folder, { recursive: true });
    const former = await formerIndex(folder);
    const files: RepositoryFile[] = [];
    for (const entry of entries) {
      tell(`${entry.kind} ${entry.digest}`);
      files.push(await put(folder, entry, former));
    }
    const index: Index = { format: 1, kit: await thisKit(), files };
    const text = `${JSON.stringify(index, null, 2)}\n`;
    // Between both renames the old signature does not fit: whoever pulls in that moment is told to try again.
    await writeFileAtomic(join(folder, INDEX), text);
    if (secret) {
      const comment = `file:${INDEX}\t${new Date().toISOString()}`;
      await writeFileAtomic(join(folder, SIGNATURE), signatureOf(Buffer.from(text), secret, comment));
    } else await rm(join(folder, SIGNATURE), { force: true });
    const names = files.map(({ name }) => name);
    for (const { name } of former) if (!names.includes(name)) await rm(join(folder, name), { force: true });
    return index;
  } catch (error) {
    if (error instanceof LabError || !(error as NodeJS.ErrnoException).code) throw error;
    throw notWritten(folder, messageOf(error));
  }
}

function notWritten(folder: string, detail: string): LabError {
  return new LabError(
    { en: `${folder} could not be written.`, fr: `${folder} n'a pas pu être écrit.` },
    { en: 'check the folder and its free space.', fr: "vérifiez le dossier et l'espace libre." },
    [detail],
  );
}

/** What the folder offers so far; nothing where that cannot be understood. */
async function formerIndex(folder: string): Promise<RepositoryFile[]> {
  const file = join(folder, INDEX);
  if (!existsSync(file)) return [];
  try {
    return parseIndex(await readFile(file, 'utf8'), file).files;
  } catch {
    return [];
  }
}

async function thisKit(): Promise<Index['kit']> {
  const { code, stdout } = await runProgram('git', ['-C', ROOT, 'rev-parse', 'HEAD']);
  const commit = stdout.trim();
  return { version: version(), ...(code === 0 && /^[0-9a-f]{40}$/.test(commit) ? { commit } : {}) };
}

async function put(
  folder: string,
  { kind, digest, bytes }: CacheEntry,
  former: RepositoryFile[],
): Promise<RepositoryFile> {
  // A signature vouches for it: nothing but a look at the whole content will do.
  if ((await inspect(kind, digest, true)) !== 'good') {
    throw new LabError(
      {
        en: `The ${kind} in the cache is damaged.`,
        fr: `L'élément (${kind}) du cache est abîmé.`,
      },
      {
        en: 'run `lab image verify`, then `lab image build`.',
        fr: 'lancez `lab image verify`, puis `lab image build`.',
      },
    );
  }
  const source = entryFile(kind, digest);
  const name = nameOf(kind, digest);
  const target = join(folder, name);
  const manifest = await manifestOf(kind, digest);
  const known = former.find((file) => file.name === name && file.content.sha256 === manifest.sha256);
  if (known && existsSync(target) && (await sha256(target)) === known.sha256) return known;
  const part = `${target}.part`;
  try {
    if (packingOf(kind) === 'zstd') await compress(source, part, folder);
    else await copyFile(source, part);
    // The cache may be its owner's alone; a web server must be able to read it.
    await chmod(part, 0o644);
    const file: RepositoryFile = {
      ...{ kind, digest, name, size: statSync(part).size, sha256: await sha256(part) },
      packed: packingOf(kind),
      content: { size: manifest.size, sha256: manifest.sha256, disk: bytes },
      ...(manifest.facts ? { facts: manifest.facts } : {}),
    };
    await rename(part, target);
    return file;
  } finally {
    await rm(part, { force: true });
  }
}

async function compress(source: string, target: string, folder: string): Promise<void> {
  const { code, stderr } = await runProgram('zstd', ['-q', '-T0', '-6', '-f', source, '-o', target]);
  if (code !== 0) throw notWritten(folder, stderr.trim().split('\n').at(-1) ?? '');
}

import { statSync } from 'node:fs';
import { chmod, copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { LabError } from '../../base/errors.ts';
import { runProgram } from '../../base/exec.ts';
import { withLock } from '../../base/lock.ts';
import { cacheFolder } from '../../base/paths.ts';
import type { Report } from '../../base/progress.ts';
import { say } from '../../base/text.ts';
import { needCompressor } from '../bundle.ts';
import { inspect, store } from '../cache.ts';
import { fullDisk, isFull, needSpace } from '../space.ts';
import type { RepositoryFile } from './layout.ts';
import type { Repository } from './open.ts';
import type { Source } from './source.ts';

/** LabError unless the cache has room for everything that is to be taken. */
export async function needRoom({ source }: Repository, take: RepositoryFile[]): Promise<void> {
  const bytes = take.reduce((sum, file) => sum + source.toCome(file) + file.content.disk, 0);
  await needSpace(cacheFolder(), bytes);
}

/** Brings one file into the cache, checked before anything of it gets there. LabError when it cannot be used. */
export async function takeFile(
  { source, signer }: Repository,
  file: RepositoryFile,
  report: Report,
): Promise<void> {
  const { kind, digest, content } = file;
  const facts = file.facts && factsFor(file, signer !== undefined);
  if (file.packed === 'zstd') needCompressor();
  await mkdir(cacheFolder(), { recursive: true });
  await withLock(
    join(cacheFolder(), `${kind}-${digest}.lock`),
    async () => {
      if ((await inspect(kind, digest)) === 'good') return;
      const path = await source.file(file, report);
      report(say({ en: 'unpacking', fr: 'décompression' }));
      await store(kind, digest, (target) => unpack(source, file, path, target), facts, content.sha256);
      if (source.copies) await rm(path, { force: true });
    },
    ({ pid }) =>
      report(
        say({ en: `process ${pid} is at it: waiting`, fr: `le processus ${pid} s'en occupe : attente` }),
      ),
  );
}

const release = z.object({
  release: z.string().regex(/^\d+(\.\d+){1,3}$/),
  version: z.string().regex(/^\d+(\.\d+){1,4}$/),
  sha256: z.string(),
  signature: z.enum(['good', 'unchecked']),
});

/** What an index says of Nextcloud's archive. Nobody vouches for what an index without signature says. */
function factsFor(
  { kind, facts, sha256, name }: RepositoryFile,
  signed: boolean,
): Record<string, unknown> | undefined {
  if (kind !== 'nextcloud') return undefined;
  const found = release.safeParse(facts);
  if (found.success && found.data.sha256 === sha256)
    return { ...found.data, signature: signed ? found.data.signature : 'unchecked' };
  throw new LabError({
    en: `The index does not say which release ${name} is.`,
    fr: `L'index ne dit pas quelle version est ${name}.`,
  });
}

async function unpack(source: Source, file: RepositoryFile, path: string, target: string): Promise<void> {
  try {
    if (file.packed === 'zstd') {
      const { code, stderr } = await runProgram('zstd', ['-q', '-d', '-f', '--sparse', path, '-o', target]);
      if (/No space left|quota exceeded/i.test(stderr)) throw fullDisk(cacheFolder());
      if (code !== 0) throw new LabError(notUsable(file), undefined, stderr.trim().split('\n').slice(-2));
    } else if (source.copies) await rename(path, target);
    else await copyFile(path, target);
  } catch (error) {
    throw isFull(error) ? fullDisk(cacheFolder()) : error;
  }
  if (statSync(target).size !== file.content.size) throw new LabError(notUsable(file));
  if (file.kind === 'kernel') await mustStart(target);
}

const notUsable = ({ name }: RepositoryFile) => ({
  en: `${name} does not hold what the index says.`,
  fr: `${name} ne contient pas ce que dit l'index.`,
});

/** A kernel is an ordinary program, linked against the C library of the computer that built it. LabError where it cannot start. */
async function mustStart(kernel: string): Promise<void> {
  await chmod(kernel, 0o755);
  const { code, stderr } = await runProgram(kernel, ['--version']);
  if (code === 0) return;
  throw new LabError(
    {
      en: 'The kernel does not start on this computer: it was built on a newer system, or for another one.',
      fr: 'Le noyau ne démarre pas sur cet ordinateur : il a été construit sur un système plus récent, ou pour un autre.',
    },
    {
      en: 'build it here (`lab image build`), or have it exported on the oldest Debian release in the room.',
      fr: 'construisez-le ici (`lab image build`), ou faites-le exporter depuis la plus ancienne version de Debian de la salle.',
    },
    stderr.trim().split('\n').slice(-2),
  );
}

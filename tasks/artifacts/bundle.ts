import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LabError } from '../base/errors.ts';
import { findTool, runProgram } from '../base/exec.ts';
import { cacheFolder } from '../base/paths.ts';
import { withTemporaryFolder } from '../base/temporary.ts';
import { BUILT_KINDS, type CacheKind, currentDigest, entryFolder, inspect } from './cache.ts';
import { entriesToShare } from './share.ts';

/** What a bundle may carry. */
const BUNDLED: CacheKind[] = [...BUILT_KINDS, 'nextcloud'];

/** LabError where the compressor is missing: a classroom computer may have no network to install it from. */
export function needCompressor(): void {
  if (findTool('zstd')) return;
  throw new LabError(
    {
      en: 'The program zstd is missing: images are compressed with it.',
      fr: 'Le programme zstd manque : les images sont compressées avec lui.',
    },
    { en: 'install it (Debian: apt-get install zstd).', fr: 'installez-le (Debian : apt-get install zstd).' },
  );
}

/** Writes what `lab up` needs into one file, for computers without network. LabError when nothing is built yet. */
export async function exportBundle(file: string): Promise<void> {
  needCompressor();
  const entries = (await entriesToShare()).filter(({ kind }) => BUNDLED.includes(kind));
  const parts = entries.map(({ kind, digest }) => `${kind}/${digest}`);
  const target = resolve(file);
  const part = `${target}.part`;
  const result = await runProgram('tar', [
    ...['--sparse', '--use-compress-program=zstd -T0 -6'],
    ...['-C', cacheFolder(), '-cf', part, ...parts],
  ]);
  if (result.code !== 0) {
    await rm(part, { force: true });
    throw new LabError(
      { en: `${target} could not be written.`, fr: `${target} n'a pas pu être écrit.` },
      { en: 'check the folder and its free space.', fr: "vérifiez le dossier et l'espace libre." },
      result.stderr.trim().split('\n').slice(-3),
    );
  }
  await rename(part, target);
}

/** Takes a bundle into the cache. Every file is compared with its checksum before it is accepted. */
export async function importBundle(file: string): Promise<void> {
  const source = resolve(file);
  if (!existsSync(source)) {
    throw new LabError({ en: `There is no file ${source}.`, fr: `Il n'y a pas de fichier ${source}.` });
  }
  needCompressor();
  await mkdir(cacheFolder(), { recursive: true });
  const take = async (work: string) => {
    const result = await runProgram('tar', ['--use-compress-program=zstd', '-C', work, '-xf', source]);
    if (result.code !== 0) throw damaged(source, result.stderr.trim().split('\n').slice(-2));
    let used = 0;
    for (const kind of BUNDLED) {
      const folder = join(work, kind);
      for (const digest of existsSync(folder) ? await readdir(folder) : []) {
        if ((await inspect(kind, digest, true, join(folder, digest))) !== 'good') {
          throw damaged(source, [`${kind}/${digest}`]);
        }
        if (BUILT_KINDS.some((built) => built === kind && digest === currentDigest(built))) used += 1;
        const target = entryFolder(kind, digest);
        await mkdir(join(target, '..'), { recursive: true });
        await rm(target, { recursive: true, force: true });
        await rename(join(folder, digest), target);
      }
    }
    if (used === 0) {
      throw new LabError(
        {
          en: `${source} was imported, but another version of the kit made it: this one does not use it.`,
          fr: `${source} a été importé, mais une autre version du kit l'a fait : celle-ci ne l'utilise pas.`,
        },
        {
          en: 'use the version of the kit that the bundle was exported with.',
          fr: 'utilisez la version du kit avec laquelle il a été exporté.',
        },
      );
    }
  };
  await withTemporaryFolder('import-', take, cacheFolder());
}

function damaged(file: string, details: string[]): LabError {
  return new LabError(
    {
      en: `${file} is damaged or is no bundle of this kit.`,
      fr: `${file} est abîmé ou n'est pas un paquet de ce kit.`,
    },
    { en: 'copy it again; nothing was imported.', fr: "copiez-le à nouveau ; rien n'a été importé." },
    details,
  );
}

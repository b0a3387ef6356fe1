import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { $ } from 'zx/core';
import { findTool } from '../host/run.ts';
import { cacheFolder } from '../lab/paths.ts';
import { LabError } from '../ui/errors.ts';
import { type BuiltKind, currentDigest, entryFolder, inspect, type Kind, listCache } from './cache.ts';

/** What a bundle may carry: what `lab up` needs, for the engines that were prepared on the exporting computer. */
const KINDS: BuiltKind[] = ['image', 'kernel', 'box'];
/** And the archive of Nextcloud, if there is one: it is no reason for a bundle by itself. */
const CARRIED: Kind[] = [...KINDS, 'nextcloud'];

/** LabError where the compressor of bundles is missing: a classroom computer may have no network to install it from. */
function needCompressor(): void {
  if (findTool('zstd')) return;
  throw new LabError(
    {
      en: 'The program zstd is missing: bundles are compressed with it.',
      fr: 'Le programme zstd manque : les paquets sont compressés avec lui.',
    },
    { en: 'install it (Debian: apt-get install zstd).', fr: 'installez-le (Debian : apt-get install zstd).' },
  );
}

/** Writes what `lab up` needs into one file, for computers without network. LabError when nothing is built yet. */
export async function exportBundle(file: string): Promise<void> {
  needCompressor();
  const parts: string[] = [];
  for (const kind of KINDS) {
    const digest = currentDigest(kind);
    if ((await inspect(kind, digest)) === 'good') parts.push(`${kind}/${digest}`);
  }
  const built = parts.length > 0;
  for (const { kind, digest } of await listCache()) {
    if (kind === 'nextcloud' && (await inspect(kind, digest)) === 'good') parts.push(`${kind}/${digest}`);
  }
  if (!built) {
    throw new LabError(
      { en: 'There is nothing to export yet.', fr: "Il n'y a encore rien à exporter." },
      { en: 'run `lab image build` first.', fr: "lancez d'abord `lab image build`." },
    );
  }
  const target = resolve(file);
  const part = `${target}.part`;
  const result = await $({
    quiet: true,
    nothrow: true,
  })`tar --sparse --use-compress-program=${'zstd -T0 -6'} -C ${cacheFolder()} -cf ${part} ${parts}`;
  if (result.exitCode !== 0) {
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
  const work = await mkdtemp(join(cacheFolder(), 'import-'));
  try {
    const result = await $({
      quiet: true,
      nothrow: true,
    })`tar --use-compress-program=zstd -C ${work} -xf ${source}`;
    if (result.exitCode !== 0) throw damaged(source, result.stderr.trim().split('\n').slice(-2));
    let used = 0;
    for (const kind of CARRIED) {
      const folder = join(work, kind);
      for (const digest of existsSync(folder) ? await readdir(folder) : []) {
        if ((await inspect(kind, digest, true, join(folder, digest))) !== 'good') {
          throw damaged(source, [`${kind}/${digest}`]);
        }
        if (KINDS.some((built) => built === kind && digest === currentDigest(built))) used += 1;
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
  } finally {
    await rm(work, { recursive: true, force: true });
  }
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

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256 as hashOf } from '../../base/digest.ts';
import { LabError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.ts';
import { cacheFolder } from '../../base/paths.ts';
import type { Report } from '../../base/progress.ts';
import { say } from '../../base/text.ts';
import { discard, factsOf, inspect, listCache, store } from '../cache.ts';
import { download, fetchText } from '../download.ts';
import { type Release, readRelease } from '../versions.ts';
import type { Nextcloud, Signature } from './application.ts';
import { entryOf, storeCode, unpack, withWorkFolder } from './code.ts';
import { checkSignature } from './signature.ts';

/** Seconds that the small files of a release may take. */
const SMALL = 20;

export interface ImportOptions {
  /** SHA-256 that the user says the archive has. */
  sha256?: string | undefined;
  /** Also make the disk that machines of the uml engine start from. */
  disk: boolean;
  report: Report;
  /** Something the user must know, though the archive is used. */
  warn: (line: string) => void;
  /** packer/nextcloud.yaml; tests give their own. */
  versions?: Release;
}

/** Address of the release that the kit is made for. */
export const releaseUrl = ({ release, url } = readRelease()): string => `${url}/nextcloud-${release}.tar.bz2`;

const isUrl = (source: string) => /^https?:\/\//.test(source);

/** The checksum in a .sha256 file: that of the named file, or the only one. */
export function sumIn(text: string, name: string): string | undefined {
  const lines = text.split('\n').flatMap((line) => {
    const match = /^([0-9a-f]{64})(?:\s+\*?(\S+))?\s*$/i.exec(line);
    return match ? [{ sum: (match[1] ?? '').toLowerCase(), file: match[2] }] : [];
  });
  const named = lines.find(({ file }) => file && basename(file) === name);
  return (named ?? (lines.length === 1 ? lines[0] : undefined))?.sum;
}

/** Reads what lies beside the archive, on disk or on its server. */
async function beside(source: string, url: string): Promise<string | undefined> {
  if (isUrl(url)) return fetchText(url, SMALL);
  return existsSync(url) && source !== url ? readFileSync(url, 'utf8') : undefined;
}

const keyFile = () => join(cacheFolder(), 'nextcloud', 'release-key.asc');

/** Nextcloud's public key, from beside the archive, the cache or the network; undefined when it is nowhere. */
async function findKey(source: string, versions: Release): Promise<string | undefined> {
  const near = isUrl(source) ? undefined : join(dirname(source), 'nextcloud.asc');
  for (const file of [near, keyFile()]) if (file && existsSync(file)) return readFileSync(file, 'utf8');
  return fetchText(versions.key, 5).catch(() => undefined);
}

/** What is wrong with an archive, with the way out. */
const refused = (what: { en: string; fr: string }) =>
  new LabError(what, {
    en: 'it was not used; fetch it again from https://download.nextcloud.com/server/releases.',
    fr: "elle n'a pas été utilisée ; reprenez-la sur https://download.nextcloud.com/server/releases.",
  });

/** Checks the archive's signature as far as it can be. LabError for a wrong one; `official` archives must have one. */
async function signatureOf(
  source: string,
  file: string,
  official: boolean,
  { warn, versions = readRelease() }: ImportOptions,
): Promise<Signature> {
  const signature = await beside(source, `${source}.asc`);
  const key = signature ? await findKey(source, versions) : undefined;
  if (signature && key) {
    await checkSignature(file, signature, key, versions.fingerprint);
    // Proven by the fingerprint: the next archive can be checked without network.
    await mkdir(dirname(keyFile()), { recursive: true });
    await writeFileAtomic(keyFile(), key);
    return 'good';
  }
  const missing = signature
    ? {
        en: "Nextcloud's public key cannot be had",
        fr: 'la clé publique de Nextcloud est introuvable',
      }
    : {
        en: `there is no ${basename(source)}.asc beside it`,
        fr: `il n'y a pas de ${basename(source)}.asc à côté`,
      };
  if (official) {
    throw refused({
      en: `The signature of ${source} cannot be checked: ${missing.en}.`,
      fr: `La signature de ${source} ne peut pas être vérifiée : ${missing.fr}.`,
    });
  }
  warn(
    say({
      en: `Warning: nobody vouches for ${source}: ${missing.en}, so its signature was not checked.`,
      fr: `Attention : personne ne garantit ${source} : ${missing.fr}, sa signature n'a donc pas été vérifiée.`,
    }),
  );
  return 'unchecked';
}

/** The archive as a file: the user's own, or downloaded. */
async function obtain(source: string, report: Report): Promise<{ file: string; downloaded: boolean }> {
  if (!isUrl(source)) {
    if (!statSync(source, { throwIfNoEntry: false })?.isFile()) {
      throw new LabError(
        { en: `There is no file ${source}.`, fr: `Il n'y a pas de fichier ${source}.` },
        {
          en: 'give the path or the address of nextcloud-VERSION.tar.bz2 with --nextcloud.',
          fr: "donnez le chemin ou l'adresse de nextcloud-VERSION.tar.bz2 avec --nextcloud.",
        },
      );
    }
    return { file: source, downloaded: false };
  }
  const folder = join(cacheFolder(), 'nextcloud', 'downloads');
  await mkdir(folder, { recursive: true });
  const name = createHash('sha256').update(source).digest('hex').slice(0, 20);
  const file = join(folder, `${name}.part`);
  await download(source, file, (bytes, total) => {
    const mib = (value: number) => Math.floor(value / 2 ** 20);
    report(total ? `${mib(bytes)} / ${mib(total)} MiB` : `${mib(bytes)} MiB`);
  });
  return { file, downloaded: true };
}

/**
 * Takes a release archive into the cache, from a path or an address, after all that can be checked was: checksum,
 * signature, content. LabError, in one sentence, for what must not be used.
 */
export async function importArchive(given: string, options: ImportOptions): Promise<Nextcloud> {
  const { report, versions = readRelease() } = options;
  const source = isUrl(given) ? given : resolve(given.startsWith('file:') ? fileURLToPath(given) : given);
  const official = source === releaseUrl(versions);
  const { file, downloaded } = await obtain(source, report);
  report(say({ en: 'checking', fr: 'vérification' }));
  const sum = await hashOf(file);
  const published = await beside(source, `${source}.sha256`);
  const expected = options.sha256?.toLowerCase() ?? (published && sumIn(published, basename(source)));
  if (official && !expected) {
    throw refused({ en: `${source} has no checksum beside it.`, fr: `${source} n'a pas de somme à côté.` });
  }
  if (expected && expected !== sum) {
    if (downloaded) await rm(file, { force: true });
    throw refused({
      en: `${source} is not what its SHA-256 promises (${expected.slice(0, 12)}… wanted, ${sum.slice(0, 12)}… found).`,
      fr: `${source} n'est pas ce que promet son SHA-256 (${expected.slice(0, 12)}… voulu, ${sum.slice(0, 12)}… trouvé).`,
    });
  }
  const known = await cachedArchive(sum);
  if (known?.signature === 'good' && !options.disk) return known;
  const signature = known?.signature === 'good' ? 'good' : await signatureOf(source, file, official, options);
  return withWorkFolder(async (work) => {
    report(say({ en: 'unpacking', fr: 'décompression' }));
    const about = await unpack(file, work);
    requireSeries(about.release, versions.release, source);
    const facts: Nextcloud = { ...about, sha256: sum, signature };
    if (known?.signature !== signature) {
      await discard('nextcloud', entryOf(sum));
      await store('nextcloud', entryOf(sum), (target) => copyFile(file, target), { ...facts });
    }
    if (options.disk && (await inspect('nextcloud-code', entryOf(sum))) !== 'good') {
      report(say({ en: 'making its disk', fr: 'création de son disque' }));
      await storeCode(sum, join(work, 'nextcloud'));
    }
    if (downloaded) await rm(file, { force: true });
    return facts;
  });
}

/** The kit's configuration is that of one series: 34 for 34.0.1. */
function requireSeries(release: string, wanted: string, source: string): void {
  const series = (text: string) => text.split('.')[0];
  if (series(release) === series(wanted)) return;
  throw new LabError(
    {
      en: `${source} is Nextcloud ${release}; this version of the kit is made for ${wanted}.`,
      fr: `${source} est Nextcloud ${release} ; cette version du kit est faite pour ${wanted}.`,
    },
    { en: `give nextcloud-${wanted}.tar.bz2.`, fr: `donnez nextcloud-${wanted}.tar.bz2.` },
  );
}

/** A release in the cache: that of a checksum, or the best there is (the kit's own release, a checked signature). */
export async function cachedArchive(
  sha256?: string,
  wanted = readRelease().release,
): Promise<Nextcloud | undefined> {
  const found: Nextcloud[] = [];
  for (const { kind, digest } of await listCache()) {
    if (kind !== 'nextcloud' || (sha256 && digest !== entryOf(sha256))) continue;
    if ((await inspect(kind, digest)) === 'good')
      found.push((await factsOf(kind, digest)) as unknown as Nextcloud);
  }
  const rank = (nextcloud: Nextcloud) =>
    (nextcloud.release === wanted ? 2 : 0) + (nextcloud.signature === 'good' ? 1 : 0);
  const usable = found.filter(({ release }) => sha256 || release.split('.')[0] === wanted.split('.')[0]);
  return usable.sort((a, b) => rank(b) - rank(a))[0];
}

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../../base/errors.ts';
import { runProgram } from '../../base/exec.ts';
import { withLock } from '../../base/lock.ts';
import { mustRun } from '../../base/must-run.ts';
import type { Report } from '../../base/progress.ts';
import { LARGE_FOLDER, withTemporaryFolder } from '../../base/temporary.ts';
import { say } from '../../base/text.ts';
import { discard, entryFile, inspect, store } from '../cache.ts';
import type { Nextcloud } from './application.ts';

/** Name of an archive's entries in the cache. */
export const entryOf = (sha256: string): string => sha256.slice(0, 20);

/** The disk with the code of a release, which machines of the uml engine share (docs/nextcloud.md). */
export const codeDisk = (sha256: string): string => entryFile('nextcloud-code', entryOf(sha256));

/** Does work in a folder for unpacked code, which is gone afterwards. */
export const withWorkFolder = <T>(work: (folder: string) => Promise<T>): Promise<T> =>
  withTemporaryFolder('lab-nextcloud-', work, LARGE_FOLDER);

/** LabError unless tar can unpack the archive into `folder` and that is Nextcloud. Returns its release and version. */
export async function unpack(
  archive: string,
  folder: string,
): Promise<Pick<Nextcloud, 'release' | 'version'>> {
  const tar = await runProgram('tar', ['-xjf', archive, '-C', folder, '--no-same-owner']);
  const found = readdirSync(folder);
  const file = join(folder, 'nextcloud', 'version.php');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const version = /\$OC_Version = array\(([\d, ]+)\)/.exec(text)?.[1]?.replaceAll(/,\s*/g, '.');
  const release = /\$OC_VersionString = '([\w.]+)'/.exec(text)?.[1];
  if (tar.code === 0 && found.length === 1 && version && release) return { version, release };
  throw new LabError(
    {
      en: `${archive} is no release archive of Nextcloud, or is damaged.`,
      fr: `${archive} n'est pas une archive de publication de Nextcloud, ou est abîmée.`,
    },
    {
      en: 'give nextcloud-VERSION.tar.bz2 from https://download.nextcloud.com/server/releases (not the .zip).',
      fr: 'donnez nextcloud-VERSION.tar.bz2 de https://download.nextcloud.com/server/releases (pas le .zip).',
    },
    tar.stderr.trim().split('\n').filter(Boolean).slice(-3),
  );
}

/** Bytes of a block and of an inode of the disk. */
const BLOCK = 4096;
const INODE = 256;

/** Bytes in whole blocks, and number, of everything below a folder. */
function measure(folder: string): { bytes: number; entries: number } {
  let bytes = BLOCK;
  let entries = 1;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const below = measure(path);
      bytes += below.bytes;
      entries += below.entries;
    } else {
      bytes += Math.ceil((entry.isFile() ? statSync(path).size : 1) / BLOCK) * BLOCK;
      entries += 1;
    }
  }
  return { bytes, entries };
}

/** Makes one ext4 file system of the unpacked code, owned by root, without journal: it is never written to. */
export async function storeCode(sha256: string, code: string): Promise<void> {
  await store('nextcloud-code', entryOf(sha256), async (file) => {
    const { bytes, entries } = measure(code);
    // Large folders take more than a block, and so do the tables of inodes.
    const size = Math.ceil((bytes * 1.03 + entries * 2 * INODE + (16 << 20)) / (1 << 20)) << 20;
    await writeFile(file, '');
    await truncate(file, size);
    // Of a disk below 512 MiB mke2fs would make groups of 8 MiB; and it rounds the inodes of each group down to a multiple of
    // those in one block.
    const groups = Math.ceil(size / (8 * BLOCK * BLOCK));
    const inodes = entries + 64 + (groups * BLOCK) / INODE;
    const format = `mke2fs -q -F -t ext4 -b ${BLOCK} -N ${inodes} -O ^has_journal -L nextcloud -m 0 -E nodiscard,lazy_itable_init=0`;
    const asRoot = process.getuid?.() === 0 ? [] : ['unshare', '--user', '--map-root-user'];
    const [program = '', ...words] = [...asRoot, ...format.split(' '), '-d', code, file];
    await mustRun(program, words);
  });
}

/** True when the disk with the code of a release is in the cache. */
export const hasCode = async ({ sha256 }: Nextcloud): Promise<boolean> =>
  (await inspect('nextcloud-code', entryOf(sha256))) === 'good';

/** The disk with a lab's code, made from the archive in the cache if it is missing. LabError when that is gone too. */
export async function ensureCode({ sha256, release }: Nextcloud, report: Report): Promise<string> {
  const disk = codeDisk(sha256);
  const digest = entryOf(sha256);
  if ((await inspect('nextcloud-code', digest)) === 'good') return disk;
  await withLock(
    join(disk, '..', '..', `${digest}.lock`),
    async () => {
      if ((await inspect('nextcloud-code', digest)) === 'good') return;
      await discard('nextcloud-code', digest);
      await needArchive({ sha256, release });
      await withWorkFolder(async (work) => {
        report(say({ en: 'unpacking', fr: 'décompression' }));
        await unpack(entryFile('nextcloud', digest), work);
        report(say({ en: 'making its disk', fr: 'création de son disque' }));
        await storeCode(sha256, join(work, 'nextcloud'));
      });
    },
    ({ pid }) =>
      report(
        say({
          en: `process ${pid} is making its disk: waiting`,
          fr: `le processus ${pid} crée son disque : attente`,
        }),
      ),
  );
  return disk;
}

/** LabError when the archive that a lab was made from is not in the cache any more. */
export async function needArchive({
  sha256,
  release,
}: Pick<Nextcloud, 'sha256' | 'release'>): Promise<string> {
  if ((await inspect('nextcloud', entryOf(sha256))) === 'good')
    return entryFile('nextcloud', entryOf(sha256));
  throw new LabError(
    {
      en: `The archive of Nextcloud ${release} that this lab was made from is damaged or no longer in the cache.`,
      fr: `L'archive de Nextcloud ${release} dont ce lab est issu est abîmée ou n'est plus en cache.`,
    },
    {
      en: 'give it again with `lab up --nextcloud PATH`.',
      fr: 'redonnez-la avec `lab up --nextcloud CHEMIN`.',
    },
  );
}

/** What the templates of a lab with Nextcloud see. */
export interface NextcloudFacts extends Nextcloud {
  /** The disk with the code inside a machine; undefined where the engine gives none. */
  device: string | undefined;
  /** Where the code is unpacked on a machine without that disk. */
  folder: string;
}

export function nextcloudFacts(nextcloud: Nextcloud, device: string | undefined): NextcloudFacts {
  return { ...nextcloud, device, folder: `/var/lib/lab/nextcloud/${entryOf(nextcloud.sha256)}` };
}

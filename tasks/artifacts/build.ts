import { mkdir, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../base/errors.ts';
import { withLock } from '../base/lock.ts';
import { cacheFolder } from '../base/paths.ts';
import type { Report } from '../base/progress.ts';
import { LARGE_FOLDER, withTemporaryFolder } from '../base/temporary.ts';
import { say } from '../base/text.ts';
import { fetchKernelSource, hostOptions, imageSources } from './apt.ts';
import {
  type BuiltImage,
  currentDigest,
  discard,
  entryFile,
  inspect,
  type BuiltKind as Kind,
  store,
} from './cache.ts';
import { findMirror } from './mirror.ts';
import { runBuild } from './script.ts';
import { readVersions } from './versions.ts';

export interface BuildOptions {
  /** --mirror or LAB_MIRROR. */
  mirror?: string | undefined;
}

/** Space in MiB that a build takes while it runs, in the temporary folder and in the cache (measured, rounded up). */
const BUILD_SPACE: Record<Kind, number> = {
  image: 4500,
  kernel: 3000,
  box: 6000,
  'box-virtualbox': 4500,
};

/** True when the current entry of a kind is in the cache and whole. */
export async function isBuilt(kind: Kind): Promise<boolean> {
  return (await inspect(kind, currentDigest(kind))) === 'good';
}

/**
 * The file of one kind, built if it is missing and repaired if it is damaged. `digest` asks for the entry that an
 * existing lab was made from: an older one can be used as long as it is there, but not be built again.
 */
export async function ensureBuilt(
  kind: Kind,
  options: BuildOptions,
  report: Report,
  digest = currentDigest(kind),
): Promise<string> {
  const file = entryFile(kind, digest);
  if ((await inspect(kind, digest)) === 'good') return file;
  if (digest !== currentDigest(kind)) throw goneError(kind, digest);
  const lock = join(cacheFolder(), `${kind}-${digest}.lock`);
  await withLock(
    lock,
    async () => {
      const state = await inspect(kind, digest);
      if (state === 'good') return;
      if (state === 'damaged') {
        report(
          say({
            en: 'the cached copy is damaged: building it again',
            fr: 'la copie en cache est abîmée : nouvelle construction',
          }),
        );
        await discard(kind, digest);
      }
      await checkSpace(kind);
      await store(kind, digest, (target) => BUILDERS[kind](target, options, report));
    },
    ({ pid }) =>
      report(
        say({
          en: `process ${pid} is building it: waiting`,
          fr: `le processus ${pid} la construit : attente`,
        }),
      ),
  );
  return file;
}

/** Which entries of the cache a lab was made from. */
export interface ImageDigests {
  image: string;
  kernel: string;
}

export function currentDigests(): ImageDigests {
  return { image: currentDigest('image'), kernel: currentDigest('kernel') };
}

/** Image and kernel, side by side. */
export async function ensureImage(
  options: BuildOptions,
  report: Report,
  digests: ImageDigests = currentDigests(),
): Promise<BuiltImage> {
  const [image, kernel] = await Promise.all([
    ensureBuilt('image', options, report, digests.image),
    ensureBuilt('kernel', options, report, digests.kernel),
  ]);
  return { image, kernel };
}

function goneError(kind: Kind, digest: string): LabError {
  return new LabError(
    {
      en: `The ${kind} that this lab was made from (${digest}) is damaged or no longer in the cache, and this version of the kit makes another one.`,
      fr: `L'élément (${kind}) dont ce lab est issu (${digest}) est abîmé ou n'est plus en cache, et cette version du kit en fait un autre.`,
    },
    {
      en: 'bring it back with `lab image import`, or start over: `lab destroy`, then `lab up`.',
      fr: 'rapportez-le avec `lab image import`, ou recommencez : `lab destroy`, puis `lab up`.',
    },
  );
}

async function checkSpace(kind: Kind): Promise<void> {
  await mkdir(cacheFolder(), { recursive: true });
  for (const folder of [LARGE_FOLDER, cacheFolder()]) {
    const { bavail, bsize } = await statfs(folder);
    const free = Math.floor((bavail * bsize) / 2 ** 20);
    if (free < BUILD_SPACE[kind]) {
      throw new LabError(
        {
          en: `${folder} has ${free} MiB free; building the ${kind} takes ${BUILD_SPACE[kind]} MiB.`,
          fr: `${folder} a ${free} Mio libres ; construire (${kind}) en demande ${BUILD_SPACE[kind]}.`,
        },
        {
          en: 'free some space (`lab image prune` removes old images), or point TMPDIR and LAB_CACHE to a larger disk.',
          fr: 'libérez de la place (`lab image prune` supprime les anciennes images), ou dirigez TMPDIR et LAB_CACHE vers un disque plus grand.',
        },
      );
    }
  }
}

/** The base image (`native/build-image.sh`) or the libvirt box around it (`native/build-box.sh`). */
async function buildSystem(
  kind: 'image' | 'box',
  target: string,
  options: BuildOptions,
  report: Report,
): Promise<void> {
  const versions = readVersions();
  const mirror = findMirror(versions, options.mirror ?? process.env.LAB_MIRROR);
  await withTemporaryFolder('lab-sources-', async (work) => {
    await writeFile(join(work, 'sources'), `${imageSources(versions, mirror).join('\n')}\n`);
    await writeFile(join(work, 'options'), `${(await hostOptions()).join('\n')}\n`);
    report(say({ en: `packages from ${mirror.archive}`, fr: `paquets depuis ${mirror.archive}` }));
    const steps: [RegExp, string][] = [
      [/^I: downloading packages/, say({ en: 'downloading packages', fr: 'téléchargement des paquets' })],
      [
        /^I: extracting|^I: installing essential/,
        say({ en: 'installing the base', fr: 'installation de la base' }),
      ],
      [/^I: installing remaining/, say({ en: 'installing packages', fr: 'installation des paquets' })],
      [/^I: running --customize-hook.*configure/, say({ en: 'configuring', fr: 'configuration' })],
      [/^I: running --customize-hook.*pack/, say({ en: 'writing the disk', fr: 'écriture du disque' })],
    ];
    await runBuild(
      kind,
      [`native/build-${kind}.sh`, target, join(work, 'sources'), join(work, 'options')],
      { LAB_SUITE: versions.suite, LAB_DISK: String(versions.disk) },
      (line) => {
        const step = steps.find(([pattern]) => pattern.test(line));
        if (step) report(step[1]);
      },
      mirror,
    );
  });
}

/** The VirtualBox box, from the disk of the libvirt box (`native/build-virtualbox-box.sh`). */
async function buildVirtualBoxBox(target: string, options: BuildOptions, report: Report): Promise<void> {
  const box = await ensureBuilt('box', options, report);
  const steps: Record<string, string> = {
    disk: say({ en: 'disk', fr: 'disque' }),
    'boot loader': say({ en: 'boot loader', fr: 'chargeur d’amorçage' }),
    key: say({ en: 'key', fr: 'clé' }),
    box: say({ en: 'compressing', fr: 'compression' }),
  };
  await runBuild('box-virtualbox', ['native/build-virtualbox-box.sh', box, target], {}, (line) => {
    const step = steps[line];
    if (step) report(step);
  });
}

async function buildKernel(target: string, options: BuildOptions, report: Report): Promise<void> {
  const versions = readVersions();
  const mirror = findMirror(versions, options.mirror ?? process.env.LAB_MIRROR);
  const build = async (work: string) => {
    report(say({ en: `source from ${mirror.archive}`, fr: `source depuis ${mirror.archive}` }));
    const source = await fetchKernelSource(work, versions, mirror);
    let compiled = 0;
    const onLine = (line: string) => {
      if (/^ {2}(CC|AS|LD|AR) /.test(line)) {
        compiled += 1;
        if (compiled % 25 === 0)
          report(say({ en: `${compiled} objects compiled`, fr: `${compiled} objets compilés` }));
      } else if (!line.startsWith(' ')) report(line);
    };
    await runBuild('kernel', ['kernel/build.sh', source, target], {}, onLine, mirror);
  };
  await withTemporaryFolder('lab-kernel-source-', build, LARGE_FOLDER);
}

const BUILDERS: Record<Kind, (target: string, options: BuildOptions, report: Report) => Promise<void>> = {
  image: (...args) => buildSystem('image', ...args),
  box: (...args) => buildSystem('box', ...args),
  'box-virtualbox': buildVirtualBoxBox,
  kernel: buildKernel,
};

import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../engines/engine.ts';
import { withLock } from '../host/lock.ts';
import { cacheFolder, ROOT } from '../lab/paths.ts';
import { LabError } from '../ui/errors.ts';
import { onInterrupt } from '../ui/interrupt.ts';
import { say } from '../ui/text.ts';
import { downloadError, fetchKernelSource, hostOptions, imageSources } from './apt.ts';
import {
  type BuiltImage,
  currentDigest,
  discard,
  entryFile,
  inspect,
  type BuiltKind as Kind,
  store,
} from './cache.ts';
import { findMirror, type Mirror } from './mirror.ts';
import { readVersions } from './versions.ts';

export interface BuildOptions {
  /** --mirror or LAB_MIRROR. */
  mirror?: string | undefined;
}

/** Space in MiB that a build takes while it runs, in the temporary folder and in the cache (measured, rounded up). */
const BUILD_SPACE: Record<Kind, number> = { image: 4500, kernel: 3000, box: 6000 };

const large = process.platform === 'win32' ? tmpdir() : (process.env.TMPDIR ?? '/var/tmp');

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
  for (const folder of [large, cacheFolder()]) {
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
  const work = await mkdtemp(join(tmpdir(), 'lab-sources-'));
  try {
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
      mirror,
      (line) => {
        const step = steps.find(([pattern]) => pattern.test(line));
        if (step) report(step[1]);
      },
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function buildKernel(target: string, options: BuildOptions, report: Report): Promise<void> {
  const versions = readVersions();
  const mirror = findMirror(versions, options.mirror ?? process.env.LAB_MIRROR);
  const work = await mkdtemp(join(large, 'lab-kernel-source-'));
  try {
    report(say({ en: `source from ${mirror.archive}`, fr: `source depuis ${mirror.archive}` }));
    const source = await fetchKernelSource(work, versions, mirror);
    let compiled = 0;
    await runBuild('kernel', ['kernel/build.sh', source, target], {}, mirror, (line) => {
      if (/^ {2}(CC|AS|LD|AR) /.test(line)) {
        compiled += 1;
        if (compiled % 25 === 0)
          report(say({ en: `${compiled} objects compiled`, fr: `${compiled} objets compilés` }));
      } else if (!line.startsWith(' ')) report(line);
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const BUILDERS: Record<Kind, (target: string, options: BuildOptions, report: Report) => Promise<void>> = {
  image: (...args) => buildSystem('image', ...args),
  box: (...args) => buildSystem('box', ...args),
  kernel: buildKernel,
};

/** File that keeps the output of the last build of a kind. */
export function buildLog(kind: Kind): string {
  return join(cacheFolder(), `${kind}-build.log`);
}

/** Runs one of the scripts below packer/, its output to the build's log and line by line to `onLine`. */
async function runBuild(
  kind: Kind,
  [script = '', ...args]: string[],
  env: NodeJS.ProcessEnv,
  mirror: Mirror,
  onLine: (line: string) => void,
): Promise<void> {
  const log = buildLog(kind);
  await writeFile(log, '');
  const last: string[] = [];
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn('bash', [join(ROOT, 'packer', script), ...args], {
      env: { ...process.env, LC_ALL: 'C', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    // A build has children of its own: all of them end with it.
    const stop = () => child.pid && process.kill(-child.pid, 'SIGTERM');
    const settled = onInterrupt(stop);
    let pending = '';
    const take = (chunk: Buffer) => {
      appendFileSync(log, chunk);
      const lines = (pending + chunk.toString()).split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines) {
        last.push(line);
        if (last.length > 12) last.shift();
        onLine(line);
      }
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', reject);
    child.on('close', (exit) => {
      settled();
      resolve(exit ?? 255);
    });
  });
  if (code === 0) return;
  const text = last.join('\n');
  if (
    /Temporary failure resolving|Could not resolve|Could not connect|Failed to fetch|Connection timed out|is not signed/.test(
      text,
    )
  ) {
    throw downloadError(mirror, text);
  }
  throw new LabError(
    {
      en: `Building the ${kind} failed (exit code ${code}).`,
      fr: `La construction (${kind}) a échoué (code ${code}).`,
    },
    {
      en: `read ${log}; \`lab doctor\` checks what a build needs. Nothing is lost: run the same command again.`,
      fr: `lisez ${log} ; \`lab doctor\` vérifie ce qu'il faut pour construire. Rien n'est perdu : relancez la même commande.`,
    },
    last.slice(-6),
  );
}

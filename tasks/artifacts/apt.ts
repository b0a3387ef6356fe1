import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../base/errors.ts';
import { runProgram } from '../base/exec.ts';
import { carriedOptions, type Mirror } from './mirror.ts';
import type { Versions } from './versions.ts';

/** APT options of this computer that its downloads need; none where there is no APT. */
export async function hostOptions(): Promise<string[]> {
  const dump = await runProgram('apt-config', ['dump']);
  return dump.code === 0 ? carriedOptions(dump.stdout) : [];
}

/** Sources of the machines' packages. */
export function imageSources(versions: Versions, mirror: Mirror): string[] {
  return [
    `deb ${mirror.archive} ${versions.suite} main`,
    `deb ${mirror.archive} ${versions.suite}-updates main`,
    `deb ${mirror.security} ${versions.suite}-security main`,
    `deb ${mirror.archive} ${versions.router_suite} main`,
  ];
}

/**
 * An APT of the kit's own below `folder`: it verifies what it fetches against Debian's keys as the computer's APT does,
 * changes nothing of the computer and needs no root.
 */
async function privateApt(folder: string, sources: string[]): Promise<Record<string, string>> {
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'parts', 'prefs']) {
    await mkdir(join(folder, part), { recursive: true });
  }
  await writeFile(join(folder, 'sources.list'), `${sources.join('\n')}\n`);
  const config = [
    `Dir::Etc::sourcelist "${join(folder, 'sources.list')}";`,
    `Dir::Etc::sourceparts "${join(folder, 'parts')}";`,
    `Dir::Etc::preferencesparts "${join(folder, 'prefs')}";`,
    'Dir::Etc::preferences "/dev/null";',
    `Dir::State "${join(folder, 'state')}";`,
    `Dir::Cache "${join(folder, 'cache')}";`,
    'Dir::State::status "/dev/null";',
    'APT::Sandbox::User "";',
    'APT::Architecture "amd64";',
    'APT::Architectures { "amd64"; };',
    'Acquire::Languages "none";',
    'Acquire::Retries "3";',
  ];
  const file = join(folder, 'apt.conf');
  await writeFile(file, `${config.join('\n')}\n`);
  return { APT_CONFIG: file };
}

/** Series of linux-source packages offered, newest first, none older than `oldest`. */
export function sourceSeries(names: string, oldest: string): string[] {
  const compare = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true });
  return [...new Set([...names.matchAll(/^linux-source-(\d+\.\d+)$/gm)].map((match) => match[1] ?? ''))]
    .filter((series) => compare(series, oldest) >= 0)
    .sort((a, b) => compare(b, a));
}

/** Downloads Debian's kernel source into `folder`. Returns the package file. */
export async function fetchKernelSource(folder: string, versions: Versions, mirror: Mirror): Promise<string> {
  const env = await privateApt(
    join(folder, 'apt'),
    versions.kernel.suites.map((suite) => `deb ${mirror.archive} ${suite} main`),
  );
  const apt = (program: string, ...args: string[]) => runProgram(program, args, { env, cwd: folder });
  const update = await apt('apt-get', '-qq', 'update', '--error-on=any');
  if (update.code !== 0) throw downloadError(mirror, update.stderr);
  const offered = sourceSeries(
    (await apt('apt-cache', 'pkgnames', 'linux-source-')).stdout,
    versions.kernel.oldest,
  );
  const series = offered.includes(versions.kernel.series) ? versions.kernel.series : offered[0];
  if (!series) {
    throw new LabError(
      {
        en: `The mirror ${mirror.archive} offers no kernel source of ${versions.kernel.oldest} or newer.`,
        fr: `Le miroir ${mirror.archive} ne propose pas de source du noyau ${versions.kernel.oldest} ou plus récent.`,
      },
      {
        en: 'use a complete Debian mirror with --mirror, or bring an image with `lab image import`.',
        fr: 'utilisez un miroir Debian complet avec --mirror, ou apportez une image avec `lab image import`.',
      },
    );
  }
  const download = await apt('apt-get', '-qq', 'download', `linux-source-${series}`);
  if (download.code !== 0) throw downloadError(mirror, download.stderr);
  await rm(join(folder, 'apt'), { recursive: true });
  const file = (await readdir(folder)).find(
    (name) => name.startsWith('linux-source-') && name.endsWith('.deb'),
  );
  if (!file) throw new Error('apt-get download left no package');
  return join(folder, file);
}

/** The error of a download that failed: most often there is no network. */
export function downloadError(mirror: Mirror, output: string): LabError {
  return new LabError(
    {
      en: `The Debian mirror ${mirror.archive} could not be used.`,
      fr: `Le miroir Debian ${mirror.archive} n'a pas pu être utilisé.`,
    },
    {
      en: 'check the network and the proxy, name another mirror with --mirror URL, or bring an image made elsewhere with `lab image import FILE`.',
      fr: 'vérifiez le réseau et le proxy, donnez un autre miroir avec --mirror URL, ou apportez une image faite ailleurs avec `lab image import FICHIER`.',
    },
    output.trim().split('\n').slice(-4),
  );
}

import { ensureCode, hasCode } from '../artifacts/application/code.ts';
import type { BuiltKind } from '../artifacts/cache.ts';
import type { EngineName } from '../base/engine-names.ts';
import type { Job } from '../base/progress.ts';
import { say, type Text } from '../base/text.ts';
import type { Builds, Purpose } from '../host/doctor/requirements.ts';
import type { Environment } from './record.ts';

interface Options {
  mirror?: string | undefined;
  /** Install what a build needs without asking. */
  yes?: boolean | undefined;
}

/** What the machines of each engine are made from. */
export const NEEDED_BUILDS: Record<EngineName, readonly BuiltKind[]> = {
  uml: ['image', 'kernel'],
  'vagrant-libvirt': ['box'],
  'vagrant-virtualbox': ['box-virtualbox'],
};

const TITLES: Record<BuiltKind, Text> = {
  image: { en: 'base image', fr: 'image de base' },
  kernel: { en: 'kernel', fr: 'noyau' },
  box: { en: 'Vagrant box (libvirt)', fr: 'box Vagrant (libvirt)' },
  'box-virtualbox': { en: 'Vagrant box (VirtualBox)', fr: 'box Vagrant (VirtualBox)' },
};

/** The purposes whose tools building these takes; the VirtualBox box is made from the libvirt box where that is there. */
export function buildPurposes(kinds: readonly BuiltKind[], built: (kind: BuiltKind) => boolean): Purpose[] {
  const purposes = kinds.flatMap((kind): Purpose[] => {
    if (kind === 'box') return ['image', 'box'];
    if (kind !== 'box-virtualbox') return [kind];
    return built('box') ? [kind] : [...buildPurposes(['box'], built), kind];
  });
  return [...new Set(purposes)];
}

/** Those of these that are not in the cache. What building them takes is installed, after asking or with `yes`. */
export async function missingOf(kinds: readonly BuiltKind[], { yes = false }: Options): Promise<BuiltKind[]> {
  const { isBuilt } = await import('../artifacts/build.ts');
  const missing: BuiltKind[] = [];
  for (const kind of kinds) if (!(await isBuilt(kind))) missing.push(kind);
  if (missing.length === 0) return [];
  const box = await isBuilt('box');
  const { installFor } = await import('../engines/select.ts');
  await installFor(
    buildPurposes(missing, (kind) => kind === 'box' && box),
    { yes },
  );
  return missing;
}

/**
 * What must be built for an engine. What that takes is installed, after asking or with `yes`. LabError where a box is missing and
 * cannot be built.
 */
export async function missingBuilds(engine: EngineName, options: Options): Promise<BuiltKind[]> {
  if (engine !== 'uml') {
    const { mustBuildBox, providerOf } = await import('../engines/vagrant/box.ts');
    if (!(await mustBuildBox(providerOf(engine)))) return [];
  }
  return missingOf(NEEDED_BUILDS[engine], options);
}

/** What is still to be made before an engine's machines can start, for the doctor: it builds and installs nothing. */
export async function toBeBuilt(engine: EngineName): Promise<Required<Builds>> {
  const { isBuilt } = await import('../artifacts/build.ts');
  if (engine === 'uml') return { image: !(await isBuilt('image')), kernel: !(await isBuilt('kernel')) };
  const { haveBox, providerOf } = await import('../engines/vagrant/box.ts');
  return { image: !(await haveBox(providerOf(engine))), kernel: false };
}

/** The jobs that build these. */
export function buildJobs(kinds: readonly BuiltKind[], { mirror }: Options): Job[] {
  return kinds.map((kind) => ({
    title: say(TITLES[kind]),
    run: async (report) => {
      const { ensureBuilt } = await import('../artifacts/build.ts');
      await ensureBuilt(kind, { mirror }, report);
      return undefined;
    },
  }));
}

/** What must be built before machines can start; empty when it is all in the cache. */
export async function preparationJobs(environment: Environment, options: Options): Promise<Job[]> {
  const { engine, nextcloud } = environment.record;
  const builds = buildJobs(await missingBuilds(engine, options), options);
  if (engine !== 'uml' || !nextcloud || (await hasCode(nextcloud))) return builds;
  const title = `Nextcloud ${nextcloud.release}`;
  return [...builds, { title, run: async (report) => void (await ensureCode(nextcloud, report)) }];
}

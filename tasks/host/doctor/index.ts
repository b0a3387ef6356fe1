import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { EngineName } from '../../base/engine-names.ts';
import { LabError } from '../../base/errors.ts';
import { outputOf, runProgram } from '../../base/exec.ts';
import { cacheFolder, environmentFolder, ROOT } from '../../base/paths.ts';
import { say } from '../../base/text.ts';
import type { Topology } from '../../topology/model.ts';
import { freeDisk, readComputer } from '../computer.ts';
import type { ComputerFacts, EngineFacts } from '../facts.ts';
import { probeNamespaces } from '../namespace.ts';
import { hostNetworks } from '../networks.ts';
import { type Check, type DoctorContext, diagnose, type NamedFinding } from './check.ts';
import { REQUIREMENTS, thisComputer } from './requirements.ts';
import { disk, folders, memory, networks, processor } from './resources.ts';
import { kvm, namespaces, subordinateIds, system, tools } from './system.ts';
import { box, packer, vagrant, virtualbox } from './vagrant.ts';

/** All checks, in the order in which they are shown. */
export const CHECKS: readonly Check[] = [
  system,
  processor,
  memory,
  disk,
  folders,
  namespaces,
  ...tools,
  subordinateIds,
  kvm,
  vagrant,
  virtualbox,
  box,
  packer,
  networks,
];

/** Nothing that is not built yet matters to the quick part: building checks for itself. */
const NOTHING = { image: false, kernel: false };

/** The part of the checks that `lab up` runs each time: below 0.15 s in all. */
export async function quickChecks(engine: EngineName, topology: Topology): Promise<NamedFinding[]> {
  const folders = { labs: environmentFolder(''), cache: cacheFolder() };
  const [labs, cache, found] = await Promise.all([
    freeDisk(folders.labs),
    freeDisk(folders.cache),
    engine === 'uml' ? probeNamespaces(ROOT) : undefined,
  ]);
  const context: DoctorContext = {
    engine,
    topology,
    computer: readComputer(),
    disk: { labs, cache },
    folders,
    networks: hostNetworks(),
    shelf: thisComputer(),
    builds: NOTHING,
    subordinateIds: true,
    facts: { namespaces: found },
    versions: new Map(),
  };
  return diagnose(
    CHECKS.filter((check) => check.quick),
    context,
  );
}

/** Throws a LabError that lists the failed checks, each with its fix; returns the warnings. */
export function requireNoFailure(results: readonly NamedFinding[]): NamedFinding[] {
  const failed = results.filter(({ status }) => status === 'fail');
  if (failed.length > 0)
    throw new LabError(
      {
        en: 'This computer cannot run the lab as it is:',
        fr: 'Cet ordinateur ne peut pas faire tourner le lab tel quel :',
      },
      {
        en: 'mend this; `lab doctor` looks at everything.',
        fr: 'corriger cela ; `lab doctor` examine tout.',
      },
      failed.flatMap(({ title, found, fix }) => [
        `${say(title)}: ${say(found)}`,
        ...(fix ? [`  ${say(fix)}`] : []),
      ]),
    );
  return results.filter(({ status }) => status === 'warn');
}

/** All checks on facts already gathered. */
export async function fullChecks(
  engine: EngineName | undefined,
  topology: Topology,
  facts: ComputerFacts,
  builds: DoctorContext['builds'],
): Promise<NamedFinding[]> {
  return diagnose(CHECKS, {
    engine,
    topology,
    computer: facts.computer,
    disk: facts.disk,
    folders: facts.folders,
    networks: facts.networks,
    shelf: thisComputer(),
    builds,
    subordinateIds: hasSubordinateIds(),
    facts: facts satisfies EngineFacts,
    versions: await toolVersions(),
  });
}

/** True when subuid(5) and subgid(5) give this user a range. */
export function hasSubordinateIds(folder = '/etc'): boolean {
  const { username, uid } = userInfo();
  return ['subuid', 'subgid'].every((name) => {
    try {
      return readFileSync(`${folder}/${name}`, 'utf8')
        .split('\n')
        .some((line) => line.startsWith(`${username}:`) || line.startsWith(`${uid}:`));
    } catch {
      return false;
    }
  });
}

/** Tools whose version is shown, and how they are asked. */
const VERSION_ARGUMENT: Record<string, string> = { ssh: '-V', socat: '-V', mke2fs: '-V', ip: '-V' };
const SHOWN = [
  'ip',
  'socat',
  'ssh',
  'mmdebstrap',
  'mke2fs',
  'gcc',
  'vagrant',
  'packer',
  'virsh',
  'qemu-system-x86_64',
];

/** The first thing in an output that looks like a version. */
export function versionIn(output: string): string | undefined {
  return /(?:^|[^\d.])v?(\d+\.\d+(?:\.\d+)*(?:p\d+)?)/m.exec(output)?.[1];
}

/** Versions of installed tools; 5 s at most, all at once. */
export async function toolVersions(): Promise<Map<string, string>> {
  const known = REQUIREMENTS.map(({ tool }) => tool).filter((tool) => SHOWN.includes(tool));
  const found = await Promise.all(
    known.map(async (tool): Promise<[string, string] | undefined> => {
      const ended = await runProgram(tool, [VERSION_ARGUMENT[tool] ?? '--version'], { seconds: 5 });
      const version = versionIn(outputOf(ended));
      return version ? [tool, version] : undefined;
    }),
  );
  return new Map(found.filter((entry) => entry !== undefined));
}

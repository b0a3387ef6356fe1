import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { EngineName } from '../engines/engine.ts';
import { freeDisk, readComputer } from '../host/computer.ts';
import type { EngineFacts, Facts } from '../host/facts.ts';
import { probeNamespaces } from '../host/namespace.ts';
import { hostNetworks } from '../host/networks.ts';
import { findTool, run } from '../host/run.ts';
import { cacheFolder, labFolder, ROOT } from '../lab/paths.ts';
import type { Topology } from '../topology/model.ts';
import { LabError } from '../ui/errors.ts';
import { say } from '../ui/text.ts';
import { type Check, type CheckContext, type CheckResult, runChecks } from './check.ts';
import { REQUIREMENTS, thisComputer } from './requirements.ts';
import { disk, folders, memory, networks, processor } from './resources.ts';
import { kvm, namespaces, packer, subordinateIds, system, tools, vagrant, virtualbox } from './system.ts';

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
  packer,
  networks,
];

/** Nothing that is not built yet matters to the quick part: building checks for itself. */
const NOTHING = { image: false, kernel: false };

/** The part of the checks that `lab up` runs each time: below 0.15 s in all. */
export async function quickChecks(engine: EngineName, topology: Topology): Promise<CheckResult[]> {
  const folders = { labs: labFolder(''), cache: cacheFolder() };
  const [labs, cache, found] = await Promise.all([
    freeDisk(folders.labs),
    freeDisk(folders.cache),
    engine === 'uml' ? probeNamespaces(ROOT) : undefined,
  ]);
  const context: CheckContext = {
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
  return runChecks(
    CHECKS.filter((check) => check.quick),
    context,
  );
}

/** Throws a LabError that lists the failed checks, each with its fix; returns the warnings. */
export function requireNoFailure(results: readonly CheckResult[]): CheckResult[] {
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
  facts: Facts,
  builds: CheckContext['builds'],
): Promise<CheckResult[]> {
  return runChecks(CHECKS, {
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
      const file = findTool(tool);
      if (!file) return undefined;
      const version = versionIn((await run(file, [VERSION_ARGUMENT[tool] ?? '--version'], 5)).output);
      return version ? [tool, version] : undefined;
    }),
  );
  return new Map(found.filter((entry) => entry !== undefined));
}

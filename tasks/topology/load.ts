import { readdirSync, readFileSync } from 'node:fs';
import { basename, isAbsolute, join, relative, resolve } from 'node:path';
import ipaddr from 'ipaddr.js';
import type * as z from 'zod';
import { LabError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { say } from '../base/text.ts';
import { addressProblems } from './addresses.ts';
import { issueProblems } from './issues.ts';
import {
  FLOATING_NAMES,
  type Floating,
  floatingSchema,
  MACHINE_NAME,
  machineSchema,
  networkSchema,
  SWITCH_NAMES,
  type Topology,
  type TopologyData,
  topologySchema,
} from './model.ts';
import { roleProblems } from './roles.ts';
import { type Path, type Problem, parseSource, type Source } from './source.ts';

/** The topology of a lab for which none is named. */
export const DEFAULT_TOPOLOGY = 'seven';

/** Names of the topologies that come with the kit, in order. */
export function knownTopologies(root: string): string[] {
  return readdirSync(join(root, 'topologies'))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();
}

/**
 * Reads and checks a topology: one of the kit's by its name (`seven`), or a user's own file by its path.
 * Throws a LabError that lists every mistake found, each with file, line and field.
 */
export async function loadTopology(nameOrFile: string, root: string): Promise<Topology> {
  const known = knownTopologies(root);
  const ours = known.includes(nameOrFile);
  const file = ours ? join(root, 'topologies', `${nameOrFile}.yaml`) : resolve(nameOrFile);
  return parseTopology(readTopologyFile(file, nameOrFile, known), file);
}

function readTopologyFile(file: string, asked: string, known: string[]): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const meant = nearest(asked, known);
    if (code === 'ENOENT' && MACHINE_NAME.test(asked))
      throw new LabError(
        {
          en: `There is no topology named “${asked}”, and no such file here.`,
          fr: `Il n’y a pas de topologie nommée « ${asked} », ni de fichier de ce nom ici.`,
        },
        {
          en: `${meant ? `did you mean ${meant}? ` : ''}The kit has: ${known.join(', ')}; a file of your own is given by its path.`,
          fr: `${meant ? `vouliez-vous dire ${meant} ? ` : ''}Le kit contient : ${known.join(', ')} ; un fichier à vous se donne par son chemin.`,
        },
      );
    if (code === 'ENOENT')
      throw new LabError(
        {
          en: `The topology file ${file} does not exist.`,
          fr: `Le fichier de topologie ${file} n’existe pas.`,
        },
        {
          en: `check the path, or use a topology of the kit: ${known.join(', ')}.`,
          fr: `vérifier le chemin, ou utiliser une topologie du kit : ${known.join(', ')}.`,
        },
      );
    throw new LabError({
      en: `The topology file ${file} cannot be read: ${message}.`,
      fr: `Le fichier de topologie ${file} ne peut pas être lu : ${message}.`,
    });
  }
}

/** Fields that may stand at a place of the file, for the answer to an unknown one. */
function knownFields(path: Path): readonly string[] {
  const [top, , below] = path;
  if (top === undefined) return Object.keys(topologySchema.shape);
  if (top === 'network') return Object.keys(networkSchema.shape);
  if (below !== undefined || path.length > 2) return [];
  if (top === 'floating') return path.length === 1 ? FLOATING_NAMES : Object.keys(floatingSchema.shape);
  return Object.keys(machineSchema.shape);
}

/** Checks the text of a topology file; `file` is used in messages and kept in the result. Throws like loadTopology. */
export function parseTopology(text: string, file: string): Topology {
  const source = parseSource(text);
  const problems = [...source.problems];
  let data: TopologyData | undefined;
  if (source.data !== undefined) {
    const parsed = topologySchema.safeParse(source.data);
    if (parsed.success) data = parsed.data;
    else problems.push(...issueProblems(parsed.error.issues, source, knownFields));
    problems.push(...addressProblems(source.data, usableCidr(source), source));
    if (data) problems.push(...roleProblems(data, source));
  }
  if (problems.length > 0 || !data) throw malformed(file, problems);
  return build(data, file);
}

/** The network as written, when it can be understood. */
function usableCidr(source: Source): string | undefined {
  const network = (source.data as { network?: unknown } | null)?.network;
  const cidr = networkSchema.shape.cidr.safeParse((network as { cidr?: unknown } | null | undefined)?.cidr);
  return cidr.success ? cidr.data : undefined;
}

function malformed(file: string, problems: Problem[]): LabError {
  const near = relative(process.cwd(), file);
  const shown = near.startsWith('..') || isAbsolute(near) ? file : near;
  const lines = [...problems]
    .sort((a, b) => a.line - b.line)
    .map(({ line, field, text }) => `${shown}:${line}: ${field === '' ? '' : `${field}: `}${say(text)}`);
  return new LabError(
    {
      en: `The topology ${shown} has ${lines.length === 1 ? 'a mistake' : `${lines.length} mistakes`}:`,
      fr: `La topologie ${shown} contient ${lines.length === 1 ? 'une erreur' : `${lines.length} erreurs`} :`,
    },
    {
      en: 'correct these lines; docs/topology.md describes each field.',
      fr: 'corriger ces lignes ; docs/topology.md décrit chaque champ.',
    },
    [...new Set(lines)],
  );
}

/** Hardware address of a machine: 52:54 and the four bytes of its address. */
function macOf(address: string): string {
  const bytes = ipaddr.IPv4.parse(address).toByteArray();
  return ['52', '54', ...bytes.map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}

function build(data: z.infer<typeof topologySchema>, file: string): Topology {
  const [, prefix] = ipaddr.IPv4.parseCIDR(data.network.cidr);
  const floating: Topology['floating'] = {};
  for (const name of FLOATING_NAMES) {
    const entry = data.floating[name];
    if (entry) floating[name] = { name, ...entry } satisfies Floating;
  }
  return {
    name: data.name,
    file,
    network: {
      cidr: data.network.cidr,
      prefix,
      netmask: ipaddr.IPv4.subnetMaskFromPrefixLength(prefix).toString(),
      host: data.network.host,
      switches: SWITCH_NAMES.slice(0, data.network.switches),
    },
    floating,
    machines: Object.entries(data.machines).map(([name, machine]) => ({
      name,
      address: machine.address,
      mac: macOf(machine.address),
      memory: machine.memory,
      disk: machine.disk,
      cpus: machine.cpus,
      roles: machine.roles,
    })),
  };
}

import * as z from 'zod';
import { LabError } from '../base/errors.ts';

/**
 * Roles the kit knows. A role is a folder below roles/ (see docs/roles.md); the list is here because a topology
 * must be checked without reading those folders.
 */
export const ROLE_NAMES = [
  'client',
  'lb',
  'router',
  'arbitrator',
  'quorum-device',
  'web',
  'session',
  'sentinel',
  'database',
  'storage',
] as const;
export type RoleName = (typeof ROLE_NAMES)[number];

/** Floating addresses the roles look up by name. */
export const FLOATING_NAMES = ['front', 'router', 'storage'] as const;
export type FloatingName = (typeof FLOATING_NAMES)[number];

/** The role that can hold each floating address: the one whose service answers there. */
export const FLOATING_ROLES: Record<FloatingName, RoleName> = {
  front: 'lb',
  router: 'router',
  storage: 'storage',
};

/** Names of the switches that a lab network can have, in the order in which they are added. */
export const SWITCH_NAMES = ['a', 'b'] as const;
export type SwitchName = (typeof SWITCH_NAMES)[number];

const ipv4 = z.ipv4();

export const machineSchema = z.strictObject({
  address: ipv4.describe('Address on the lab network'),
  memory: z.int().min(128).max(65536).default(384).describe('Memory in MiB'),
  disk: z.int().min(64).max(1048576).optional().describe('Size in MiB of a second, empty disk'),
  cpus: z.int().min(1).max(16).default(1).describe('Virtual processors (the uml engine gives one)'),
  roles: z.array(z.enum(ROLE_NAMES)).min(1).describe('What the machine does'),
});

export const floatingSchema = z.strictObject({
  address: ipv4.describe('The address that moves'),
  role: z.enum(ROLE_NAMES).describe('The role whose machines hold it, one at a time'),
});

export const networkSchema = z.strictObject({
  cidr: z.cidrv4().describe('The lab network'),
  host: ipv4.describe('Address of the computer that runs the lab, on the lab network'),
  switches: z
    .int()
    .min(1)
    .max(SWITCH_NAMES.length)
    .default(1)
    .describe('Switches of the lab network; with two each machine has a card on each (the uml engine)'),
});

/** One RFC 1123 label of at most 20 characters: it becomes a host name and part of a network interface's name. */
export const MACHINE_NAME = /^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/;

export const topologySchema = z.strictObject({
  name: z.string().regex(MACHINE_NAME).describe('Name of the topology'),
  network: networkSchema,
  floating: z.partialRecord(z.enum(FLOATING_NAMES), floatingSchema).default({}),
  machines: z.record(z.string().regex(MACHINE_NAME), machineSchema),
});

/** A topology as written in its file, with defaults filled in. */
export type TopologyData = z.infer<typeof topologySchema>;

export interface Machine {
  name: string;
  address: string;
  /** Hardware address on the lab network, derived from the address: 52:54 and the four bytes. */
  mac: string;
  /** MiB. */
  memory: number;
  /** MiB of the second disk; undefined when there is none. */
  disk: number | undefined;
  cpus: number;
  roles: RoleName[];
}

export interface Floating {
  name: FloatingName;
  address: string;
  role: RoleName;
}

/** A valid topology: what every other part of the kit works from. */
export interface Topology {
  name: string;
  /** File it was read from. */
  file: string;
  network: {
    cidr: string;
    prefix: number;
    netmask: string;
    host: string;
    /** One, or two with a cable between them; a machine is plugged into each of them. */
    switches: SwitchName[];
  };
  /** The floating address of every role in use that has one (FLOATING_ROLES); absent for roles without machines. */
  floating: Partial<Record<FloatingName, Floating>>;
  /** In file order. */
  machines: Machine[];
}

/** Machines of a role, in file order. */
export function machinesOf(topology: Pick<Topology, 'machines'>, role: RoleName): Machine[] {
  return topology.machines.filter((machine) => machine.roles.includes(role));
}

/** A machine of the topology by name. LabError that lists the known ones. */
export function machineNamed(topology: Topology, name: string): Machine {
  const found = topology.machines.find((machine) => machine.name === name);
  if (found) return found;
  const known = topology.machines.map((machine) => machine.name).join(', ');
  throw new LabError(
    {
      en: `There is no machine named "${name}" in the topology ${topology.name}.`,
      fr: `Il n'y a pas de machine nommée « ${name} » dans la topologie ${topology.name}.`,
    },
    { en: `choose one of ${known}.`, fr: `choisissez parmi ${known}.` },
  );
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { readYaml } from '../base/yaml.ts';
import { ROLE_NAMES, type RoleName, type Topology } from '../topology/model.ts';

/** The role that every machine has besides its own; it is no choice of the topology. */
export const COMMON = 'common';
export type AnyRole = RoleName | typeof COMMON;

const text = z.strictObject({ en: z.string(), fr: z.string() });
/** What a port is for; pictures draw each in its way. */
const KINDS = ['service', 'vote', 'copy', 'watch', 'time'] as const;
export type FlowKind = (typeof KINDS)[number];
/** Groups that decide by majority, and the roles' votes in them. */
const VOTE_GROUPS = ['galera', 'corosync', 'sentinel'] as const;
export type VoteGroup = (typeof VOTE_GROUPS)[number];

const component = z.strictObject({
  name: z.string(),
  /** Debian package; what the kit itself brings says ha-lab-kit. */
  package: z.string(),
  service: z.string().optional(),
  /** Account its processes run as, once started. */
  user: z.string().optional(),
  does: text,
  /** What takes over when it, or its machine, is lost. */
  lost: text,
  /** Those of roles/timers.yaml that decide how long a loss is felt. */
  timers: z.array(z.strictObject({ timer: z.string(), means: text })).default([]),
});
export type Component = z.infer<typeof component>;
const source = z.enum(['lab', 'host', ...ROLE_NAMES]);

const schema = z.strictObject({
  title: text,
  after: z.array(z.enum([COMMON, ...ROLE_NAMES])).default([]),
  /** Earlier roles of the same machine that it need not wait for: they share no file, unit or package state. */
  beside: z.array(z.enum(ROLE_NAMES)).default([]),
  services: z.array(z.string()).default([]),
  ports: z
    .array(
      z.strictObject({
        port: z.union([z.int(), z.string()]).optional(),
        proto: z.string(),
        from: z.array(source).min(1),
        kind: z.enum(KINDS).default('service'),
        why: text,
      }),
    )
    .default([]),
  secrets: z.array(z.string()).default([]),
  votes: z.enum(VOTE_GROUPS).optional(),
  components: z.array(component).default([]),
});

/** One role of the kit: roles/NAME/role.yaml (docs/roles.md). */
export type Role = z.infer<typeof schema> & { name: AnyRole; folder: string };

/** The roles that can be applied, by name. A role the topology names but the kit cannot apply yet is not among them. */
export function readRoles(root: string): Map<AnyRole, Role> {
  const roles = new Map<AnyRole, Role>();
  for (const name of [COMMON, ...ROLE_NAMES] as const) {
    const folder = join(root, 'roles', name);
    if (!existsSync(join(folder, 'provision.sh'))) continue;
    const data = schema.parse(readYaml(join(folder, 'role.yaml')));
    roles.set(name, { ...data, name, folder });
  }
  return roles;
}

/** Roles to apply on a machine, in order: common, then its own as far as the kit has them. */
export function rolesFor(roles: Map<AnyRole, Role>, wanted: RoleName[]): Role[] {
  return [COMMON, ...wanted].flatMap((name) => roles.get(name as AnyRole) ?? []);
}

/** Roles of the topology that the kit cannot apply yet. */
export function missingRoles(roles: Map<AnyRole, Role>, topology: Topology): RoleName[] {
  const used = new Set(topology.machines.flatMap((machine) => machine.roles));
  return [...used].filter((role) => !roles.has(role));
}

import type { Text } from '../base/text.ts';
import type { Component, FlowKind, Role, VoteGroup } from '../roles/roles.ts';
import { type AnyRole, COMMON } from '../roles/roles.ts';
import { type Floating, type Machine, machinesOf, type RoleName, type Topology } from '../topology/model.ts';

/** A way that packets take between two roles, and what for. */
export interface Flow {
  from: RoleName;
  to: RoleName;
  kind: FlowKind;
  /** `443/tcp`, `5405/udp`, `vrrp`. */
  ports: string[];
  /** The floating address that it goes to; undefined where it goes to machines themselves. */
  via: Floating | undefined;
}

/** A role that the topology uses. */
export interface Part {
  role: RoleName;
  title: Text;
  components: Component[];
  machines: Machine[];
  floating: Floating | undefined;
  /** Between machines of this role themselves. */
  inner: { kind: FlowKind; ports: string[] }[];
}

/** Machines that decide something by majority. */
export interface Votes {
  group: VoteGroup;
  title: Text;
  voters: { machine: string; role: RoleName }[];
  /** Votes needed. */
  majority: number;
}

/** What the lab consists of and how it hangs together: read from the topology and the roles, shown in pictures and tables. */
export interface Architecture {
  topology: Topology;
  parts: Part[];
  flows: Flow[];
  votes: Votes[];
}

const GROUPS: Record<VoteGroup, Text> = {
  galera: { en: 'databases (Galera)', fr: 'bases de données (Galera)' },
  corosync: { en: 'storage (Corosync)', fr: 'stockage (Corosync)' },
  sentinel: { en: 'sessions (Redis Sentinel)', fr: 'sessions (Redis Sentinel)' },
};

/** `443/tcp`; a protocol without ports is its name. */
export const portName = ({ port, proto }: { port?: number | string | undefined; proto: string }): string =>
  port === undefined ? proto : `${port}/${proto}`;

/** Those that send to a port; the lab network as a whole stands for the visitor. */
function sourcesOf(from: Role['ports'][number]['from'], used: RoleName[]): RoleName[] {
  const roles = from.map((source) => (source === 'lab' ? 'client' : source));
  return used.filter((role) => roles.includes(role));
}

/** Puts ports that share everything else together. */
function gather<T extends { ports: string[] }>(items: T[], same: (a: T, b: T) => boolean): T[] {
  const groups: T[] = [];
  for (const item of items) {
    const known = groups.find((group) => same(group, item));
    if (known) known.ports.push(...item.ports);
    else groups.push({ ...item, ports: [...item.ports] });
  }
  return groups;
}

function votesOf(topology: Topology, roles: Map<AnyRole, Role>, group: VoteGroup): Votes {
  const voters = topology.machines.flatMap((machine) =>
    machine.roles
      .filter((role) => roles.get(role)?.votes === group)
      .map((role) => ({ machine: machine.name, role })),
  );
  return { group, title: GROUPS[group], voters, majority: Math.floor(voters.length / 2) + 1 };
}

/** The architecture of a topology with the given roles. */
export function describe(topology: Topology, roles: Map<AnyRole, Role>): Architecture {
  const used = [...roles.keys()].filter(
    (role): role is RoleName => role !== COMMON && machinesOf(topology, role).length > 0,
  );
  const floatingOf = (role: RoleName) =>
    Object.values(topology.floating).find((floating) => floating?.role === role);
  const all = used.flatMap((to) =>
    (roles.get(to)?.ports ?? []).flatMap((port) =>
      sourcesOf(port.from, used).map((from): Flow => {
        const via = port.kind === 'service' ? floatingOf(to) : undefined;
        return { from, to, kind: port.kind, ports: [portName(port)], via };
      }),
    ),
  );
  const flows = gather(
    all.filter(({ from, to }) => from !== to),
    (a, b) => a.from === b.from && a.to === b.to && a.kind === b.kind,
  );
  const parts = used.map((role): Part => {
    const known = roles.get(role);
    const machines = machinesOf(topology, role);
    // One machine alone talks to nobody of its kind.
    const inner = machines.length < 2 ? [] : all.filter(({ from, to }) => from === role && to === role);
    return {
      role,
      title: known?.title ?? { en: role, fr: role },
      components: known?.components ?? [],
      machines,
      floating: floatingOf(role),
      inner: gather(
        inner.map(({ kind, ports }) => ({ kind, ports })),
        (a, b) => a.kind === b.kind,
      ),
    };
  });
  const votes = (Object.keys(GROUPS) as VoteGroup[])
    .map((group) => votesOf(topology, roles, group))
    .filter(({ voters }) => voters.length > 0);
  return { topology, parts, flows, votes };
}

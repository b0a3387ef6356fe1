import type { Component } from '../roles/roles.ts';
import type { Floating, Machine, RoleName } from '../topology/model.ts';
import type { Architecture } from './describe.ts';

/** What a picture of a part of the lab shows. */
export interface Choice {
  role: (role: RoleName) => boolean;
  machine: (machine: Machine) => boolean;
  floating: (floating: Floating) => boolean;
  component: (role: RoleName, component: Component) => boolean;
  /** Of the ports of one way to a role (443/tcp) those that are shown. */
  ports: (to: RoleName, ports: string[]) => string[];
}

/** A part of an architecture. Machines keep the names of all their roles: where they stand follows from those. */
export function excerpt(plan: Architecture, shows: Choice): Architecture {
  const machines = plan.topology.machines.filter(shows.machine);
  const there = new Set(machines.map(({ name }) => name));
  const open = <T extends { ports: string[] }>(to: RoleName, ways: T[]): T[] =>
    ways
      .map((way) => ({ ...way, ports: shows.ports(to, way.ports) }))
      .filter(({ ports }) => ports.length > 0);
  const parts = plan.parts
    .filter(({ role }) => shows.role(role))
    .map((part) => {
      const own = part.machines.filter(({ name }) => there.has(name));
      return {
        ...part,
        components: part.components.filter((component) => shows.component(part.role, component)),
        machines: own,
        floating: part.floating && shows.floating(part.floating) ? part.floating : undefined,
        // One machine alone talks to nobody of its kind.
        inner: own.length < 2 ? [] : open(part.role, part.inner),
      };
    })
    .filter(({ machines }) => machines.length > 0);
  const roles = new Set(parts.map(({ role }) => role));
  const floating = Object.entries(plan.topology.floating).filter(
    ([, address]) => address && roles.has(address.role) && shows.floating(address),
  );
  return {
    topology: { ...plan.topology, machines, floating: Object.fromEntries(floating) },
    parts,
    flows: plan.flows
      .filter(({ from, to }) => roles.has(from) && roles.has(to))
      .flatMap((flow) => open(flow.to, [flow])),
    votes: plan.votes
      .map((group) => ({
        ...group,
        voters: group.voters.filter(({ machine, role }) => roles.has(role) && there.has(machine)),
      }))
      .filter(({ voters }) => voters.length > 0),
  };
}

import { describe } from '../architecture/describe.ts';
import { type AnyRole, type Role, rolesFor } from '../roles/roles.ts';
import type { Topology } from '../topology/model.ts';
import type { LabPlan } from './model/plan.ts';

/** What a lab consists of, as its watcher tells it. */
export function planOf(lab: string, engine: string, topology: Topology, roles: Map<AnyRole, Role>): LabPlan {
  return {
    ...{ lab, engine, topology: topology.name },
    machines: topology.machines.map((machine) => ({
      ...{ name: machine.name, address: machine.address, roles: machine.roles },
      services: [...new Set(rolesFor(roles, machine.roles).flatMap((role) => role.services))],
    })),
    floating: Object.values(topology.floating).map(({ name, address, role }) => ({ name, address, role })),
    votes: describe(topology, roles).votes.map(({ group, voters, majority }) => ({
      group,
      majority,
      voters: voters.map(({ machine, role }) => ({ machine, role })),
    })),
  };
}

import type { NextcloudFacts } from '../../artifacts/application/code.ts';
import { type AnyRole, type Role, rolesFor } from '../../roles/roles.ts';
import { readService, type ServiceFacts } from '../../roles/service.ts';
import { FAST, timersFor } from '../../roles/timers.ts';
import {
  type Floating,
  type Machine,
  machinesOf,
  type RoleName,
  type Topology,
} from '../../topology/model.ts';
import { routerIds } from '../../topology/router-ids.ts';
import type { Secrets } from '../secrets.ts';
import type { Certificate } from '../tls.ts';

/** One thing that a machine lets in. */
export interface FirewallRule {
  proto: string;
  port: number | string | undefined;
  /** Addresses or networks. */
  sources: string[];
  why: string;
}

/** What a role's templates see (docs/roles.md). */
export interface TemplateContext {
  lab: { name: string };
  topology: Topology;
  machine: Machine;
  nic: string;
  secondDisk: string;
  /** TCP port of the power switch on the computer's own address; undefined where the engine has none. */
  powerSwitch: number | undefined;
  timers: unknown;
  service: ServiceFacts;
  secrets: Secrets;
  /** The machine's own certificate. */
  certificate: Certificate | undefined;
  app: string;
  /** Undefined unless the application is Nextcloud. */
  nextcloud: NextcloudFacts | undefined;
  roles: AnyRole[];
  machinesOf: (role: RoleName) => Machine[];
  floating: Partial<Record<string, Floating>>;
  /** Virtual router identifiers of the floating addresses, by their name. */
  routerIds: Partial<Record<string, number>>;
  firewall: FirewallRule[];
}

/** Everything the templates of a lab share; per machine see contextFor. */
export interface EnvironmentFacts {
  lab: string;
  root: string;
  topology: Topology;
  nic: string;
  secondDisk: string;
  powerSwitch?: number;
  /** The lab's timer factor, 1 (default) to 10 (roles/timers.ts). */
  factor?: number;
  secrets: Secrets;
  app: string;
  nextcloud?: NextcloudFacts;
  roles: Map<AnyRole, Role>;
  /** Roles whose ports the packet filters know, where more of them are to be built than are applied (labs/). */
  firewallRoles?: Map<AnyRole, Role>;
}

/** What a machine lets in: the ports of its roles, from the machines that the roles name. */
export function firewallOf(machine: Machine, topology: Topology, roles: Map<AnyRole, Role>): FirewallRule[] {
  return rolesFor(roles, machine.roles).flatMap((role) =>
    role.ports.flatMap((port) => {
      const sources = port.from.flatMap((from) => {
        if (from === 'lab') return [topology.network.cidr];
        if (from === 'host') return [topology.network.host];
        return machinesOf(topology, from).map((other) => other.address);
      });
      const unique = [...new Set(sources)].filter((address) => address !== machine.address);
      return unique.length > 0
        ? [{ proto: port.proto, port: port.port, sources: unique, why: port.why.en }]
        : [];
    }),
  );
}

export function contextFor(machine: Machine, facts: EnvironmentFacts): TemplateContext {
  const { topology } = facts;
  return {
    lab: { name: facts.lab },
    topology,
    machine,
    nic: facts.nic,
    secondDisk: facts.secondDisk,
    powerSwitch: facts.powerSwitch,
    timers: timersFor(facts.root, facts.factor ?? FAST),
    service: readService(facts.root),
    secrets: facts.secrets,
    certificate: facts.secrets.tls.machines?.[machine.name],
    app: facts.app,
    nextcloud: facts.nextcloud,
    roles: [...facts.roles.keys()],
    machinesOf: (role) => machinesOf(topology, role),
    floating: topology.floating,
    routerIds: routerIds(topology.floating),
    firewall: firewallOf(machine, topology, facts.firewallRoles ?? facts.roles),
  };
}

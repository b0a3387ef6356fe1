import { LabError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { type AnyRole, COMMON, type Role } from '../../roles/roles.ts';
import { type Machine, machinesOf, ROLE_NAMES, type RoleName, type Topology } from '../../topology/model.ts';

/** A role by its name, as a user wrote it. LabError when there is none, or no machine of the topology has it. */
export function roleNamed(roles: Map<AnyRole, Role>, topology: Topology, name: string): AnyRole {
  const used = [COMMON, ...ROLE_NAMES.filter((role) => machinesOf(topology, role).length > 0)] as AnyRole[];
  const known = used.filter((role) => roles.has(role));
  const found = known.find((role) => role === name);
  if (found) return found;
  const exists = (ROLE_NAMES as readonly string[]).includes(name);
  const close = exists ? undefined : nearest(name, known);
  const list = known.join(', ');
  throw new LabError(
    exists
      ? {
          en: `No machine of the topology ${topology.name} has the role ${name}.`,
          fr: `Aucune machine de la topologie ${topology.name} n'a le rôle ${name}.`,
        }
      : { en: `There is no role named "${name}".`, fr: `Il n'y a pas de rôle nommé « ${name} ».` },
    {
      en: `${close ? `did you mean ${close}? ` : ''}The roles of this lab are ${list}.`,
      fr: `${close ? `vouliez-vous dire ${close} ? ` : ''}Les rôles de ce lab sont ${list}.`,
    },
  );
}

/**
 * The roles to apply so that `target` works: itself, those that it waits for (`after`), theirs in turn, and common.
 * Roles that no machine of the lab has are among them and do nothing.
 */
export function rolesUntil(roles: Map<AnyRole, Role>, target: AnyRole): Set<AnyRole> {
  const wanted = new Set<AnyRole>([COMMON]);
  const add = (name: AnyRole): void => {
    if (name !== COMMON && wanted.has(name)) return;
    wanted.add(name);
    for (const before of roles.get(name)?.after ?? []) if (before !== COMMON) add(before);
  };
  add(target);
  return wanted;
}

/** The machines on which a role is applied: all that have it, or those that are named. LabError for one that lacks it. */
export function machinesToApply(topology: Topology, role: AnyRole, machines: Machine[]): Machine[] {
  const having = role === COMMON ? topology.machines : machinesOf(topology, role as RoleName);
  if (machines.length === 0) return having;
  const lacking = machines.find((machine) => !having.includes(machine));
  if (lacking) {
    throw new LabError(
      {
        en: `${lacking.name} does not have the role ${role} (it has ${lacking.roles.join(', ')}).`,
        fr: `${lacking.name} n'a pas le rôle ${role} (elle a ${lacking.roles.join(', ')}).`,
      },
      {
        en: `leave the machine out, or name one of ${having.map((machine) => machine.name).join(', ')}.`,
        fr: `ne nommez pas cette machine, ou nommez parmi ${having.map((machine) => machine.name).join(', ')}.`,
      },
    );
  }
  return having.filter((machine) => machines.includes(machine));
}

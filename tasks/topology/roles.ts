import type { Text } from '../base/text.ts';
import {
  FLOATING_NAMES,
  FLOATING_ROLES,
  type FloatingName,
  type RoleName,
  type TopologyData,
} from './model.ts';
import { type Path, type Problem, problemAt, type Source } from './source.ts';

/** A machine that has a role. */
interface Holder {
  name: string;
  roles: RoleName[];
  disk: number | undefined;
  /** Path of the role in the machine's list. */
  path: Path;
}

/** The roles of a well-formed file, and where mistakes about them are collected. */
interface Roles {
  data: TopologyData;
  with(role: RoleName): Holder[];
  /** Names of the machines of a role, for messages. */
  names(role: RoleName): Text;
  report(path: Path, en: string, fr: string): void;
}

/** DRBD 8.4 mirrors a disk between two machines, not more. */
const MOST_STORAGE_MACHINES = 2;

/** Fewest votes of which one can be lost without losing the majority. */
const FEWEST_VOTES = 3;

/** Roles that have nothing to do without another one. */
const NEEDS: readonly (readonly [RoleName, RoleName])[] = [
  ['arbitrator', 'database'],
  ['router', 'database'],
  ['sentinel', 'session'],
  ['quorum-device', 'storage'],
];

const isQuorum = (votes: number): boolean => votes >= FEWEST_VOTES && votes % 2 === 1;

/** Rules about roles, votes and floating addresses; they need the whole file to be well-formed. */
export function roleProblems(data: TopologyData, source: Source): Problem[] {
  const problems: Problem[] = [];
  const holders = (role: RoleName): Holder[] =>
    Object.entries(data.machines)
      .filter(([, machine]) => machine.roles.includes(role))
      .map(([name, { roles, disk }]) => ({
        name,
        roles,
        disk,
        path: ['machines', name, 'roles', roles.indexOf(role)],
      }));
  const roles: Roles = {
    data,
    with: holders,
    names(role) {
      const names = holders(role).map(({ name }) => name);
      return { en: names.join(', ') || 'none', fr: names.join(', ') || 'aucune' };
    },
    report: (path, en, fr) => void problems.push(problemAt(source, path, { en, fr })),
  };
  checkMachines(roles);
  checkNeeds(roles);
  checkDatabase(roles);
  checkStorage(roles);
  checkSession(roles);
  for (const name of FLOATING_NAMES) checkFloating(roles, name);
  return problems;
}

function checkMachines({ data, report }: Roles): void {
  const machines = Object.entries(data.machines);
  if (machines.length === 0) report(['machines'], 'there is no machine', 'il n’y a aucune machine');
  for (const [name, { roles }] of machines)
    roles.forEach((role, index) => {
      if (roles.indexOf(role) === index) return;
      report(['machines', name, 'roles', index], `${role} is listed twice`, `${role} est cité deux fois`);
    });
}

function checkNeeds(roles: Roles): void {
  for (const [role, needed] of NEEDS) {
    if (roles.with(needed).length > 0) continue;
    for (const { path } of roles.with(role))
      roles.report(
        path,
        `${role} has nothing to do: no machine has the role ${needed}`,
        `${role} n’a rien à faire : aucune machine n’a le rôle ${needed}`,
      );
  }
}

/** Galera: data nodes and arbitrators vote; a majority survives one loss only from three votes on. */
function checkDatabase(roles: Roles): void {
  const [first, ...others] = roles.with('database');
  const arbitrators = roles.with('arbitrator');
  const votes = (first ? 1 : 0) + others.length + arbitrators.length;
  if (first && !isQuorum(votes)) {
    const [nodes, judges] = [roles.names('database'), roles.names('arbitrator')];
    roles.report(
      first.path,
      `missing quorum vote: database and arbitrator have ${votes} in all (database: ${nodes.en}; arbitrator: ${judges.en}); an odd number of at least ${FEWEST_VOTES} is needed`,
      `vote de quorum manquant : database et arbitrator en ont ${votes} en tout (database : ${nodes.fr} ; arbitrator : ${judges.fr}) ; il faut un nombre impair d’au moins ${FEWEST_VOTES}`,
    );
  }
  apart(roles, 'arbitrator', 'database');
}

/** A vote on a machine that already votes is lost with it. */
function apart(roles: Roles, voter: RoleName, service: RoleName): void {
  for (const holder of roles.with(voter)) {
    if (!holder.roles.includes(service)) continue;
    roles.report(
      holder.path,
      `${voter} cannot be on ${holder.name}, a ${service} machine: two votes would be lost with it`,
      `${voter} ne peut pas être sur ${holder.name}, machine de rôle ${service} : deux votes seraient perdus avec elle`,
    );
  }
}

/** DRBD on two machines splits its brain without a third vote; one machine alone has nobody to vote with. */
function checkStorage(roles: Roles): void {
  const nodes = roles.with('storage');
  const devices = roles.with('quorum-device');
  for (const { name, disk, path } of nodes) {
    if (disk !== undefined) continue;
    roles.report(
      path,
      `storage needs a second disk: give ${name} a field “disk” (size in MiB)`,
      `storage demande un second disque : donner à ${name} un champ « disk » (taille en Mio)`,
    );
  }
  const names = roles.names('storage');
  const tooMany = nodes[MOST_STORAGE_MACHINES];
  if (tooMany)
    roles.report(
      tooMany.path,
      `at most ${MOST_STORAGE_MACHINES} storage machines are possible, not ${nodes.length} (${names.en})`,
      `au plus ${MOST_STORAGE_MACHINES} machines de stockage sont possibles, et non ${nodes.length} (${names.fr})`,
    );
  const needed = nodes.length > 1 ? 1 : 0;
  const [first] = nodes;
  if (first && devices.length < needed)
    roles.report(
      first.path,
      `missing quorum vote: two storage machines (${names.en}) need a quorum-device on another machine`,
      `vote de quorum manquant : deux machines de stockage (${names.fr}) demandent un quorum-device sur une autre machine`,
    );
  const extra = devices[needed];
  if (first && extra)
    roles.report(
      extra.path,
      `one quorum-device for two storage machines, none for one: here ${devices.length} (${roles.names('quorum-device').en}) for ${nodes.length}`,
      `un quorum-device pour deux machines de stockage, aucun pour une seule : ici ${devices.length} (${roles.names('quorum-device').fr}) pour ${nodes.length}`,
    );
  apart(roles, 'quorum-device', 'storage');
}

function checkSession(roles: Roles): void {
  const [first] = roles.with('session');
  const votes = roles.with('sentinel').length;
  if (!first || isQuorum(votes)) return;
  const names = roles.names('sentinel');
  roles.report(
    first.path,
    `missing quorum vote: session needs an odd number of at least ${FEWEST_VOTES} sentinel machines, here ${votes} (${names.en})`,
    `vote de quorum manquant : session demande un nombre impair d’au moins ${FEWEST_VOTES} machines sentinel, ici ${votes} (${names.fr})`,
  );
}

function checkFloating(roles: Roles, name: FloatingName): void {
  const role = FLOATING_ROLES[name];
  const floating = roles.data.floating[name];
  const used = roles.with(role).length > 0;
  const { en, fr } = roles.names(role);
  if (!floating && used)
    roles.report(
      ['floating', name],
      `is missing: the role ${role} (${en}) needs this floating address`,
      `manque : le rôle ${role} (${fr}) a besoin de cette adresse flottante`,
    );
  if (floating && floating.role !== role)
    roles.report(
      ['floating', name, 'role'],
      `only machines of the role ${role} can hold this address, not ${floating.role}`,
      `seules les machines du rôle ${role} peuvent porter cette adresse, pas ${floating.role}`,
    );
  else if (floating && !used)
    roles.report(
      ['floating', name, 'role'],
      `no machine has the role ${role}: give it to one, or remove this floating address`,
      `aucune machine n’a le rôle ${role} : le donner à une machine, ou retirer cette adresse flottante`,
    );
}

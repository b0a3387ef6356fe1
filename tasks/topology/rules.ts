import ipaddr from 'ipaddr.js';
import type { Text } from '../ui/text.ts';
import { FLOATING_NAMES, FLOATING_ROLES, type RoleName, type TopologyData } from './model.ts';
import { fieldName, type Path, type Problem, type Source } from './source.ts';

/** An address of the file and what it belongs to. */
interface Owner {
  path: Path;
  address: string;
  who: Text;
}

/** A problem at a path of the file. */
function problemAt(source: Source, path: Path, text: Text): Problem {
  return { line: source.lineOf(path), field: fieldName(path), text };
}

/** DRBD 8.4 mirrors a disk between two machines, not more. */
const MOST_STORAGE_MACHINES = 2;

/** Roles that have nothing to do without another one. */
const NEEDS: readonly (readonly [RoleName, RoleName])[] = [
  ['arbitrator', 'database'],
  ['router', 'database'],
  ['sentinel', 'session'],
  ['quorum-device', 'storage'],
];

/** All the addresses that can be read, whatever else is wrong in the file. */
function owners(data: unknown): Owner[] {
  const found: Owner[] = [];
  const add = (path: Path, value: unknown, who: Text): void => {
    if (typeof value === 'string' && ipaddr.IPv4.isValidFourPartDecimal(value))
      found.push({ path, address: value, who });
  };
  const fields = (value: unknown): Record<string, unknown> =>
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const top = fields(data);
  add(['network', 'host'], fields(top.network).host, { en: 'the host', fr: 'l’hôte' });
  for (const [name, value] of Object.entries(fields(top.floating)))
    add(['floating', name, 'address'], fields(value).address, {
      en: `the floating address ${name}`,
      fr: `l’adresse flottante ${name}`,
    });
  for (const [name, value] of Object.entries(fields(top.machines)))
    add(['machines', name, 'address'], fields(value).address, { en: name, fr: name });
  return found;
}

/** Why an address cannot be used on the network; undefined when it can. */
function misfit(address: string, cidr: string): Text | undefined {
  const parsed = ipaddr.IPv4.parse(address);
  if (!parsed.match(ipaddr.IPv4.parseCIDR(cidr)))
    return { en: `${address} is outside the network ${cidr}`, fr: `${address} est hors du réseau ${cidr}` };
  if (address === ipaddr.IPv4.networkAddressFromCIDR(cidr).toString())
    return {
      en: `${address} is the address of the network itself`,
      fr: `${address} est l’adresse du réseau lui-même`,
    };
  if (address === ipaddr.IPv4.broadcastAddressFromCIDR(cidr).toString())
    return {
      en: `${address} is the broadcast address of ${cidr}`,
      fr: `${address} est l’adresse de diffusion de ${cidr}`,
    };
  return undefined;
}

/** What is wrong with the network itself; undefined when nothing is. */
function networkProblem(cidr: string): Text | undefined {
  const [address, prefix] = ipaddr.IPv4.parseCIDR(cidr);
  const own = ipaddr.IPv4.networkAddressFromCIDR(cidr).toString();
  if (address.toString() !== own)
    return {
      en: `${cidr} is an address inside a network: write ${own}/${prefix}`,
      fr: `${cidr} est une adresse dans un réseau : écrire ${own}/${prefix}`,
    };
  if (prefix < 8 || prefix > 29)
    return {
      en: `a prefix of /${prefix} is not usable: /8 to /29`,
      fr: `un préfixe /${prefix} n’est pas utilisable : de /8 à /29`,
    };
  const kind = address.range();
  if (kind !== 'private' && kind !== 'carrierGradeNat')
    return {
      en: `${cidr} is not a private network (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10)`,
      fr: `${cidr} n’est pas un réseau privé (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 ou 100.64.0.0/10)`,
    };
  return undefined;
}

/**
 * Rules about addresses. They look at each address that can be read, so that a mistake elsewhere in the file does
 * not hide these; `cidr` is undefined when the network itself is unusable.
 */
export function addressProblems(data: unknown, cidr: string | undefined, source: Source): Problem[] {
  const problems: Problem[] = [];
  const network = cidr === undefined ? undefined : networkProblem(cidr);
  if (network) problems.push(problemAt(source, ['network', 'cidr'], network));

  const all = owners(data).map((owner) => ({ ...owner, line: source.lineOf(owner.path) }));
  all.sort((a, b) => a.line - b.line);
  const taken = new Map<string, (typeof all)[number]>();
  for (const owner of all) {
    const first = taken.get(owner.address);
    if (!first) taken.set(owner.address, owner);
    else
      problems.push(
        problemAt(source, owner.path, {
          en: `${owner.address} is already the address of ${first.who.en} (line ${first.line})`.replace(
            'the address of the floating',
            'the floating',
          ),
          fr: `${owner.address} est déjà l’adresse de ${first.who.fr} (ligne ${first.line})`,
        }),
      );
    const wrong = cidr === undefined || network ? undefined : misfit(owner.address, cidr);
    if (wrong) problems.push(problemAt(source, owner.path, wrong));
  }
  return problems;
}

/** Rules about roles, votes and floating addresses; they need the whole file to be well-formed. */
export function roleProblems(data: TopologyData, source: Source): Problem[] {
  const problems: Problem[] = [];
  const report = (path: Path, en: string, fr: string): void => {
    problems.push(problemAt(source, path, { en, fr }));
  };
  const machines = Object.entries(data.machines);
  /** The machines of a role, each with the path of the role in its list. */
  const withRole = (role: RoleName) =>
    machines
      .filter(([, machine]) => machine.roles.includes(role))
      .map(([name, machine]) => ({
        name,
        machine,
        path: ['machines', name, 'roles', machine.roles.indexOf(role)] satisfies Path,
      }));
  const namesOf = (role: RoleName): string =>
    withRole(role)
      .map(({ name }) => name)
      .join(', ');

  if (machines.length === 0) report(['machines'], 'there is no machine', 'il n’y a aucune machine');
  for (const [name, machine] of machines)
    machine.roles.forEach((role, index) => {
      if (machine.roles.indexOf(role) !== index)
        report(['machines', name, 'roles', index], `${role} is listed twice`, `${role} est cité deux fois`);
    });

  for (const [role, needed] of NEEDS)
    for (const { path } of withRole(needed).length === 0 ? withRole(role) : [])
      report(
        path,
        `${role} has nothing to do: no machine has the role ${needed}`,
        `${role} n’a rien à faire : aucune machine n’a le rôle ${needed}`,
      );

  problems.push(...databaseProblems(), ...storageProblems(), ...sessionProblems(), ...floatingProblems());
  return problems;

  function databaseProblems(): Problem[] {
    const found: Problem[] = [];
    const nodes = withRole('database');
    const votes = nodes.length + withRole('arbitrator').length;
    const first = nodes[0];
    if (first && (votes < 3 || votes % 2 === 0))
      found.push(
        problemAt(source, first.path, {
          en: `missing quorum vote: the database has ${votes} (database: ${namesOf('database')}; arbitrator: ${namesOf('arbitrator') || 'none'}), an odd number of at least 3 is needed`,
          fr: `vote de quorum manquant : la base de données en a ${votes} (database : ${namesOf('database')} ; arbitrator : ${namesOf('arbitrator') || 'aucun'}), il en faut un nombre impair d’au moins 3`,
        }),
      );
    for (const { machine, name, path } of withRole('arbitrator'))
      if (machine.roles.includes('database'))
        found.push(
          problemAt(source, path, {
            en: `the arbitrator cannot be on ${name}, a database machine: both votes would be lost together`,
            fr: `l’arbitre ne peut pas être sur ${name}, qui porte la base : les deux votes seraient perdus ensemble`,
          }),
        );
    return found;
  }

  function storageProblems(): Problem[] {
    const found: Problem[] = [];
    const nodes = withRole('storage');
    const devices = withRole('quorum-device');
    for (const { machine, name, path } of nodes)
      if (machine.disk === undefined)
        found.push(
          problemAt(source, path, {
            en: `storage needs a second disk: give ${name} a field “disk” (MiB)`,
            fr: `storage demande un second disque : donner à ${name} un champ « disk » (Mio)`,
          }),
        );
    const third = nodes[MOST_STORAGE_MACHINES];
    if (third)
      found.push(
        problemAt(source, third.path, {
          en: `at most ${MOST_STORAGE_MACHINES} storage machines (${namesOf('storage')} are ${nodes.length})`,
          fr: `au plus ${MOST_STORAGE_MACHINES} machines de stockage (${namesOf('storage')} font ${nodes.length})`,
        }),
      );
    const needed = nodes.length >= 2 ? 1 : 0;
    const [first] = nodes;
    if (first && devices.length < needed)
      found.push(
        problemAt(source, first.path, {
          en: `missing quorum vote: two storage machines (${namesOf('storage')}) need one quorum-device on another machine`,
          fr: `vote de quorum manquant : deux machines de stockage (${namesOf('storage')}) demandent un quorum-device sur une autre machine`,
        }),
      );
    const extra = devices[needed];
    if (first && extra)
      found.push(
        problemAt(source, extra.path, {
          en: `${nodes.length} storage machine(s) need ${needed} quorum-device, not ${devices.length} (${namesOf('quorum-device')})`,
          fr: `${nodes.length} machine(s) de stockage demandent ${needed} quorum-device, et non ${devices.length} (${namesOf('quorum-device')})`,
        }),
      );
    for (const { machine, name, path } of devices)
      if (machine.roles.includes('storage'))
        found.push(
          problemAt(source, path, {
            en: `the quorum-device cannot be on ${name}, a storage machine: both votes would be lost together`,
            fr: `le quorum-device ne peut pas être sur ${name}, qui porte le stockage : les deux votes seraient perdus ensemble`,
          }),
        );
    return found;
  }

  function sessionProblems(): Problem[] {
    const first = withRole('session')[0];
    const votes = withRole('sentinel').length;
    if (!first || (votes >= 3 && votes % 2 === 1)) return [];
    return [
      problemAt(source, first.path, {
        en: `missing quorum vote: session needs an odd number of at least 3 sentinels, there are ${votes} (${namesOf('sentinel') || 'none'})`,
        fr: `vote de quorum manquant : session demande un nombre impair d’au moins 3 sentinel, il y en a ${votes} (${namesOf('sentinel') || 'aucun'})`,
      }),
    ];
  }

  function floatingProblems(): Problem[] {
    const found: Problem[] = [];
    for (const name of FLOATING_NAMES) {
      const role = FLOATING_ROLES[name];
      const floating = data.floating[name];
      const [user] = withRole(role);
      if (!floating) {
        if (user)
          found.push(
            problemAt(source, ['floating', name], {
              en: `is missing: the role ${role} (${namesOf(role)}) needs this floating address`,
              fr: `manque : le rôle ${role} (${namesOf(role)}) a besoin de cette adresse flottante`,
            }),
          );
      } else if (floating.role !== role)
        found.push(
          problemAt(source, ['floating', name, 'role'], {
            en: `only machines of the role ${role} can hold this address, not ${floating.role}`,
            fr: `seules les machines du rôle ${role} peuvent porter cette adresse, pas ${floating.role}`,
          }),
        );
      else if (!user)
        found.push(
          problemAt(source, ['floating', name, 'role'], {
            en: `no machine has the role ${role}: give it to one, or remove this floating address`,
            fr: `aucune machine n’a le rôle ${role} : le donner à une machine, ou retirer cette adresse flottante`,
          }),
        );
    }
    return found;
  }
}

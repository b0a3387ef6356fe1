import ipaddr from 'ipaddr.js';
import type { Text } from '../base/text.ts';
import { type Path, type Problem, problemAt, type Source } from './source.ts';

/** An address of the file and what it belongs to. */
interface Owner {
  path: Path;
  address: string;
  /** What the address is, for messages. */
  who: Text;
}

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
  add(['network', 'host'], fields(top.network).host, {
    en: 'the address of the host',
    fr: 'l’adresse de l’hôte',
  });
  for (const [name, value] of Object.entries(fields(top.floating)))
    add(['floating', name, 'address'], fields(value).address, {
      en: `the floating address ${name}`,
      fr: `l’adresse flottante ${name}`,
    });
  for (const [name, value] of Object.entries(fields(top.machines)))
    add(['machines', name, 'address'], fields(value).address, {
      en: `the address of ${name}`,
      fr: `l’adresse de ${name}`,
    });
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
          en: `${owner.address} is already ${first.who.en} (line ${first.line})`,
          fr: `${owner.address} est déjà ${first.who.fr} (ligne ${first.line})`,
        }),
      );
    const wrong = cidr === undefined || network ? undefined : misfit(owner.address, cidr);
    if (wrong) problems.push(problemAt(source, owner.path, wrong));
  }
  return problems;
}

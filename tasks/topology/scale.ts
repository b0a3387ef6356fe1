import ipaddr from 'ipaddr.js';
import { parseDocument, YAMLMap } from 'yaml';
import { LabError } from '../base/errors.ts';
import { parseTopology } from './load.ts';
import { MACHINE_NAME, type Machine, machinesOf, ROLE_NAMES, type Topology } from './model.ts';

/** The role that can have any number of machines while the lab runs: it holds neither data nor votes. */
export const SCALED_ROLE = 'web';

/** A topology with another number of web machines. */
export interface Scaled {
  topology: Topology;
  /** The file it would be read from. */
  text: string;
  added: Machine[];
  removed: Machine[];
}

/** Number that is asked for, from a word such as web=3. LabError for anything else. */
export function parseScale(word: string): number {
  const [, role = '', digits] = /^([^=]*)(?:=(.*))?$/.exec(word) ?? [];
  if (role !== SCALED_ROLE && (ROLE_NAMES as readonly string[]).includes(role)) {
    throw new LabError(
      {
        en: `The number of ${role} machines cannot change on a running lab: they hold data, votes or an address.`,
        fr: `Le nombre de machines ${role} ne peut pas changer sur un lab en marche : elles portent des données, des voix ou une adresse.`,
      },
      {
        en: `only ${SCALED_ROLE} can; for another role write a topology of your own (docs/topology.md).`,
        fr: `seul ${SCALED_ROLE} le peut ; pour un autre rôle, écrivez votre topologie (docs/topology.md).`,
      },
    );
  }
  if (role !== SCALED_ROLE || digits === undefined || !/^\d{1,3}$/.test(digits)) {
    throw new LabError(
      { en: `"${word}" does not say how many.`, fr: `« ${word} » ne dit pas combien.` },
      { en: `write ${SCALED_ROLE}=3, for example.`, fr: `écrivez ${SCALED_ROLE}=3, par exemple.` },
    );
  }
  if (Number(digits) < 1) {
    throw new LabError(
      {
        en: 'Without any web machine nothing would be served.',
        fr: 'Sans aucune machine web, rien ne serait servi.',
      },
      { en: 'keep at least one: web=1.', fr: 'gardez-en au moins une : web=1.' },
    );
  }
  return Number(digits);
}

/**
 * `topology`, whose file has this `text`, with `count` web machines. New ones are like the last one, but do nothing
 * else than serve: votes stay as they are. Only machines that do nothing else go, the last first. `file` is what the
 * result is to be read from. LabError when that is not possible.
 */
export function scaleTopology(topology: Topology, text: string, count: number, file: string): Scaled {
  const document = parseDocument(text, { merge: true });
  const list = document.get('machines');
  const pattern = machinesOf(topology, SCALED_ROLE).at(-1);
  if (!(list instanceof YAMLMap) || !pattern) {
    throw new LabError({
      en: `No machine of the topology ${topology.name} has the role ${SCALED_ROLE}.`,
      fr: `Aucune machine de la topologie ${topology.name} n'a le rôle ${SCALED_ROLE}.`,
    });
  }
  let machines = topology.machines;
  const has = () => machines.filter((machine) => machine.roles.includes(SCALED_ROLE)).length;
  const removed = leaving(topology, has() - count);
  for (const machine of removed) list.delete(machine.name);
  while (has() < count) {
    const machine = newcomer({ ...topology, machines }, pattern);
    const { name, address, memory, cpus, roles } = machine;
    const pair = document.createPair(name, { address, memory, ...(cpus > 1 ? { cpus } : {}), roles });
    if (pair.value instanceof YAMLMap) pair.value.flow = true;
    list.items.splice(lastOf(list, machines) + 1, 0, pair as (typeof list.items)[number]);
    machines = [...machines, machine];
  }
  const scaled = parseTopology(document.toString({ lineWidth: 0 }), file);
  const before = topology.machines.map((machine) => machine.name);
  return {
    topology: scaled,
    text: document.toString({ lineWidth: 0 }),
    added: scaled.machines.filter((machine) => !before.includes(machine.name)),
    removed,
  };
}

/** Place of the last web machine in the file's list. */
function lastOf(list: YAMLMap, machines: Machine[]): number {
  const web = new Set(machinesOf({ machines }, SCALED_ROLE).map((machine) => machine.name));
  return list.items.findLastIndex(({ key }) => web.has(String(key)));
}

/** The last `count` web machines that can go. LabError that names one that cannot. */
function leaving(topology: Topology, count: number): Machine[] {
  if (count <= 0) return [];
  const all = machinesOf(topology, SCALED_ROLE).reverse();
  const free = all.filter((machine) => machine.roles.length === 1);
  if (free.length >= count) return free.slice(0, count);
  const bound = all.find((machine) => machine.roles.length > 1) ?? all[0];
  const others = bound?.roles.filter((role) => role !== SCALED_ROLE).join(', ');
  const least = all.length - free.length;
  throw new LabError(
    {
      en: `${bound?.name} cannot be removed: it also has ${others}, whose data and votes the lab counts on.`,
      fr: `${bound?.name} ne peut pas être retirée : elle a aussi ${others}, dont le lab a besoin des données et des voix.`,
    },
    {
      en: `the fewest web machines that this lab can have is ${least}: web=${least}.`,
      fr: `ce lab ne peut pas avoir moins de ${least} machines web : web=${least}.`,
    },
  );
}

/** One more machine like `pattern`: the next free number in its name, and the address that goes with it or the next free one. */
function newcomer(topology: Topology, pattern: Machine): Machine {
  const taken = new Set(topology.machines.map((machine) => machine.name));
  const [, stem = SCALED_ROLE, digits = ''] = /^(.*?)(\d*)$/.exec(pattern.name) ?? [];
  let number = 1;
  while (taken.has(`${stem}${number}`)) number += 1;
  const name = MACHINE_NAME.test(`${stem}${number}`) ? `${stem}${number}` : `${SCALED_ROLE}-${number}`;
  const wanted = numberOf(pattern.address) + (digits === '' ? 1 : number - Number(digits));
  const address = freeAddress(topology, wanted);
  return {
    ...pattern,
    name,
    address,
    mac: '',
    disk: undefined,
    roles: [SCALED_ROLE],
  };
}

const numberOf = (address: string): number =>
  ipaddr.IPv4.parse(address)
    .toByteArray()
    .reduce((sum, byte) => sum * 256 + byte, 0);

const addressOf = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');

/** The first address from `wanted` on, around the network once, that nobody has. LabError when there is none. */
function freeAddress(topology: Topology, wanted: number): string {
  const { cidr, host } = topology.network;
  const first = numberOf(ipaddr.IPv4.networkAddressFromCIDR(cidr).toString()) + 1;
  const last = numberOf(ipaddr.IPv4.broadcastAddressFromCIDR(cidr).toString()) - 1;
  const taken = new Set([
    host,
    ...Object.values(topology.floating).map((floating) => floating.address),
    ...topology.machines.map((machine) => machine.address),
  ]);
  const size = last - first + 1;
  for (let step = 0; step < size && step <= taken.size; step += 1) {
    const address = addressOf(first + ((((wanted - first) % size) + size + step) % size));
    if (!taken.has(address)) return address;
  }
  throw new LabError(
    {
      en: `The network ${cidr} has no free address left.`,
      fr: `Le réseau ${cidr} n'a plus d'adresse libre.`,
    },
    { en: 'ask for fewer machines.', fr: 'demandez moins de machines.' },
  );
}

import type { EngineName } from '../base/engine-names.ts';
import { LabError } from '../base/errors.ts';
import type { Text } from '../base/text.ts';
import type { Machine, Topology } from '../topology/model.ts';
import type { Engine } from './engine.ts';

/** What not every engine can do for a machine. */
export type Ability =
  /** Cut its cable, freeze it, fill its disk. */
  | 'cable'
  | 'freeze'
  | 'disk'
  /** Keep what its console prints. */
  | 'console'
  /** Give it more than one processor. */
  | 'processors'
  /** Reach it over ssh while its cable is cut. */
  | 'reach-cut'
  /** Give it a network card on each of two switches. */
  | 'switches'
  /** Give the storage machines a power switch to cut each other's power with. */
  | 'power-switch';

/** Why an engine cannot do it, and the way out; each a sentence's words about one machine. */
export interface Limit {
  what: (machine: string) => Text;
  instead: (machine: string) => Text;
}

const noConsole = (engine: EngineName): Limit => ({
  what: (machine) => ({
    en: `The engine ${engine} does not keep what the console of ${machine} prints.`,
    fr: `Le moteur ${engine} ne garde pas ce qu'affiche la console de ${machine}.`,
  }),
  instead: (machine) => ({
    en: `read its journal: \`lab logs ${machine} --journal\`; or what was done on it: \`lab logs ${machine}\`.`,
    fr: `lisez son journal : \`lab logs ${machine} --journal\` ; ou ce qui y a été fait : \`lab logs ${machine}\`.`,
  }),
});

const oneSwitch = (engine: EngineName): Limit => ({
  what: (machine) => ({
    en: `The engine ${engine} gives each machine one card on one network, whatever the topology says (${machine}).`,
    fr: `Le moteur ${engine} donne à chaque machine une carte sur un seul réseau, quoi que dise la topologie (${machine}).`,
  }),
  instead: () => ({
    en: 'for two switches, make a lab on the engine uml: `lab up --name NAME --engine uml`.',
    fr: 'pour deux commutateurs, créez un lab sur le moteur uml : `lab up --name NOM --engine uml`.',
  }),
});

const noPowerSwitch = (engine: EngineName): Limit => ({
  what: (machine) => ({
    en: `The engine ${engine} has no power switch: a storage machine that is lost is waited for until it must have reset itself (${machine}).`,
    fr: `Le moteur ${engine} n'a pas de prise commandée : une machine de stockage perdue est attendue jusqu'à ce qu'elle se soit forcément réinitialisée (${machine}).`,
  }),
  instead: () => ({
    en: 'for one, make a lab on the engine uml: `lab up --name NAME --engine uml`.',
    fr: 'pour en avoir une, créez un lab sur le moteur uml : `lab up --name NOM --engine uml`.',
  }),
});

const VAGRANT = { cable: true, freeze: true, disk: true, processors: true, 'reach-cut': true } as const;

/** Each engine says of each ability that it has it, or why not: an engine that says nothing does not compile. */
export const LIMITS: Record<EngineName, Record<Ability, true | Limit>> = {
  uml: {
    ...{ cable: true, freeze: true, disk: true, console: true, switches: true, 'power-switch': true },
    processors: {
      what: (machine) => ({
        en: `The engine uml gives each machine one processor, whatever the topology says (${machine}).`,
        fr: `Le moteur uml donne un processeur à chaque machine, quoi que dise la topologie (${machine}).`,
      }),
      instead: () => ({
        en: 'for more, make a lab on another engine: `lab up --name NAME --engine vagrant-libvirt`.',
        fr: 'pour en avoir plus, créez un lab sur un autre moteur : `lab up --name NOM --engine vagrant-libvirt`.',
      }),
    },
    'reach-cut': {
      what: (machine) => ({
        en: `The cable of ${machine} is cut, and the engine uml has no other way to a machine.`,
        fr: `Le câble de ${machine} est coupé, et le moteur uml n'a pas d'autre chemin vers une machine.`,
      }),
      instead: (machine) => ({
        en: `see what it prints with \`lab logs ${machine} --console\`, or plug it in: \`lab fault --undo\`, or \`lab halt ${machine} --force\` and \`lab up ${machine}\`.`,
        fr: `voyez ce qu'elle affiche avec \`lab logs ${machine} --console\`, ou rebranchez-la : \`lab fault --undo\`, ou \`lab halt ${machine} --force\` puis \`lab up ${machine}\`.`,
      }),
    },
  },
  'vagrant-libvirt': {
    ...VAGRANT,
    console: noConsole('vagrant-libvirt'),
    switches: oneSwitch('vagrant-libvirt'),
    'power-switch': noPowerSwitch('vagrant-libvirt'),
  },
  'vagrant-virtualbox': {
    ...VAGRANT,
    console: noConsole('vagrant-virtualbox'),
    switches: oneSwitch('vagrant-virtualbox'),
    'power-switch': noPowerSwitch('vagrant-virtualbox'),
  },
};

/** The LabError of what an engine cannot do for a machine; undefined when it can. */
export function limitOf(
  { name }: Pick<Engine, 'name'>,
  ability: Ability,
  machine: string,
  limits = LIMITS,
): LabError | undefined {
  const limit = limits[name][ability];
  return limit === true ? undefined : new LabError(limit.what(machine), limit.instead(machine));
}

/** To be called before anything is changed. LabError, which names the engine and a way out, when it cannot do that. */
export function requireAbility(
  engine: Pick<Engine, 'name'>,
  ability: Ability,
  machine: string,
  limits = LIMITS,
): void {
  const limit = limitOf(engine, ability, machine, limits);
  if (limit) throw limit;
}

/** What to say of machines that get fewer processors than the topology asks for; undefined when all get theirs. */
export function fewerProcessors(
  engine: Pick<Engine, 'name'>,
  machines: Pick<Machine, 'name' | 'cpus'>[],
): LabError | undefined {
  const names = machines.flatMap(({ name, cpus }) => (cpus > 1 ? [name] : []));
  return names.length > 0 ? limitOf(engine, 'processors', names.join(', ')) : undefined;
}

/** How many switches a lab of this topology has on this engine. */
export const switchesOf = (
  engine: EngineName,
  { network }: Pick<Topology, 'network'>,
  limits = LIMITS,
): number => (limits[engine].switches === true ? network.switches.length : 1);

/** What to say of a topology with two switches that gets one; undefined when it gets what it asks for. */
export function fewerSwitches(engine: Pick<Engine, 'name'>, topology: Topology): LabError | undefined {
  if (switchesOf(engine.name, topology) === topology.network.switches.length) return undefined;
  return limitOf(engine, 'switches', topology.machines.map(({ name }) => name).join(', '));
}

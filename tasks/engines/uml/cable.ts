import { LabError } from '../../base/errors.ts';
import { runProgram } from '../../base/exec.ts';
import { mustRun } from '../../base/must-run.ts';
import type { SwitchName, Topology } from '../../topology/model.ts';
import { isDoubled } from '../../topology/switches.ts';
import type { NetworkState } from '../engine.ts';
import { type Card, cardsOf, switchParts } from './cards.ts';
import type { EnvironmentNamespace } from './namespace.ts';

type Namespace = Pick<EnvironmentNamespace, 'holder' | 'enter'>;

/** What `ip -j -d link show` says of an interface, as far as it is read here. */
export interface Link {
  ifname: string;
  flags: string[];
  master?: string;
  linkinfo?: { info_slave_data?: { isolated?: boolean } };
}

/**
 * Puts a machine's end of its cables into their bridges, or takes it out. With two switches the card also loses its carrier, as one
 * does whose cable is pulled (packer/kernel/patches); of a kernel with one card the driver would give up a cable that is set down.
 * LabError when the lab does not run.
 */
export async function setCables(namespace: Namespace, cards: Card[], plugged: boolean): Promise<void> {
  const links = await linksOf(namespace);
  for (const { tap, bridge, group } of cards) {
    const ends = plugged ? ['master', bridge] : ['nomaster'];
    if (group > 0)
      ends.push('group', String(plugged ? group : 0), isUp(links, bridge) && plugged ? 'up' : 'down');
    await ip(namespace, ['link', 'set', tap, ...ends]);
  }
}

/**
 * Cuts the power of a switch, or gives it back: it forwards nothing, and whatever is plugged into it loses its carrier. A cable that is
 * cut is in no group, and stays without.
 */
export async function setSwitch(namespace: Namespace, name: SwitchName, on: boolean): Promise<void> {
  await linksOf(namespace);
  const { bridge, group } = switchParts(name);
  const state = on ? 'up' : 'down';
  if (on) await ip(namespace, ['link', 'set', bridge, state]);
  await ip(namespace, ['link', 'set', 'group', String(group), state]);
  if (!on) await ip(namespace, ['link', 'set', bridge, state]);
}

/** Pulls or plugs the cable between the switches: the host's bridge, through which it leads, stops forwarding between its ends. */
export async function setLink(namespace: Namespace, names: SwitchName[], plugged: boolean): Promise<void> {
  await linksOf(namespace);
  for (const name of names) {
    const isolated = ['type', 'bridge_slave', 'isolated', plugged ? 'off' : 'on'];
    await ip(namespace, ['link', 'set', switchParts(name).hostEnd, ...isolated]);
  }
}

/** Whether a machine that runs has none of its cables plugged in; false where it has none at all. */
export async function cableIsCut(namespace: Namespace, cards: Card[]): Promise<boolean> {
  if (!namespace.holder()) return false;
  const links = await linksOf(namespace);
  const own = links.filter(({ ifname }) => cards.some(({ tap }) => tap === ifname));
  return own.length > 0 && own.every(({ master }) => master === undefined);
}

/** What is cut or without power of a lab's network, by what `ip` says of its interfaces. */
export function networkOf(links: Link[], topology: Topology): NetworkState {
  if (!isDoubled(topology)) return { off: [], linkCut: false, cut: [] };
  const named = (name: string) => links.find(({ ifname }) => ifname === name);
  const { switches } = topology.network;
  return {
    off: switches.filter((name) => named(switchParts(name).bridge) && !isUp(links, switchParts(name).bridge)),
    linkCut: switches.every(
      (name) => named(switchParts(name).hostEnd)?.linkinfo?.info_slave_data?.isolated === true,
    ),
    cut: topology.machines.flatMap((machine) =>
      cardsOf(machine, topology).flatMap((card) => {
        const link = named(card.tap);
        return link && link.master === undefined ? [{ machine: machine.name, switch: card.switch }] : [];
      }),
    ),
  };
}

const isUp = (links: Link[], name: string): boolean =>
  links.find(({ ifname }) => ifname === name)?.flags.includes('UP') ?? false;

/** The interfaces of the lab's network. LabError when the lab does not run. */
export async function linksOf(namespace: Namespace): Promise<Link[]> {
  if (!namespace.holder()) {
    throw new LabError(
      { en: 'The lab is not running.', fr: "Le lab n'est pas démarré." },
      { en: 'run `lab up`.', fr: 'lancez `lab up`.' },
    );
  }
  const { code, stdout } = await runProgram('nsenter', [
    ...namespace.enter(),
    'ip',
    '-j',
    '-d',
    'link',
    'show',
  ]);
  return code === 0 ? (JSON.parse(stdout) as Link[]) : [];
}

const ip = (namespace: Namespace, words: string[]) =>
  mustRun('nsenter', [...namespace.enter(), 'ip', ...words]);

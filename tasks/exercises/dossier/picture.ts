import type { Architecture, Flow, Part } from '../../architecture/describe.ts';
import { flowsScene } from '../../architecture/flows.ts';
import { machinesScene } from '../../architecture/machines.ts';
import type { PictureName } from '../../architecture/pictures.ts';
import { toSvg } from '../../architecture/svg.ts';
import type { Language, Text } from '../../base/text.ts';
import {
  FLOATING_NAMES,
  FLOATING_ROLES,
  type FloatingName,
  type Machine,
  ROLE_NAMES,
  type RoleName,
  type Topology,
} from '../../topology/model.ts';
import { singlePoints, votersOf } from './losses.ts';
import type { Component, Dossier } from './model.ts';
import { KIND_WORDS, SINGLE_POINT } from './words.ts';

const SHARES_NOTHING = { package: '', timers: [], does: { en: '', fr: '' }, lost: { en: '', fr: '' } };

const floatingNameOf = (role: RoleName): FloatingName | undefined =>
  FLOATING_NAMES.find((name) => FLOATING_ROLES[name] === role);

/** Components of a dossier that have a role and a place. */
const placed = ({ components }: Dossier): [string, Component & { role: RoleName; on: string[] }][] =>
  Object.entries(components).flatMap(([name, component]) => {
    const { role, on } = component;
    return role && on && on.length > 0 ? [[name, { ...component, role, on }] as const] : [];
  }) as [string, Component & { role: RoleName; on: string[] }][];

/** The hardware as the pictures of a topology take it: elements that carry no component are cards without roles. */
function topologyOf(dossier: Dossier): Topology {
  const own = placed(dossier);
  const machines = Object.entries(dossier.hardware).map(([name, { address = '' }]): Machine => {
    const roles = ROLE_NAMES.filter((role) =>
      own.some(([, part]) => part.role === role && part.on.includes(name)),
    );
    return { name, address, mac: '', memory: 0, disk: undefined, cpus: 1, roles };
  });
  const floating: Topology['floating'] = {};
  for (const [, { role, address }] of own) {
    const name = floatingNameOf(role);
    if (name && address) floating[name] = { name, address, role };
  }
  const network = { cidr: '', prefix: 0, netmask: '', host: '', switches: [] };
  return { name: '', file: '', network, floating, machines };
}

/** What one role is made of on machines that run the same software for it. */
function partsOf(dossier: Dossier, topology: Topology, apart: boolean): Part[] {
  const own = placed(dossier);
  return ROLE_NAMES.flatMap((role) => {
    const groups = new Map<string, { software: string[]; machines: Machine[] }>();
    for (const machine of topology.machines.filter(({ roles }) => roles.includes(role))) {
      const software = own.flatMap(([name, part]) =>
        part.role === role && (!apart || part.on.includes(machine.name)) ? [part.software ?? name] : [],
      );
      const key = software.join();
      const group = groups.get(key) ?? { software, machines: [] };
      group.machines.push(machine);
      groups.set(key, group);
    }
    return [...groups.values()].map(
      ({ software, machines }): Part => ({
        role,
        title: { en: role, fr: role },
        components: software.map((name) => ({ ...SHARES_NOTHING, name })),
        machines,
        floating: Object.values(topology.floating).find((floating) => floating.role === role),
        inner: [],
      }),
    );
  });
}

function flowsOf(dossier: Dossier, topology: Topology): Flow[] {
  const own = new Map(placed(dossier));
  const flows = new Map<string, Flow>();
  for (const { role: from, uses = [] } of own.values())
    for (const used of uses) {
      const to = own.get(used)?.role;
      if (!to || to === from) continue;
      const via = Object.values(topology.floating).find((floating) => floating.role === to);
      flows.set(`${from} ${to}`, { from, to, kind: 'service', ports: [], via });
    }
  return [...flows.values()];
}

/** A dossier as the kit's pictures take it. `apart`: a part for each group of machines that run the same. */
function planOf(dossier: Dossier, apart: boolean): Architecture {
  const topology = topologyOf(dossier);
  const own = placed(dossier);
  const votes = votersOf(dossier).map(({ group }) => {
    const voters = own.flatMap(([, { votes, role, on }]) =>
      votes === group ? on.map((machine) => ({ machine, role })) : [],
    );
    const majority = Math.floor(voters.length / 2) + 1;
    return { group: 'galera' as const, title: { en: group, fr: group }, voters, majority };
  });
  return { topology, parts: partsOf(dossier, topology, apart), flows: flowsOf(dossier, topology), votes };
}

/**
 * A picture of a dossier's architecture as SVG, drawn as the kit draws its own. `alarms`: what stands out, by the element; without it single
 * points of failure do.
 */
export function drawDossier(
  picture: PictureName,
  dossier: Dossier,
  language: Language,
  alarms = singlePointAlarms(dossier),
): string {
  const title =
    dossier.title || { en: 'The architecture of the dossier', fr: "L'architecture du dossier" }[language];
  if (picture === 'flows') return toSvg(flowsScene(planOf(dossier, false), language, { title }));
  const network = { en: 'network of the service', fr: 'réseau du service' }[language];
  const note = (name: string) => {
    const alarm = alarms.get(name);
    return alarm
      ? { text: alarm[language], alarm: true }
      : { text: KIND_WORDS[dossier.hardware[name]?.kind ?? 'machine'][language] };
  };
  return toSvg(machinesScene(planOf(dossier, true), language, { title, network, note }));
}

/** What stands out on each element of a picture. */
export type Alarms = Map<string, Text>;

const singlePointAlarms = (dossier: Dossier): Alarms =>
  new Map([...singlePoints(dossier).keys()].map((name) => [name, SINGLE_POINT]));

/** Nothing stands out, as in the exercise's drawing, where students look for single points of failure. */
export const NO_ALARMS: Alarms = new Map();

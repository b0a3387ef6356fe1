import type { LabError } from '../../base/errors.ts';
import type { Engine } from '../../engines/engine.ts';
import { type Ability, LIMITS, limitOf } from '../../engines/limits.ts';
import { machinesOf, type RoleName, type Topology } from '../../topology/model.ts';
import { isDoubled } from '../../topology/switches.ts';
import { FAULTS, type FaultKind, ofEquipment } from './model.ts';
import { peersOf, type Target } from './target.ts';

/** What may be killed: main processes by role. Units without a process of their own (sockets, one-time work) are none. */
export const KILLABLE: Partial<Record<RoleName, string[]>> = {
  lb: ['haproxy', 'keepalived'],
  router: ['mysqlrouter', 'keepalived'],
  arbitrator: ['garb'],
  'quorum-device': ['corosync-qnetd'],
  web: ['apache2', 'php8.4-fpm', 'session-route'],
  session: ['redis-server'],
  sentinel: ['redis-sentinel'],
  database: ['mariadb', 'galera-gate'],
  storage: ['corosync', 'pacemaker'],
};

/** What a fault asks of the engine; the others are made inside the machine, or with what every engine can. */
const NEEDS: Partial<Record<FaultKind, Ability>> = {
  ...{ cable: 'cable', freeze: 'freeze', disk: 'disk' },
  ...{ 'one-cable': 'switches', switch: 'switches', link: 'switches' },
  'power-switch': 'power-switch',
};

/** The LabError of a fault that the engine cannot make; undefined when it can. */
export function faultLimit(
  engine: Pick<Engine, 'name'>,
  target: Target,
  limits = LIMITS,
): LabError | undefined {
  const ability = NEEDS[target.kind];
  return ability && limitOf(engine, ability, target.machine ?? target.holder ?? target.kind, limits);
}

/**
 * Every machine and every fault, then those of what the machines share: what `--all` goes through, always in the same order. The client is left out,
 * as nothing could be measured without it; of each pair only one direction.
 */
export function allTargets(topology: Topology): Target[] {
  const machines = topology.machines.filter((machine) => !machine.roles.includes('client'));
  const kinds = FAULTS.filter((kind) => kind !== 'none' && kind !== 'several' && !ofEquipment(kind));
  const doubled = isDoubled(topology) ? topology.network.switches : [];
  const ofMachines = machines.flatMap((machine, index) =>
    kinds.flatMap((kind): Target[] => {
      if (kind === 'kill') {
        const services = machine.roles.flatMap((role) => KILLABLE[role] ?? []);
        return [...new Set(services)].map((service) => ({ kind, machine: machine.name, service }));
      }
      if (kind === 'one-cable') return doubled.map((name) => ({ kind, machine: machine.name, switch: name }));
      if (kind === 'pair') {
        return peersOf(topology, machine.name)
          .filter((peer) => machines.findIndex((other) => other.name === peer) > index)
          .map((peer) => ({ kind, machine: machine.name, peer }));
      }
      // Without partners that hold copies it is a power cut like any other.
      const copies = machine.roles.some((role) => role === 'database' || role === 'storage');
      return kind === 'fading' && !copies ? [] : [{ kind, machine: machine.name }];
    }),
  );
  const network: Target[] =
    doubled.length === 0
      ? []
      : [...doubled.map((name): Target => ({ kind: 'switch', switch: name })), { kind: 'link' }];
  const fenced = machinesOf(topology, 'storage').length > 1;
  return [...ofMachines, ...network, ...(fenced ? [{ kind: 'power-switch' } as const] : [])];
}

/** Each two machines at once, and each half of the room (what has the same number): what `--pairs` goes through. */
export function pairTargets(topology: Topology): Target[] {
  const names = topology.machines.filter(({ roles }) => !roles.includes('client')).map(({ name }) => name);
  const several = (machine: string, others: string[]): Target => ({ kind: 'several', machine, with: others });
  const pairs = names.flatMap((name, index) => names.slice(index + 1).map((other) => several(name, [other])));
  const numbers = [...new Set(names.map((name) => /\d+$/.exec(name)?.[0] ?? ''))].filter(Boolean);
  const halves = numbers
    .map((number) => names.filter((name) => /\d+$/.exec(name)?.[0] === number))
    .flatMap(([first = '', ...others]) => (others.length > 1 ? [several(first, others)] : []));
  return [...pairs, ...halves];
}

/**
 * Numbers in 0..1 that a seed always gives again (mulberry32, by Tommy Ettinger, public domain): a random run must be
 * repeatable on any version of Node.
 */
export function numbersOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** How often each fault comes in a random run: losing a machine is what the design is about. */
const WEIGHTS: Partial<Record<FaultKind, number>> = {
  power: 5,
  cable: 2,
  'one-cable': 2,
  switch: 2,
  link: 1,
  'power-switch': 1,
  freeze: 2,
  pair: 1,
  kill: 4,
  stop: 1,
  disk: 1,
  loss: 1,
  delay: 1,
  clock: 1,
  fading: 1,
};

/** Targets by chance, without end, of those that are `possible`: first a fault by its weight, then one of the targets that have it. */
export function* randomTargets(
  topology: Topology,
  seed: number,
  possible: (target: Target) => boolean = () => true,
): Generator<Target> {
  const next = numbersOf(seed);
  const targets = allTargets(topology).filter(possible);
  const kinds = (Object.entries(WEIGHTS) as [FaultKind, number][]).filter(([kind]) =>
    targets.some((target) => target.kind === kind),
  );
  // Each as often as it weighs.
  const urn = kinds.flatMap(([kind, weight]) => Array<FaultKind>(weight).fill(kind));
  for (;;) {
    const kind = urn[Math.floor(next() * urn.length)] ?? 'power';
    const choice = targets.filter((target) => target.kind === kind);
    const target = choice[Math.floor(next() * choice.length)];
    if (!target) return;
    yield target;
  }
}

/** Seconds of 90, 90s, 30m, 2h; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(s|m|h|min)?$/.exec(text.trim());
  if (!match) return undefined;
  const factor = { s: 1, m: 60, min: 60, h: 3600 }[match[2] ?? 's'] ?? 1;
  const seconds = Number(match[1]) * factor;
  return seconds > 0 ? seconds : undefined;
}

/** Machines that are alone with one of their roles: the design claims nothing about their loss. */
export function alone(topology: Topology, name: string): RoleName[] {
  const machine = topology.machines.find((machine) => machine.name === name);
  return (machine?.roles ?? []).filter((role) => machinesOf(topology, role).length < 2);
}

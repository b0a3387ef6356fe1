import type { SwitchName, Topology } from './model.ts';

/** Whether the lab network has two switches, and each machine two cards. */
export const isDoubled = ({ network }: Pick<Topology, 'network'>): boolean => network.switches.length > 1;

/** The topology with at most so many switches: a lab keeps those that it was made with. */
export function withSwitches(topology: Topology, count: number): Topology {
  if (topology.network.switches.length <= count) return topology;
  return {
    ...topology,
    network: { ...topology.network, switches: topology.network.switches.slice(0, count) },
  };
}

/** Every cable of a machine, by the switch that it leads to. */
export const othersThan = ({ network }: Pick<Topology, 'network'>, name: SwitchName): SwitchName[] =>
  network.switches.filter((other) => other !== name);

import { type Machine, SWITCH_NAMES, type SwitchName, type Topology } from '../../topology/model.ts';
import { isDoubled } from '../../topology/switches.ts';

/** A machine's network card, and where its cable goes. */
export interface Card {
  switch: SwitchName;
  /** What the machine calls it. */
  nic: string;
  mac: string;
  /** The cable's name on the host; the kernel allows 15 characters. */
  tap: string;
  /** The bridge that is the switch. */
  bridge: string;
  /** Number of the group in which everything is that is plugged into the switch; 0 is that of all other interfaces. */
  group: number;
}

/** The bridge that has the host's address; with one switch it is that switch. */
export const HOST_BRIDGE = 'lab0';

/** Everything that the namespace calls something of a switch, where there are two. holder.sh makes it. */
export const switchParts = (name: SwitchName) => ({
  bridge: `lab-${name}`,
  group: SWITCH_NAMES.indexOf(name) + 1,
  /** The host bridge's end of its cable to the switch. */
  hostEnd: `host-${name}`,
});

/**
 * The cable's name comes from the machine's address: its place among the machines changes when others come and go. The cards' hardware
 * addresses differ in the first byte.
 */
export function cardsOf(machine: Pick<Machine, 'mac'>, topology: Pick<Topology, 'network'>): Card[] {
  const tap = `tap${machine.mac.split(':').slice(2).join('')}`;
  const doubled = isDoubled(topology);
  return topology.network.switches.map((name, index) => {
    const { bridge, group } = switchParts(name);
    const mac = index === 0 ? machine.mac : machine.mac.replace(/^../, '56');
    const card = { switch: name, nic: `vec${index}`, mac };
    return doubled
      ? { ...card, tap: `${tap}-${name}`, bridge, group }
      : { ...card, tap, bridge: HOST_BRIDGE, group: 0 };
  });
}

/** One network card of a machine, as the kernel's bond has it. */
export interface CardState {
  name: string;
  /** It has a carrier. */
  up: boolean;
  /** It is the one that works. */
  active: boolean;
}

/** Where a machine tells of its cards; without a bond there is no such file. */
export const cardsFile = (nic: string): string => `/proc/net/bonding/${nic}`;

/** The cards of a machine in the order of the switches, by what cardsFile has; empty for anything else. */
export function cardsIn(text: string): CardState[] {
  const active = /^Currently Active Slave: (\S+)/m.exec(text)?.[1];
  return text
    .split(/^Slave Interface: /m)
    .slice(1)
    .map((part) => {
      const name = /^\S+/.exec(part)?.[0] ?? '';
      return { name, up: /^MII Status: up$/m.test(part), active: name === active };
    });
}

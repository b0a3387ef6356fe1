import { INSIDE } from '../engine.ts';
import type { Card } from './cards.ts';

/** What a machine with two cards calls them together. */
const BOND = INSIDE.uml.bond;

/** How a machine's cards are watched, ms (roles/timers.yaml, `network`). */
export interface LinkTimers {
  /** How often it is looked whether a card has its carrier. */
  check: number;
  /** How long a card must have it again before it is used. */
  back: number;
}

/** The interface that has the machine's address. */
export const nicOf = (cards: Card[]): string => (cards.length > 1 ? BOND : (cards[0]?.nic ?? ''));

/**
 * The cards become members of the bond before anything of the machine uses the network. No systemd-networkd: it would do this only once udev
 * has looked at the cards, stay as a process in each machine, and call the floating addresses on the bond its own.
 */
const unit = (cards: Card[]): string =>
  [
    '[Unit]',
    `Description=Network cards as one (${BOND})`,
    'DefaultDependencies=no',
    'Before=network-pre.target sysinit.target',
    '[Service]',
    'Type=oneshot',
    'RemainAfterExit=yes',
    ...cards.map(({ nic }) => `ExecStart=ip link set ${nic} master ${BOND}`),
    '',
  ].join('\n');

/**
 * What makes two cards one, on the kernel's command line: the bond with its address is there before the first program (bonding.rst), and
 * systemd puts the cards into it (systemd.system-credentials(7), `systemd.extra-unit`). One card works, the other one waits; all machines
 * work with the first, so that nobody needs the cable between the switches. Every machine goes back to it when it can.
 */
export function bondWords(cards: Card[], { check, back }: LinkTimers): string[] {
  return [
    'bonding.mode=active-backup',
    `bonding.miimon=${check}`,
    `bonding.updelay=${back}`,
    `bonding.primary=${cards[0]?.nic}`,
    // The bond has no carrier before it has a card; the kernel would wait for one until it gives it the address.
    'carrier_timeout=0',
    `systemd.set_credential_binary=systemd.extra-unit.bond.service:${Buffer.from(unit(cards)).toString('base64')}`,
    'systemd.wants=bond.service',
  ];
}

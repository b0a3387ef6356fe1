import type { Engine } from '../engines/engine.ts';
import { runRemote } from '../remote/ssh.ts';
import { type FloatingName, machinesOf, type Topology } from '../topology/model.ts';
import type { Inspections, MachineInspection } from './facts.ts';

/** "Who has it now": a floating address, or the part of the one that is in charge. */
export const HOLDERS = ['front', 'router', 'storage', 'database', 'redis'] as const;
export type Holder = (typeof HOLDERS)[number];

/** Lines `name: value`, `name:value` or `name<tab>value`. */
export function parsePairs(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const match = /^([^:\t]+)[:\t]\s*(.*?)\s*$/.exec(line);
      return match ? [[match[1] ?? '', match[2] ?? '']] : [];
    }),
  );
}

/** Prints the addresses of a machine, for hasAddress(). */
export const ADDRESSES_COMMAND = 'ip -o -4 addr show';

/** Whether a machine has an address on one of its interfaces, by what ADDRESSES_COMMAND printed there. */
export const hasAddress = (addresses: string, address: string): boolean => addresses.includes(` ${address}/`);

/** Which machines hold an address, by what they say. */
export const holdersIn = (facts: Inspections, address: string): string[] =>
  Object.keys(facts).filter((name) => hasAddress(facts[name]?.sections.addresses ?? '', address));

/** Asks all machines, at most `timeout` seconds, which of them hold an address. */
export async function askHolders(
  engine: Pick<Engine, 'sshHosts'>,
  address: string,
  timeout: number,
): Promise<string[]> {
  const answers = await Promise.all(
    (await engine.sshHosts()).map(async (host) => {
      const { stdout } = await runRemote(host, ADDRESSES_COMMAND, { timeout });
      return hasAddress(stdout, address) ? [host.Host] : [];
    }),
  );
  return answers.flat();
}

/** Who holds what now. `writer`: the database that took the last row, if known. */
export function holdersOf(
  topology: Topology,
  facts: Inspections,
  writer?: string,
): Partial<Record<Holder, string>> {
  const only = (floating: FloatingName) => {
    const { address } = topology.floating[floating] ?? {};
    const names = address === undefined ? [] : holdersIn(facts, address);
    return names.length === 1 ? names[0] : undefined;
  };
  const holders: Partial<Record<Holder, string | undefined>> = {
    front: only('front'),
    router: only('router'),
    storage: only('storage'),
    // Router uses the first database of its list that is open.
    database: writer ?? machinesOf(topology, 'database').find((machine) => isOpen(facts[machine.name]))?.name,
    redis: machinesOf(topology, 'session').find(
      (machine) => parsePairs(facts[machine.name]?.sections.redis ?? '').role === 'master',
    )?.name,
  };
  return Object.fromEntries(Object.entries(holders).filter(([, name]) => name !== undefined));
}

const isOpen = (facts: MachineInspection | undefined) => /^primary /.test(facts?.sections.gate ?? '');

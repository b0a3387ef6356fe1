import { readFileSync } from 'node:fs';
import type { Topology } from '../../topology/model.ts';
import type { Traffic } from '../engine.ts';
import { cardsOf } from './cards.ts';
import type { EnvironmentNamespace } from './namespace.ts';

/**
 * What went over each machine's cables, by the counters of its ports of the bridges: the kernel tells those of a lab's network at its
 * first process, so that nothing has to be started in there. Empty where there is no network.
 */
export function trafficOf(
  namespace: Pick<EnvironmentNamespace, 'holder'>,
  topology: Topology,
  proc = '/proc',
): Map<string, Traffic> {
  const holder = namespace.holder();
  if (!holder) return new Map();
  const ports = portsIn(readDevices(`${proc}/${holder.pid}/net/dev`));
  return new Map(
    topology.machines.flatMap((machine) => {
      const own = cardsOf(machine, topology).flatMap(({ tap }) => ports.get(tap) ?? []);
      const sum = (of: keyof Traffic) => own.reduce((total, port) => total + port[of], 0);
      return own.length > 0 ? [[machine.name, { received: sum('received'), sent: sum('sent') }]] : [];
    }),
  );
}

function readDevices(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    // The lab ended at this moment.
    return '';
  }
}

/** The ports that /proc/PID/net/dev tells of. What a machine sends its port receives, and the other way round. */
export function portsIn(text: string): Map<string, Traffic> {
  return new Map(
    text.split('\n').flatMap((line): [string, Traffic][] => {
      const [, name, rest] = /^ *([^:\s]+): *(.*)$/.exec(line) ?? [];
      const [sent, received] = rest ? [0, 8].map((column) => Number(rest.split(/ +/)[column])) : [];
      if (!name || !Number.isSafeInteger(sent) || !Number.isSafeInteger(received)) return [];
      return [[name, { received: received as number, sent: sent as number }]];
    }),
  );
}

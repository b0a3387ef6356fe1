import type { Text } from '../../base/text.ts';
import type { EnvironmentStatus } from '../../inspect/status.ts';
import type { DrillResult } from '../../measure/drill/model.ts';
import type { AnyRole, Role } from '../../roles/roles.ts';
import type { Machine, Topology } from '../../topology/model.ts';
import type { Dossier } from './model.ts';

/** What a dossier is held against. */
export interface Seen {
  topology: Topology;
  roles: Map<AnyRole, Role>;
  /** What the machines say of themselves; undefined: none was asked. */
  status: EnvironmentStatus | undefined;
  drills: DrillResult[];
}

/** holds, wrong; open: nothing was seen that tells; read: told for people to judge. */
export type Agreement = 'holds' | 'wrong' | 'open' | 'read';

/** One claim of a dossier beside what was seen. */
export interface Row {
  element: string;
  what: 'place' | 'address' | 'runs' | 'takes-over' | 'outage' | 'noticed' | 'writes' | 'missing';
  claimed: Text;
  seen: Text;
  agreement: Agreement;
  /** Names of the drills that it was seen in. */
  drills: string[];
}

export const plainText = (text: string): Text => ({ en: text, fr: text });
export const listed = (names: string[]): Text =>
  names.length === 0 ? { en: 'nothing', fr: 'rien' } : plainText(names.join(', '));

/** The machine of the lab that an element of the hardware stands for: of its name, else of its address. */
export function machineOf({ hardware }: Dossier, name: string, topology: Topology): Machine | undefined {
  const element = hardware[name];
  if (!element || (element.kind ?? 'machine') !== 'machine') return undefined;
  return (
    topology.machines.find((machine) => machine.name === name) ??
    topology.machines.find((machine) => machine.address === element.address)
  );
}

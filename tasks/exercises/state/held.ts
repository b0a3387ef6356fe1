import type { Environment } from '../../environment/record.ts';
import { noteOf } from '../../environment/snapshot-notes.ts';
import { WORK_NAME } from '../guides/ids.ts';
import type { LabsState, OpenFault } from './state.ts';

/** What a snapshot holds of the labs. */
export interface Held {
  /** NN of the lab whose work it is; absent: of none. */
  lab?: string;
  /** Faults that were open then. */
  faults: OpenFault[];
}

/** Work in no lab is saved under this number. */
export const NO_LAB = '00';

/** The lab and the number that the name of a saved work tells, none of which ever takes the place of another; undefined for any other snapshot. */
export function workNamed(snapshot: string): { lab: string; number: number } | undefined {
  const [, lab, number] = WORK_NAME.exec(snapshot) ?? [];
  return lab === undefined ? undefined : { lab, number: Number(number ?? 1) };
}

/** What the machines hold now. */
export const heldNow = ({ current, faults }: LabsState): Held => ({
  ...(current === undefined ? {} : { lab: current }),
  faults,
});

/** What a snapshot holds, as it was noted; of one without a note its name may tell the lab. */
export async function heldBy(environment: Environment, snapshot: string): Promise<Held> {
  const note = (await noteOf(environment, snapshot))?.more as Held | undefined;
  if (note) return note;
  const lab = workNamed(snapshot)?.lab;
  return { ...(lab === undefined || lab === NO_LAB ? {} : { lab }), faults: [] };
}

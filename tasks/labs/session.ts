import type { CheckContext } from '../checks/plan.ts';
import type { Engine } from '../engines/engine.ts';
import { INSIDE } from '../engines/inside.ts';
import { openEngine } from '../engines/open.ts';
import { existingLab, type Lab } from '../lab/lab.ts';
import { timersOf } from '../lab/timers.ts';
import { readService } from '../provision/context.ts';
import { readLabs } from './load.ts';
import type { LabGuide } from './model.ts';
import { type LabsState, readState } from './state.ts';
import { placeholders } from './values.ts';

/** What the commands of the labs work with. */
export interface LabSession {
  lab: Lab;
  engine: Engine;
  labs: LabGuide[];
  state: LabsState;
  host: string;
}

export async function openSession(name: string): Promise<LabSession> {
  const lab = await existingLab(name);
  const [engine, state] = await Promise.all([openEngine(lab), readState(lab.folder)]);
  return { lab, engine, labs: readLabs(lab.root), state, host: readService(lab.root).host };
}

/** What the checks of a session's lab are made for. */
export const contextOf = ({
  lab,
  state,
  host,
}: Pick<LabSession, 'lab' | 'state' | 'host'>): CheckContext => ({
  ...{ topology: lab.topology, student: state.student, host },
  factor: timersOf(lab.record).factor,
});

/** Reads again what another process may have changed: a guide's own `lab` commands write history, faults and size. */
export async function refreshSession(session: LabSession): Promise<void> {
  Object.assign(session, await openSession(session.lab.name));
}

/** The values of the placeholders in a guide, its hints and its faults. */
export function valuesFor(
  session: Pick<LabSession, 'lab' | 'state' | 'host'>,
  guide: LabGuide,
): Map<string, string> {
  const inside = INSIDE[session.lab.record.engine];
  return placeholders(guide, session.lab.topology, {
    nic: inside.nic,
    disk: inside.secondDisk,
    host: session.host,
    student: session.state.student,
  });
}

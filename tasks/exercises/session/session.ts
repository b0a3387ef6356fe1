import { environmentFolder, ROOT } from '../../base/paths.ts';
import { type Engine, insideOf } from '../../engines/engine.ts';
import { openEngine } from '../../environment/open-engine.ts';
import {
  type Environment,
  type EnvironmentRecord,
  existingEnvironment,
  readBegun,
  readRecord,
} from '../../environment/record.ts';
import { readService } from '../../roles/service.ts';
import { timersOf } from '../../roles/timers.ts';
import { DEFAULT_TOPOLOGY, loadTopology } from '../../topology/load.ts';
import { SWITCH_NAMES } from '../../topology/model.ts';
import { withSwitches } from '../../topology/switches.ts';
import type { CheckContext } from '../checks/plan.ts';
import { readLabs } from '../guides/load.ts';
import type { LabGuide } from '../guides/model.ts';
import { placeholders } from '../guides/values.ts';
import { type LabsState, readState } from '../state/state.ts';

/** What the commands of the labs work with. */
export interface LabSession {
  environment: Environment;
  engine: Engine;
  labs: LabGuide[];
  state: LabsState;
  host: string;
}

/** The same where no machine is needed, and none need exist. */
export type PaperSession = Omit<LabSession, 'engine'> & { engine: Pick<Engine, 'states' | 'sshHosts'> };

/**
 * For labs without machines: the lab of this name where there is one, else one that consists of its record alone. Nothing is written
 * yet.
 */
export async function openPaperSession(name: string): Promise<PaperSession> {
  if (await readRecord(name)) return openSession(name);
  const record: EnvironmentRecord = (await readBegun(name)) ?? {
    topology: DEFAULT_TOPOLOGY,
    engine: 'uml' as const,
    app: 'sample',
  };
  const folder = environmentFolder(name);
  const topology = withSwitches(
    await loadTopology(record.topology, ROOT),
    record.switches ?? SWITCH_NAMES.length,
  );
  const environment = {
    name,
    folder,
    root: ROOT,
    topology,
    record,
    sshKeyFile: '',
    sshPublicKey: '',
    powerSwitchKeyFile: '',
  };
  const engine = { states: async () => new Map(), sshHosts: async () => [] };
  const { host } = readService(ROOT);
  return { environment, engine, labs: readLabs(ROOT), state: await readState(folder), host };
}

/** The session that a lab asks for. */
export const openSessionFor = (name: string, { needs }: Pick<LabGuide, 'needs'>): Promise<PaperSession> =>
  needs.machines === 'none' ? openPaperSession(name) : openSession(name);

export async function openSession(name: string): Promise<LabSession> {
  const environment = await existingEnvironment(name);
  const [engine, state] = await Promise.all([openEngine(environment), readState(environment.folder)]);
  return {
    environment,
    engine,
    labs: readLabs(environment.root),
    state,
    host: readService(environment.root).host,
  };
}

/** What the checks of a session's lab are made for. */
export const contextOf = ({
  environment,
  state,
  host,
}: Pick<LabSession, 'environment' | 'state' | 'host'>): CheckContext => ({
  ...{ topology: environment.topology, student: state.student, code: state.code, host },
  factor: timersOf(environment.record).factor,
});

/** Reads again what another process may have changed: a guide's own `lab` commands write history, faults and size. */
export async function refreshSession(session: LabSession): Promise<void> {
  Object.assign(session, await openSession(session.environment.name));
}

/** The values of the placeholders in a guide, its hints and its faults. */
export function valuesFor(
  session: Pick<LabSession, 'environment' | 'state' | 'host'>,
  guide: LabGuide,
): Map<string, string> {
  const inside = insideOf(session.environment.record.engine, session.environment.topology);
  return placeholders(guide, session.environment.topology, {
    nic: inside.nic,
    disk: inside.secondDisk,
    host: session.host,
    student: session.state.student,
    code: session.state.code,
    factor: timersOf(session.environment.record).factor,
  });
}

import type { Engine } from '../../engines/engine.ts';
import type { Environment } from '../../environment/record.ts';
import { runRemote } from '../../remote/ssh.ts';
import { timeoutFactorOf } from '../../roles/timers.ts';
import { anchorOf, type HistoryEntry, readState, writeDown } from '../state/state.ts';

/** What the kit did in a student's place. */
type KitWork = Omit<HistoryEntry, 'at' | 'before'>;

/** The folder of what the kit knows of a machine, on that machine; and in it: whose it is, and entries of the lab's record. */
const FOLDER = '/var/lib/lab';
const RECORD = `${FOLDER}/record`;

/** Bash that leaves a student's mark on a machine, and the latest entry of the record, before which it knew none. */
export const markScript = (mark: string, history: HistoryEntry[]): string => {
  const last = history.at(-1);
  return `echo ${mark} >${FOLDER}/mark
echo ${last ? anchorOf(last) : ''} >${RECORD}
sync ${FOLDER}/mark ${RECORD}`;
};

/**
 * Leaves the latest entry of the record on the machines that run, so that it cannot be taken out without being missed there. One that does
 * not answer knows the earlier ones. Nothing is left for a lab of no student.
 */
export async function anchorRecord(
  engine: Pick<Engine, 'states' | 'sshHosts'>,
  environment: Pick<Environment, 'folder' | 'record'>,
): Promise<void> {
  const { history, student } = await readState(environment.folder);
  const last = history.at(-1);
  if (student === undefined || !last) return;
  const anchor = anchorOf(last);
  const [states, hosts] = await Promise.all([engine.states(), engine.sshHosts()]);
  const running = hosts.filter((host) => states.get(host.Host) === 'running');
  const timeout = 10 * timeoutFactorOf(environment);
  await Promise.all(
    running.map((host) =>
      runRemote(host, `[ ! -d ${FOLDER} ] || echo ${anchor} >>${RECORD}`, { timeout }).catch(() => undefined),
    ),
  );
}

/** Writes down what the kit is about to do in a student's place, here and on the machines that run. */
export async function recordKitWork(
  engine: Pick<Engine, 'states' | 'sshHosts'>,
  environment: Pick<Environment, 'folder' | 'record'>,
  work: KitWork,
): Promise<void> {
  await writeDown(environment.folder, work);
  await anchorRecord(engine, environment);
}

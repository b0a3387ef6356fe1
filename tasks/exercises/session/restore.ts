import { LabError } from '../../base/errors.ts';
import type { Text } from '../../base/text.ts';
import type { Engine } from '../../engines/engine.ts';
import { openEngine } from '../../environment/open-engine.ts';
import type { OwnTopology } from '../../environment/own-topology.ts';
import { waitForMachine } from '../../environment/provision/answer.ts';
import { afterOf, bootInTurn } from '../../environment/provision/boots.ts';
import { returnToSize, sizeAt } from '../../environment/snapshot-notes.ts';
import { forgetConnection } from '../../remote/ssh.ts';
import { timeoutFactorOf } from '../../roles/timers.ts';
import type { Machine } from '../../topology/model.ts';
import { anchorRecord } from './anchor.ts';
import { moveTo } from './moves.ts';
import { regroup } from './regroup.ts';
import type { LabSession } from './session.ts';

type Session = Pick<LabSession, 'engine' | 'environment' | 'state'>;

/** Seconds that a restored machine is waited for, with the fast timers. */
const RESTORED_WITHIN = 300;

/** Gives the lab the machines that it had then (`lab scale`), and the session with it. */
export async function takeSize(session: Session, then: OwnTopology): Promise<void> {
  session.environment = await returnToSize(session.environment, session.engine, then);
  session.engine = await openEngine(session.environment);
  await session.engine.prepare(() => undefined);
}

/**
 * Brings a snapshot back, with the machines' own host keys: it may be of machines that were made at another time. `start` starts
 * machines that must boot.
 */
export async function restoreDisks(
  engine: Engine,
  snapshot: string,
  start: (machines: Machine[]) => Promise<void>,
): Promise<void> {
  for (const host of await engine.sshHosts()) forgetConnection(host, true);
  await engine.restoreSnapshot(snapshot, () => undefined, start);
}

export interface Returned {
  /** Snapshot that holds what the machines held until now; undefined when that was nobody's work. */
  saved: string | undefined;
  /** The machines of then, where their number was another one. */
  resized: Machine[] | undefined;
  /** What was done to the databases of a student that would have waited for each other. */
  regrouped: Text | undefined;
  /** What was said of a machine that does not answer: it may have been saved like that, so it is as it was. */
  silent: LabError | undefined;
}

/**
 * Brings back what a snapshot holds: machines, the lab whose work it is, what they served. What they hold now is saved first, unless
 * `discard`. Waits until the machines that then ran answer, and leaves them the record's latest entry;
 * `tell` hears what is waited for.
 */
export async function returnTo(
  session: Session,
  from: string,
  { tell = () => undefined, discard = false }: { tell?: (line: string) => void; discard?: boolean } = {},
): Promise<Returned> {
  // Before anything is saved or removed.
  const known = (await session.engine.listSnapshots()).some(({ name }) => name === from);
  if (!known) throw noSnapshot(from);
  const returned: Returned = {
    ...{ saved: undefined, resized: undefined, silent: undefined, regrouped: undefined },
  };
  returned.saved = await moveTo(
    session,
    { from },
    async () => {
      const then = await sizeAt(session.environment, from);
      if (then) {
        await takeSize(session, then);
        returned.resized = session.environment.topology.machines;
      }
      returned.silent = await restoreAndWait(session, from, tell);
      if (!returned.silent) returned.regrouped = await regroup(session);
    },
    { discard },
  );
  await anchorRecord(session.engine, session.environment);
  return returned;
}

const noSnapshot = (name: string): LabError =>
  new LabError(
    { en: `There is no snapshot named ${name}.`, fr: `Il n'y a pas d'instantané nommé ${name}.` },
    { en: 'list them with `lab snapshot list`.', fr: 'listez-les avec `lab snapshot list`.' },
  );

async function restoreAndWait(
  { engine, environment }: Session,
  snapshot: string,
  tell: (line: string) => void,
): Promise<LabError | undefined> {
  let silent: LabError | undefined;
  const patiently = (wait: Promise<unknown>) =>
    wait.catch((error: unknown) => {
      if (!(error instanceof LabError)) throw error;
      silent = error;
    });
  const end = RESTORED_WITHIN * timeoutFactorOf(environment);
  let booted = false;
  await restoreDisks(engine, snapshot, async (machines) => {
    booted = true;
    const told = (machine: string, line: string) => tell(`${machine}: ${line}`);
    await patiently(bootInTurn(engine, machines, afterOf(environment.root), { end, tell: told }));
  });
  if (booted) return silent;
  // They came back with their memory.
  const states = await engine.states();
  const hosts = (await engine.sshHosts()).filter((host) => states.get(host.Host) === 'running');
  await Promise.all(hosts.map((host) => patiently(waitForMachine(engine, host, [], tell, { end }))));
  return silent;
}

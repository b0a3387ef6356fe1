import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import type { Engine } from '../engines/engine.ts';
import { openEngine } from '../engines/open.ts';
import type { Lab } from '../lab/lab.ts';
import type { OwnTopology } from '../lab/own-topology.ts';
import { returnToSize } from '../lab/snapshot-size.ts';
import { FAST, timersOf } from '../lab/timers.ts';
import { waitForMachine } from '../provision/answer.ts';
import { afterOf, bootInTurn } from '../provision/boots.ts';
import type { LabFacts } from '../provision/context.ts';
import { labFacts } from '../provision/facts.ts';
import { type MachineProgress, provisionLab } from '../provision/provision.ts';
import { COMMON } from '../provision/roles.ts';
import { forgetConnection } from '../remote/ssh.ts';
import type { Machine } from '../topology/model.ts';
import { mustRun } from './machines.ts';
import type { LabGuide } from './model.ts';
import { moveTo } from './moves.ts';
import type { LabSession } from './session.ts';
import { changeState, type LabsState, readState } from './state.ts';

/** Cached start states that are kept; each takes the room of the machines' disks. */
const KEPT = 4;

export interface Started {
  /** Snapshot that holds the work of before; undefined when there was none. */
  saved: string | undefined;
  /** Where the machines came from. */
  from: 'cache' | 'nearest' | 'new';
}

/** The facts of a lab whose kit knows these roles only; the packet filters let in what any role needs. */
export function withRoles(facts: LabFacts, roles: string[]): LabFacts {
  const known = new Map([...facts.roles].filter(([name]) => name === COMMON || roles.includes(name)));
  return { ...facts, roles: known, firewallRoles: facts.roles };
}

/**
 * The cached start state nearest to the wanted one: the same roles, else the largest part of them. With other timers than the lab has
 * now nearly every role would be applied again, on machines that take each other for dead meanwhile: such a one is none.
 */
export function nearestStart(
  starts: LabsState['starts'],
  wanted: string[],
  factor = FAST,
): LabsState['starts'][number] | undefined {
  return starts
    .filter((one) => (one.factor ?? FAST) === factor && one.roles.every((role) => wanted.includes(role)))
    .sort((one, other) => other.roles.length - one.roles.length)[0];
}

/** The mark of a student on a machine: says whose machine it is, in facts that are saved. */
export function markOf(student: string, machine: string): string {
  return createHmac('sha256', 'ha-lab').update(`${student}\0mark\0${machine}`).digest('hex').slice(0, 32);
}

/**
 * Puts the lab where `guide` begins: the roles it needs applied, everything else bare. The work of before is kept in a snapshot
 * first. Machines come from a cached start state (made once for each set of roles), or from fresh disks.
 */
export async function startLab(
  session: LabSession,
  guide: LabGuide,
  progress: MachineProgress,
): Promise<Started> {
  let from: Started['from'] = 'new';
  const saved = await moveTo(session, { to: guide.id }, async () => {
    from = await makeStart(session, guide, progress);
  });
  return { saved, from };
}

async function makeStart(
  session: LabSession,
  guide: LabGuide,
  progress: MachineProgress,
): Promise<Started['from']> {
  // Labs begin with the machines that the topology was written with, whatever `lab scale` made of it meanwhile.
  if (session.lab.record.ownOf !== undefined) await takeSize(session, {});
  const { engine, lab, state } = session;
  const roles = [...new Set(guide.needs.solved)].sort();
  const facts = withRoles(await labFacts(lab), roles);
  const cached = nearestStart(state.starts, roles, facts.factor);
  const exact = cached?.roles.length === roles.length;
  await engine.prepare(() => undefined);
  // Started below, with what is off.
  if (cached) await restore(engine, cached.snapshot, async () => undefined);
  else await Promise.all(lab.topology.machines.map((machine) => engine.remove(machine)));
  const results = provisionLab(engine, facts, join(lab.folder, 'logs'), lab.topology.machines, progress);
  await Promise.all([...results.values()]);
  if (cached)
    await changeState(session, ({ starts }) => {
      for (const one of starts) if (one.snapshot === cached.snapshot) one.used = new Date().toISOString();
    });
  if (!exact) await cacheStart(session, roles);
  const { student } = state;
  if (student)
    await Promise.all(
      lab.topology.machines.map(({ name }) =>
        mustRun(session, name, `echo ${markOf(student, name)} >/var/lib/lab/mark && sync /var/lib/lab/mark`),
      ),
    );
  return exact ? 'cache' : cached ? 'nearest' : 'new';
}

/** Gives the lab the machines that it had then (`lab scale`), and the session with it. */
export async function takeSize(session: LabSession, then: OwnTopology): Promise<void> {
  session.lab = await returnToSize(session.lab, session.engine, then);
  session.engine = await openEngine(session.lab);
  await session.engine.prepare(() => undefined);
}

/**
 * Brings a snapshot back, with the machines' own host keys: it may be of machines that were made at another time. `start` starts
 * machines that must boot.
 */
async function restore(
  engine: Engine,
  snapshot: string,
  start: (machines: Machine[]) => Promise<void>,
): Promise<void> {
  for (const host of await engine.sshHosts()) forgetConnection(host, true);
  await engine.restoreSnapshot(snapshot, () => undefined, start);
}

/** Brings the work of a lab back, which is in a snapshot, and waits until the machines that then ran answer. */
export async function restoreWork({ engine, lab }: LabSession, snapshot: string): Promise<void> {
  await restore(engine, snapshot, (machines) => bootInTurn(engine, machines, afterOf(lab.root)));
  const states = await engine.states();
  const hosts = (await engine.sshHosts()).filter((host) => states.get(host.Host) === 'running');
  await Promise.all(hosts.map((host) => waitForMachine(engine, host, [])));
}

/**
 * The machines as `lab up` has just made them, as the start state of the labs that begin with the whole stack: made again for
 * them it takes as long as `lab up`.
 */
export async function keepWholeStart(engine: Engine, lab: Lab, facts: LabFacts): Promise<void> {
  const roles = [...facts.roles.keys()].filter((role) => role !== COMMON).sort();
  await cacheStart({ engine, lab, state: await readState(lab.folder) }, roles);
}

async function cacheStart(
  session: Pick<LabSession, 'engine' | 'lab' | 'state'>,
  roles: string[],
): Promise<void> {
  const { engine, lab, state } = session;
  // A snapshot of this name that is none of these is somebody's.
  const taken = [
    ...state.starts.map((one) => one.snapshot),
    ...(await engine.listSnapshots()).map((one) => one.name),
  ];
  let number = 1;
  while (taken.includes(`start-${number}`)) number += 1;
  const snapshot = `start-${number}`;
  await engine.saveSnapshot(snapshot, () => undefined);
  let old: LabsState['starts'] = [];
  await changeState(session, ({ starts }) => {
    const { factor } = timersOf(lab.record);
    starts.push({ snapshot, roles, used: new Date().toISOString(), factor });
    // The one that was not used for longest goes.
    starts.sort((one, other) => other.used.localeCompare(one.used));
    old = starts.splice(KEPT);
  });
  for (const one of old) await engine.deleteSnapshot(one.snapshot).catch(() => undefined);
}

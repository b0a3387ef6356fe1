import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import type { NeededApplication } from '../../artifacts/application/application.ts';
import { LabError } from '../../base/errors.ts';
import type { Engine } from '../../engines/engine.ts';
import type { EnvironmentFacts } from '../../environment/provision/context.ts';
import { environmentFacts } from '../../environment/provision/facts.ts';
import { type MachineProgress, provisionEnvironment } from '../../environment/provision/provision.ts';
import type { Environment } from '../../environment/record.ts';
import { serve } from '../../environment/serve.ts';
import { COMMON } from '../../roles/roles.ts';
import { FAST, timersOf } from '../../roles/timers.ts';
import type { LabGuide } from '../guides/model.ts';
import { secretOf } from '../guides/student.ts';
import { changeState, type LabsState, readState } from '../state/state.ts';
import { markScript } from './anchor.ts';
import type { FromMine } from './from-mine.ts';
import { beginWithMine, wakeUp } from './ground.ts';
import { mustRunInShell } from './machines.ts';
import { moveTo } from './moves.ts';
import { restoreDisks, takeSize } from './restore.ts';
import type { LabSession } from './session.ts';

/** Cached start states that are kept; each takes the room of the machines' disks. */
const KEPT = 4;

export interface Started {
  /** Snapshot that holds the work of before; undefined when there was none. */
  saved: string | undefined;
  /** Where the machines came from. */
  from: 'cache' | 'nearest' | 'new';
  /** Where it was asked for: which files are the student's, and which the kit's instead. */
  mine?: FromMine;
}

/** The facts of a lab whose kit knows these roles only; the packet filters let in what any role needs. */
export function withRoles(facts: EnvironmentFacts, roles: string[]): EnvironmentFacts {
  const known = new Map([...facts.roles].filter(([name]) => name === COMMON || roles.includes(name)));
  return { ...facts, roles: known, firewallRoles: facts.roles };
}

/**
 * The cached start state nearest to the wanted one: the same roles, else the largest part of them. With other timers than the lab has
 * now nearly every role would be applied again, on machines that take each other for dead meanwhile; and what one application leaves on a
 * web machine is not part of the other: such a one is none.
 */
export function nearestStart(
  starts: LabsState['starts'],
  wanted: string[],
  { factor = FAST, app }: { factor?: number | undefined; app: string },
): LabsState['starts'][number] | undefined {
  return starts
    .filter(
      (start) =>
        (start.factor ?? FAST) === factor &&
        (start.app === app || !start.roles.includes('web')) &&
        start.roles.every((role) => wanted.includes(role)),
    )
    .sort((a, b) => b.roles.length - a.roles.length)[0];
}

/** What the machines must serve in a lab, whatever their environment's own application is; undefined: that one. */
export function neededBy({ id, needs }: Pick<LabGuide, 'id' | 'needs'>): NeededApplication | undefined {
  return needs.application === 'sample' ? { app: 'sample', lab: id } : undefined;
}

/** LabError where a lab is about Nextcloud and its environment has none. Nothing has been touched then. */
export function mustHaveApplication({ id, needs }: Pick<LabGuide, 'id' | 'needs'>, app: string): void {
  if (needs.application !== 'nextcloud' || app === 'nextcloud') return;
  throw new LabError(
    {
      en: `Lab ${id} installs Nextcloud, and these machines were made for the kit's sample application.`,
      fr: `Le lab ${id} installe Nextcloud, et ces machines ont été faites pour l'application d'exemple du kit.`,
    },
    {
      en: 'run `lab up --name nextcloud --nextcloud nextcloud-VERSION.tar.bz2` (a release archive from https://download.nextcloud.com/server/releases; docs/nextcloud.md), then start the lab with `--name nextcloud`.',
      fr: 'lancez `lab up --name nextcloud --nextcloud nextcloud-VERSION.tar.bz2` (une archive de publication, de https://download.nextcloud.com/server/releases ; docs/nextcloud.md), puis commencez le lab avec `--name nextcloud`.',
    },
  );
}

/** The mark of a student on a machine: says whose machine it is, in facts that are saved. */
export function markOf(student: string, machine: string, code?: string): string {
  return createHmac('sha256', secretOf(code))
    .update(`${student}\0mark\0${machine}`)
    .digest('hex')
    .slice(0, 32);
}

/** Leaves its student's mark on each machine of a lab; nothing in a lab of no student. LabError for a machine that is not reached. */
export async function markMachines({
  engine,
  environment,
  state,
}: Omit<LabSession, 'labs' | 'host'>): Promise<void> {
  const { student, code } = state;
  if (!student) return;
  const { history } = await readState(environment.folder);
  await Promise.all(
    environment.topology.machines.map(({ name }) =>
      mustRunInShell(
        { engine, environment },
        name,
        markScript(markOf(student, name, code), history),
        undefined,
        {
          // A machine of a slow computer that has just started may need more for it than a drill would grant.
          longTimeouts: true,
        },
      ),
    ),
  );
}

/**
 * Puts the lab where `guide` begins: the roles it needs applied, everything else bare. The work of before is kept in a snapshot
 * first. Machines come from a cached start state (made once for each set of roles), or from fresh disks. `fromMine`: with the student's own
 * files of earlier labs where they fit (from-mine.ts); their lab is started first where its machines are off.
 */
export async function startLab(
  session: LabSession,
  guide: LabGuide,
  progress: MachineProgress,
  { fromMine = false }: { fromMine?: boolean } = {},
): Promise<Started> {
  mustHaveApplication(guide, session.environment.record.app);
  let from: Started['from'] = 'new';
  let mine: FromMine | undefined;
  if (fromMine) await wakeUp(session, progress);
  const saved = await moveTo(
    session,
    { to: guide.id, mine: fromMine },
    async () => {
      from = await makeStart(session, guide, progress);
      if (!fromMine) return;
      const again = () => makeStart(session, guide, progress);
      mine = await beginWithMine(session, guide, again, progress);
    },
    {
      own: () =>
        mine && mine.own.length > 0
          ? Object.fromEntries(mine.own.map(({ lab, done }) => [lab, done]))
          : undefined,
    },
  );
  return { saved, from, ...(mine ? { mine } : {}) };
}

async function makeStart(
  session: LabSession,
  guide: LabGuide,
  progress: MachineProgress,
): Promise<Started['from']> {
  // Labs begin with the machines that the topology was written with, whatever `lab scale` made of it meanwhile.
  if (session.environment.record.ownOf !== undefined) await takeSize(session, {});
  const { engine, environment, state } = session;
  await serve(environment, neededBy(guide));
  const roles = [...new Set(guide.needs.solved)].sort();
  const facts = withRoles(await environmentFacts(environment), roles);
  const cached = nearestStart(state.starts, roles, facts);
  const exact = cached?.roles.length === roles.length;
  await engine.prepare(() => undefined);
  // Started below, with what is off.
  if (cached) await restoreDisks(engine, cached.snapshot, async () => undefined);
  else await Promise.all(environment.topology.machines.map((machine) => engine.remove(machine)));
  const results = provisionEnvironment(
    engine,
    facts,
    join(environment.folder, 'logs'),
    environment.topology.machines,
    progress,
  );
  await Promise.all([...results.values()]);
  if (cached)
    await changeState(session, ({ starts }) => {
      for (const start of starts)
        if (start.snapshot === cached.snapshot) start.used = new Date().toISOString();
    });
  if (!exact) await cacheStart(session, facts, roles);
  await markMachines(session);
  return exact ? 'cache' : cached ? 'nearest' : 'new';
}

/**
 * The machines as `lab up` has just made them, as the start state of the labs that begin with the whole stack: made again for
 * them it takes as long as `lab up`.
 */
export async function keepWholeStart(
  engine: Engine,
  environment: Environment,
  facts: EnvironmentFacts,
): Promise<void> {
  const roles = [...facts.roles.keys()].filter((role) => role !== COMMON).sort();
  await cacheStart({ engine, environment, state: await readState(environment.folder) }, facts, roles);
}

async function cacheStart(
  session: Pick<LabSession, 'engine' | 'environment' | 'state'>,
  { app }: Pick<EnvironmentFacts, 'app'>,
  roles: string[],
): Promise<void> {
  const { engine, environment, state } = session;
  // A snapshot of this name that is none of these is somebody's.
  const taken = [
    ...state.starts.map((start) => start.snapshot),
    ...(await engine.listSnapshots()).map((snapshot) => snapshot.name),
  ];
  let number = 1;
  while (taken.includes(`start-${number}`)) number += 1;
  const snapshot = `start-${number}`;
  await engine.saveSnapshot(snapshot, () => undefined);
  let old: LabsState['starts'] = [];
  await changeState(session, ({ starts }) => {
    const { factor } = timersOf(environment.record);
    starts.push({ snapshot, roles, app, used: new Date().toISOString(), factor });
    // The one that was not used for longest goes.
    starts.sort((a, b) => b.used.localeCompare(a.used));
    old = starts.splice(KEPT);
  });
  for (const start of old) await engine.deleteSnapshot(start.snapshot).catch(() => undefined);
}

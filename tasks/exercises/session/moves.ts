import { LabError } from '../../base/errors.ts';
import type { Engine } from '../../engines/engine.ts';
import { serve } from '../../environment/serve.ts';
import { forgetOtherNote, noteOf, noteSnapshot } from '../../environment/snapshot-notes.ts';
import { heldBy, heldNow, NO_LAB, workNamed } from '../state/held.ts';
import {
  changeState,
  type HistoryEntry,
  type LabsState,
  readState,
  remember,
  writeDown,
} from '../state/state.ts';
import { keepOwnFiles } from './own-files.ts';
import type { LabSession } from './session.ts';

type Session = Pick<LabSession, 'engine' | 'environment' | 'state'>;

/** Numbers of the saved works of a lab, oldest first. */
async function worksOf(engine: Engine, id: string): Promise<number[]> {
  return (await engine.listSnapshots())
    .flatMap(({ name }) => {
      const work = workNamed(name);
      return work?.lab === id ? [work.number] : [];
    })
    .sort((a, b) => a - b);
}

const nameOf = (id: string, number: number): string => (number === 1 ? `work-${id}` : `work-${id}-${number}`);

/** The snapshot with the latest saved work of a lab. LabError when there is none. */
export async function latestWork(engine: Engine, id: string): Promise<string> {
  const latest = (await worksOf(engine, id)).at(-1);
  if (latest !== undefined) return nameOf(id, latest);
  throw new LabError(
    { en: `No work of lab ${id} was saved.`, fr: `Aucun travail du lab ${id} n'a été sauvegardé.` },
    {
      en: `begin it with \`lab start ${id}\`; \`lab snapshot list\` shows what is saved.`,
      fr: `commencez-le avec \`lab start ${id}\` ; \`lab snapshot list\` montre ce qui est sauvegardé.`,
    },
  );
}

/**
 * The snapshot that `lab start NN --resume` brings back; undefined when the machines hold that lab now, so that there is nothing to
 * bring back. LabError when no work of it was saved.
 */
export async function workToResume(
  { engine, state }: Pick<LabSession, 'engine' | 'state'>,
  id: string,
): Promise<string | undefined> {
  const { moving, current } = state;
  if (current === id && !moving) return undefined;
  // One that broke off is repeated: what was saved since is not what was asked for.
  return (moving?.to === id && moving.from) || latestWork(engine, id);
}

/** Keeps the machines as they are, with their number, under the number of the lab they are in. Returns the snapshot's name. */
export async function saveWork({ engine, environment, state }: Session): Promise<string | undefined> {
  const states = [...(await engine.states()).values()];
  if (states.every((state) => state === 'absent')) return undefined;
  const id = state.current ?? NO_LAB;
  const name = nameOf(id, ((await worksOf(engine, id)).at(-1) ?? 0) + 1);
  await saveAs({ engine, environment, state }, name);
  return name;
}

/**
 * Keeps the machines as they are under a name, with what they are and whose work they hold. Of a name that is new this is written down first: a
 * snapshot that the record does not know would put its student's work in doubt, and come back with the machines of that day. One that takes
 * the place of another is in between either of them.
 */
export async function saveAs(
  { engine, environment, state }: Session,
  name: string,
  report: (line: string) => void = () => undefined,
): Promise<void> {
  const { folder } = environment;
  const held = heldNow(state);
  if ((await engine.listSnapshots()).some((other) => other.name === name)) {
    await writeDown(folder, { kind: 'replace', what: name });
    await forgetOtherNote(environment, name, held);
    await engine.saveSnapshot(name, report);
    await noteSnapshot(environment, name, held);
    await writeDown(folder, { kind: 'save', what: name });
    return;
  }
  await noteSnapshot(environment, name, held);
  await writeDown(folder, { kind: 'save', what: name });
  await engine.saveSnapshot(name, report);
}

/** The machines hold nobody's work: they are on their way to a lab, or made for a selfcheck. */
const holdNoWork = ({ moving }: LabsState): boolean => moving !== undefined && !moving.touched;

/**
 * Where the machines go: to the begin of lab `to`, `mine` with the student's own files, or to what the snapshot `from` holds, which may be of no
 * lab.
 */
export type Move = { to: string; from?: undefined; mine?: boolean } | { from: string };

/**
 * Brings the machines elsewhere by `work`, after what they hold was saved (unless `discard`). From then until `work` is done they hold nobody's
 * work, which is written down: a move that broke off and is repeated saves nothing once more. `own`: asked after `work` whose
 * files a start was made with. Returns the snapshot with the work of before; undefined when there was none.
 */
export async function moveTo(
  session: Session,
  move: Move,
  work: () => Promise<void>,
  {
    discard = false,
    own = () => undefined,
  }: { discard?: boolean; own?: () => HistoryEntry['own'] | undefined } = {},
): Promise<string | undefined> {
  const { from } = move;
  const goal = from === undefined ? { lab: move.to, faults: [] } : await heldBy(session.environment, from);
  const to = goal.lab;
  const saved = await leave(session, discard, (state, saved) => {
    state.moving = {
      ...(to === undefined ? {} : { to }),
      ...(from === undefined ? {} : { from }),
      ...(saved === undefined ? {} : { saved }),
      ...(from === undefined && move.mine ? { mine: true as const } : {}),
    };
    // Before anything is brought back: what broke off in the middle brought a part.
    if (from !== undefined) remember(state, { kind: 'snapshot', what: from });
  });
  if (from !== undefined) await serve(session.environment, (await noteOf(session.environment, from))?.serves);
  await work();
  await changeState(session, (state) => {
    delete state.moving;
    // What was broken in a snapshot is so again.
    state.faults = goal.faults;
    if (to !== undefined) state.current = to;
    if (from !== undefined) {
      remember(state, { kind: 'restore', what: to ?? from, from });
      return;
    }
    state.startedAt = new Date().toISOString();
    const mine = own();
    remember(state, { kind: 'start', what: to ?? '', ...(mine ? { own: mine } : {}) });
  });
  return saved;
}

/** Saves what the machines hold, unless that is nobody's work or to be discarded, and writes down that they are in no lab, with `then`. */
async function leave(
  session: Session,
  discard: boolean,
  then: (state: LabsState, saved: string | undefined) => void,
): Promise<string | undefined> {
  const nothing = discard || holdNoWork(session.state);
  if (!nothing) await keepOwnFiles(session);
  const saved = nothing ? session.state.moving?.saved : await saveWork(session);
  await changeState(session, (state) => {
    // Should the student work on from here, that is the work of no lab.
    delete state.current;
    // What was broken is broken in the snapshot only.
    state.faults = [];
    then(state, saved);
  });
  return saved;
}

/**
 * Takes the machines out of their lab, for commands that put the whole stack over it: the work is saved, and the application is the
 * environment's own again. Returns the snapshot with the work; undefined when there was none. Does nothing in no lab.
 */
export async function leaveLab(session: Session): Promise<string | undefined> {
  const { current, moving } = session.state;
  if (current === undefined && !moving) return undefined;
  const saved = await leave(session, false, (state) => {
    delete state.moving;
  });
  await serve(session.environment, undefined);
  return saved;
}

/** From now on the machines may hold work, wherever a move broke off: the next one saves it. For commands that let a student work. */
export async function mayHoldWork(folder: string): Promise<void> {
  const state = await readState(folder);
  if (!state.moving || state.moving.touched) return;
  await changeState({ environment: { folder }, state }, (now) => {
    if (!now.moving) return;
    // In a lab nothing is to be repeated.
    if (now.current !== undefined) delete now.moving;
    else now.moving.touched = true;
  });
}

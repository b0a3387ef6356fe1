import type { Engine } from '../engines/engine.ts';
import { rememberSize } from '../lab/snapshot-size.ts';
import { LabError } from '../ui/errors.ts';
import { remember } from './history.ts';
import type { LabSession } from './session.ts';
import { changeState, readState } from './state.ts';

type Session = Pick<LabSession, 'engine' | 'lab' | 'state'>;

/** Work that was saved when lab NN was left: work-NN, then work-NN-2 and so on. None ever takes the place of another. */
const NAME = /^work-(\d\d)(?:-(\d+))?$/;

/** Numbers of the saved works of a lab, oldest first. */
async function worksOf(engine: Engine, id: string): Promise<number[]> {
  return (await engine.listSnapshots())
    .flatMap(({ name }) => {
      const [, lab, number] = NAME.exec(name) ?? [];
      return lab === id ? [Number(number ?? 1)] : [];
    })
    .sort((one, other) => one - other);
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

/** Keeps the machines as they are, with their number, under the number of the lab they are in. Returns the snapshot's name. */
export async function saveWork({ engine, lab, state }: Session): Promise<string | undefined> {
  const states = [...(await engine.states()).values()];
  if (states.every((one) => one === 'absent')) return undefined;
  const id = state.current ?? '00';
  const name = nameOf(id, ((await worksOf(engine, id)).at(-1) ?? 0) + 1);
  // First: a snapshot whose size is not known would come back with the machines of that day.
  await rememberSize(lab, name);
  await engine.saveSnapshot(name, () => undefined);
  return name;
}

/** Where a lab goes: to the begin of lab `to`, or to the work that was saved of it in the snapshot `from`. */
export interface Move {
  to: string;
  from?: string;
}

/**
 * Brings the machines to another lab by `work`, after what they hold was saved. From then until `work` is done they hold nobody's
 * work, which is written down: a move that broke off and is repeated saves nothing once more. Returns the snapshot with the work
 * of before; undefined when there was none.
 */
export async function moveTo(
  session: Session,
  move: Move,
  work: () => Promise<void>,
): Promise<string | undefined> {
  const broken = session.state.moving;
  const saved = broken ? broken.saved : await saveWork(session);
  await changeState(session, (state) => {
    state.moving = { ...move, ...(saved === undefined ? {} : { saved }) };
    // In no lab: should the student work on from here, that is the work of none.
    delete state.current;
    // What was broken is broken in the snapshot only.
    state.faults = [];
  });
  await work();
  await changeState(session, (state) => {
    delete state.moving;
    state.current = move.to;
    if (move.from === undefined) state.startedAt = new Date().toISOString();
    remember(state, { kind: move.from === undefined ? 'start' : 'restore', what: move.to });
  });
  return saved;
}

/** From now on the machines may hold work, wherever a move broke off: the next one saves it. For commands that let a student work. */
export async function mayHoldWork(folder: string): Promise<void> {
  const state = await readState(folder);
  if (!state.moving) return;
  await changeState({ lab: { folder }, state }, (now) => {
    delete now.moving;
  });
}

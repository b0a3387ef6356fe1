import { LabError } from '../../base/errors.ts';
import { afterOf, bootInTurn } from '../../environment/provision/boots.ts';
import type { MachineProgress } from '../../environment/provision/provision.ts';
import { timeoutFactorOf } from '../../roles/timers.ts';
import { type StepResult, stepsOf } from '../checks/result.ts';
import { runChecks } from '../checks/run.ts';
import { beginsFile } from '../guides/continued.ts';
import type { LabGuide, LabStep } from '../guides/model.ts';
import { type FromMine, type Ground, layFiles } from './from-mine.ts';
import { offersFor } from './offers.ts';
import { builtOn, keptLab } from './own-files.ts';
import { placeFiles } from './place.ts';
import { contextOf, type LabSession } from './session.ts';

/** Seconds, with the fast timers, until a lab holds whose files have just been placed. */
export const PATIENCE = 60;

/** What a lab begins with, as a lab of one step: begins.ts is judged as its checks. */
export function beginningOf(guide: LabGuide): LabGuide {
  const title = { en: `what lab ${guide.id} begins with`, fr: `ce dont part le lab ${guide.id}` };
  const step: LabStep = {
    ...{ number: 1, id: `${guide.id}.begins`, title, points: 0, recipe: true, after: [], hints: [title] },
  };
  return { ...guide, steps: [step] };
}

/** The machines of a session's lab; `again` puts them back to where it begins. */
function groundOf(session: LabSession, guide: LabGuide, again: Ground['again']): Ground {
  const factor = () => timeoutFactorOf(session.environment);
  const judge = async (
    labs: LabGuide[],
    asked: { lab: LabGuide; step: number | undefined }[],
    checks?: (lab: LabGuide) => string,
  ): Promise<StepResult[]> => {
    const { environment, engine } = session;
    const { result } = await runChecks(environment.name, engine, labs, asked, contextOf(session), {
      timeoutFactor: factor(),
      ...(checks ? { checks } : {}),
    });
    return stepsOf(result);
  };
  return {
    again,
    place: (machine, keys) => placeFiles(session, machine, { alone: true, keys }),
    begins: async () => {
      const lab = beginningOf(guide);
      const [step] = await judge([lab], [{ lab, step: undefined }], beginsFile);
      if (!step) throw new Error(`${beginsFile(guide)} was not judged`);
      return step;
    },
    steps: (lab, ids) => {
      const steps = lab.steps.filter(({ id }) => ids.includes(id));
      return judge(
        session.labs,
        steps.map(({ number }) => ({ lab, step: number })),
      );
    },
    patience: PATIENCE * factor(),
  };
}

/** Lays the student's files over the kit's, on machines that `again` has just put where the lab begins, and would again. */
export async function beginWithMine(
  session: LabSession,
  guide: LabGuide,
  again: () => Promise<unknown>,
  progress: MachineProgress,
): Promise<FromMine> {
  const { environment, labs, state } = session;
  const known = { folder: environment.folder, topology: environment.topology, state };
  const { offers, refused } = await offersFor(known, labs, guide);
  const ground = groundOf(session, guide, async () => void (await again()));
  const { own, kit } = await layFiles(guide, offers, ground, (line) => progress(guide.id, line));
  return { own, kit: [...refused, ...kit] };
}

/**
 * Starts what is off of a lab whose files are about to be kept: of a machine that is off nothing can be read. One that does not come is
 * noted then.
 */
export async function wakeUp(
  { engine, environment, state }: LabSession,
  progress: MachineProgress,
): Promise<void> {
  const lab = keptLab(state);
  if (!lab) return;
  const states = await engine.states();
  const wanted = builtOn(lab, environment.topology);
  const asleep = environment.topology.machines.filter(
    ({ name }) => wanted.has(name) && states.get(name) === 'off',
  );
  if (asleep.length === 0) return;
  await engine.prepare(() => undefined);
  await bootInTurn(engine, asleep, afterOf(environment.root), { tell: progress }).catch((error: unknown) => {
    if (!(error instanceof LabError)) throw error;
  });
}

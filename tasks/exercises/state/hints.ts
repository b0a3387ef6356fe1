import { LabError } from '../../base/errors.ts';
import type { Text } from '../../base/text.ts';
import type { LabGuide } from '../guides/model.ts';
import { changeState, type LabsState, remember } from './state.ts';

/** Writes down that every hint of a lab, or of one of its steps, was given at once. */
export async function hintsRead(
  lab: LabGuide,
  step: number | undefined,
  session: { environment: { folder: string }; state: LabsState },
): Promise<void> {
  const given = lab.steps.filter(({ number }) => step === undefined || number === step);
  await changeState(session, (state) => {
    for (const { id, hints } of given.filter(({ id, hints }) => (state.hints[id] ?? 0) < hints.length)) {
      state.hints[id] = hints.length;
      remember(state, { kind: 'hint', what: `${id} ${hints.length}` });
    }
  });
}

/** A hint that was asked for: its level, from 1, and of how many. */
export interface GivenHint {
  step: string;
  level: number;
  of: number;
  text: Text;
}

/**
 * Gives a hint of a step, the next level each time without `level`, and writes down that it was read. LabError when there is no such
 * level.
 */
export async function giveHint(
  step: LabGuide['steps'][number],
  session: { environment: { folder: string }; state: LabsState },
  wish?: string,
): Promise<GivenHint> {
  const next = Math.min((session.state.hints[step.id] ?? 0) + 1, step.hints.length);
  const level = wish === undefined ? next : Number(wish);
  const text = step.hints[level - 1];
  if (!text)
    throw new LabError(
      {
        en: `Step ${step.id} has no hint ${wish}.`,
        fr: `L'étape ${step.id} n'a pas d'indice ${wish}.`,
      },
      {
        en: `its levels are 1 to ${step.hints.length}.`,
        fr: `ses niveaux vont de 1 à ${step.hints.length}.`,
      },
    );
  await changeState(session, (state) => {
    state.hints[step.id] = Math.max(state.hints[step.id] ?? 0, level);
    remember(state, { kind: 'hint', what: `${step.id} ${level}` });
  });
  return { step: step.id, level, of: step.hints.length, text };
}

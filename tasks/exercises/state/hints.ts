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

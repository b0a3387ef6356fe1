import { questionsOf, withoutAnswers } from '../guides/questions.ts';
import { firstPassed } from './answers.ts';
import type { LabsState } from './state.ts';

/**
 * A guide with the model answers that show now. In a student's own lab that to a question shows once its step holds: until then it is
 * his to answer (`lab answer`). For everybody else all of them show. `later`: steps whose answers do not.
 */
export function withDueAnswers(
  text: string,
  id: string,
  { student, history }: Pick<LabsState, 'student' | 'history'>,
): { text: string; later: number[] } {
  const begun = history.some(({ kind, what }) => ['start', 'begin', 'restore'].includes(kind) && what === id);
  if (student === undefined || !begun) return { text, later: [] };
  const passed = firstPassed(history);
  const isDue = (step: number) => step === 0 || passed.has(`${id}.${step}`);
  const later = [...new Set(questionsOf(text).map(({ step }) => step))].filter((step) => !isDue(step));
  return { text: withoutAnswers(text, isDue), later };
}

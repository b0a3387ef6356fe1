import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from '../../base/errors.ts';
import type { Language } from '../../base/text.ts';
import { stepsNamed } from './load.ts';
import type { LabGuide } from './model.ts';
import { type Question, questionsOf } from './questions.ts';

/** A question with what names it everywhere: NN.STEP.NUMBER. */
export interface AskedQuestion extends Question {
  id: string;
}

/** The questions of a lab's guide in a language, placeholders filled in by `fill`. */
export function questionsAsked(
  lab: Pick<LabGuide, 'id' | 'folder'>,
  language: Language,
  fill: (text: string) => string = (text) => text,
): AskedQuestion[] {
  const guide = readFileSync(join(lab.folder, `guide.${language}.md`), 'utf8');
  return questionsOf(fill(guide)).map((question) => ({
    ...question,
    id: `${lab.id}.${question.step}.${question.number}`,
  }));
}

/** What a user means by N, N.S or N.S.K: a lab, one of its steps, one of that step's questions. LabError for what there is not. */
export function questionNamed(
  labs: LabGuide[],
  wish: string,
): { lab: LabGuide; step: number | undefined; number: number | undefined } {
  const [, first = wish, number] = /^([^.]+\.\d+)\.(\d+)$/.exec(wish) ?? [];
  // What comes before the first step asks as well.
  const [, lab = '', step] = /^([^.]+)\.(0)$/.exec(first) ?? [];
  const found = step === undefined ? stepsNamed(labs, first) : { ...stepsNamed(labs, lab), step: 0 };
  return { ...found, number: number === undefined ? undefined : Number(number) };
}

/** The question that is meant; the only one of a step needs no number. LabError where there is none, or more than one. */
export function onlyQuestion(questions: AskedQuestion[], wish: string): AskedQuestion {
  const [only, ...others] = questions;
  if (only && others.length === 0) return only;
  throw new LabError(
    only
      ? {
          en: `"${wish}" has ${questions.length} questions.`,
          fr: `« ${wish} » a ${questions.length} questions.`,
        }
      : { en: `There is no question ${wish}.`, fr: `Il n'y a pas de question ${wish}.` },
    only
      ? {
          en: `name one of ${questions.map(({ id }) => id).join(', ')}.`,
          fr: `nommez-en une : ${questions.map(({ id }) => id).join(', ')}.`,
        }
      : {
          en: `\`lab answer ${wish.split('.')[0]}\` lists those of the lab.`,
          fr: `\`lab answer ${wish.split('.')[0]}\` liste celles du lab.`,
        },
  );
}

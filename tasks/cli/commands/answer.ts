import { existsSync, readFileSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import { LabError } from '../../base/errors.ts';
import { ROOT } from '../../base/paths.ts';
import { label, languageOfRun, say } from '../../base/text.ts';
import {
  type AskedQuestion,
  onlyQuestion,
  questionNamed,
  questionsAsked,
} from '../../exercises/guides/asked.ts';
import { readLabs } from '../../exercises/guides/load.ts';
import type { LabGuide } from '../../exercises/guides/model.ts';
import { fillIn } from '../../exercises/guides/values.ts';
import { openSessionFor, type PaperSession, valuesFor } from '../../exercises/session/session.ts';
import { answersIn, type GivenAnswer, LONGEST_ANSWER } from '../../exercises/state/answers.ts';
import { changeState, remember } from '../../exercises/state/state.ts';

export interface AnswerOptions {
  name: string;
  /** Where the answer is; `-`: standard input. */
  file?: string;
  json?: boolean;
}

/**
 * `lab answer N[.S[.K]] [WORDS]`: lists the questions of a lab, or writes an answer down, with its time, in the record that the bundle
 * carries.
 */
export async function answer(wish: string, words: string[], options: AnswerOptions): Promise<number> {
  const { lab, step, number } = questionNamed(readLabs(ROOT), wish);
  const session = await openSessionFor(options.name, lab);
  const values = valuesFor(session, lab);
  const questions = questionsAsked(lab, languageOfRun(), (text) => fillIn(text, values)).filter(
    (question) =>
      (step === undefined || question.step === step) && (number === undefined || question.number === number),
  );
  if (questions.length === 0) onlyQuestion(questions, wish);
  const given = await givenText(words, options.file);
  if (given === undefined) return list(questions, session, options.json ?? false);
  const question = onlyQuestion(questions, wish);
  requireBegun(session, lab);
  await changeState(session, (state) => remember(state, { kind: 'answer', what: question.id, text: given }));
  const late = answersIn(session.state.history).get(question.id);
  console.log(
    late?.late || late?.text !== given
      ? say({
          en: `Written down. Step ${lab.id}.${question.step} held already: your teacher will see that it came after.`,
          fr: `C'est noté. L'étape ${lab.id}.${question.step} était déjà acquise : l'enseignant verra que la réponse est venue après.`,
        })
      : say({
          en: `Written down, with its time. You may answer again until step ${lab.id}.${question.step} holds; the model answer shows then.`,
          fr: `C'est noté, avec l'heure. Vous pouvez répondre de nouveau jusqu'à ce que l'étape ${lab.id}.${question.step} soit acquise ; la réponse modèle se montre alors.`,
        }),
  );
  return 0;
}

/** What was written, from the words or a file; undefined: nothing was. LabError for an empty or endless one. */
async function givenText(words: string[], file: string | undefined): Promise<string | undefined> {
  if (words.length === 0 && file === undefined) return undefined;
  if (words.length > 0 && file !== undefined)
    throw new LabError(
      { en: 'The answer is there twice.', fr: 'La réponse est donnée deux fois.' },
      { en: 'give words or --file, not both.', fr: 'donnez des mots ou --file, pas les deux.' },
    );
  if (file !== undefined && file !== '-' && !existsSync(file))
    throw new LabError(
      { en: `There is no file ${file}.`, fr: `Il n'y a pas de fichier ${file}.` },
      { en: 'write it first, or type the answer.', fr: 'écrivez-le d’abord, ou tapez la réponse.' },
    );
  const text = (
    file === undefined
      ? words.join(' ')
      : file === '-'
        ? await readAll(process.stdin)
        : readFileSync(file, 'utf8')
  ).trim();
  if (text !== '' && text.length <= LONGEST_ANSWER) return text;
  throw new LabError(
    text === ''
      ? { en: 'The answer is empty.', fr: 'La réponse est vide.' }
      : { en: `The answer has ${text.length} letters.`, fr: `La réponse a ${text.length} caractères.` },
    {
      en: `write 1 to ${LONGEST_ANSWER}.`,
      fr: `écrivez-en de 1 à ${LONGEST_ANSWER}.`,
    },
  );
}

function requireBegun({ state }: PaperSession, { id }: LabGuide): void {
  if (state.history.some(({ kind, what }) => ['start', 'begin', 'restore'].includes(kind) && what === id))
    return;
  throw new LabError(
    { en: `Lab ${id} was not begun.`, fr: `Le lab ${id} n'a pas été commencé.` },
    { en: `begin it with \`lab start ${id}\`.`, fr: `commencez-le avec \`lab start ${id}\`.` },
  );
}

function list(questions: AskedQuestion[], { state }: PaperSession, json: boolean): number {
  const answers = answersIn(state.history);
  if (json) {
    const told = questions.map(({ id, kind, text }) => ({ id, kind, question: text, ...answers.get(id) }));
    console.log(JSON.stringify(told, null, 2));
    return 0;
  }
  for (const { id, kind, text } of questions) {
    const what = kind === 'prediction' ? label({ en: 'Prediction', fr: 'Prédiction' }) : '';
    console.log(`${id}  ${what ? `${what} ` : ''}${text}`);
    console.log(`    ${answerLine(answers.get(id))}`);
  }
  const done = questions.filter(({ id }) => answers.has(id)).length;
  console.log(
    say({
      en: `${done} of ${questions.length} answered. \`lab answer ${questions[0]?.id} "…"\` writes an answer down.`,
      fr: `${done} sur ${questions.length} avec réponse. \`lab answer ${questions[0]?.id} "…"\` note une réponse.`,
    }),
  );
  return 0;
}

function answerLine(given: GivenAnswer | undefined): string {
  if (!given) return say({ en: '(no answer yet)', fr: '(pas encore de réponse)' });
  const at = new Date(given.at).toLocaleString(say({ en: 'en-GB', fr: 'fr-FR' }));
  const late = given.late ? say({ en: ', after the step held', fr: ", après l'étape acquise" }) : '';
  return `${given.text.replaceAll('\n', '\n    ')} (${at}${late})`;
}

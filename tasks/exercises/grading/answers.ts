import { parse } from 'csv-parse/sync';
import { LabError } from '../../base/errors.ts';
import { languageOfRun, say } from '../../base/text.ts';
import { row } from '../checks/format/csv.ts';
import { type AskedQuestion, questionsAsked } from '../guides/asked.ts';
import type { LabGuide } from '../guides/model.ts';
import { answersIn, type GivenAnswer } from '../state/answers.ts';
import type { HistoryEntry } from '../state/state.ts';

/** A question with what one student answered. */
export interface Answered {
  id: string;
  given: GivenAnswer | undefined;
  /** What the teacher gives, of so many; undefined: it was not marked. */
  points?: { earned: number; possible: number };
}

/** All questions of some labs, with their model answers, in the language of this run. */
export const questionsIn = (labs: LabGuide[]): AskedQuestion[] =>
  labs.flatMap((lab) => questionsAsked(lab, languageOfRun()));

/** What a record answers to questions, in their order. */
export function answered(questions: Pick<AskedQuestion, 'id'>[], history: HistoryEntry[]): Answered[] {
  const answers = answersIn(history);
  return questions.map(({ id }) => ({ id, given: answers.get(id) }));
}

/** What a teacher gave for a question: of how many points, and to whom how many of them. */
interface Mark {
  possible: number;
  earned: Map<string, number>;
}
/** By question. */
export type Marks = Map<string, Mark>;

const COLUMNS = ['question', 'student', 'points', 'of', 'answer', 'given', 'late', 'asked', 'model'] as const;
/** Points that an answer is worth where the table does not say. */
const WORTH = 1;

interface Line {
  student: string;
  answers: Answered[];
}

/** The answers of a class, question by question, so that they are read beside each other; `points` is for the teacher to fill in. */
export function answersCsv(lines: Line[], questions: AskedQuestion[]): string {
  const rows = questions.flatMap(({ id, text, answer }) =>
    lines.map(({ student, answers }) => {
      const found = answers.find((other) => other.id === id);
      const given = found?.given;
      const late = given?.late ? say({ en: 'after the step', fr: "après l'étape" }) : '';
      const { earned = '', possible = WORTH } = found?.points ?? {};
      return [id, student, earned, possible, given?.text ?? '', given?.at ?? '', late, text, answer];
    }),
  );
  return `${[COLUMNS, ...rows].map((cells) => row([...cells])).join('\n')}\n`;
}

const mistake = (line: number, file: string, en: string, fr: string): LabError =>
  new LabError(
    { en: `${file}:${line}: ${en}.`, fr: `${file}:${line} : ${fr}.` },
    {
      en: 'the table is the one that `lab grade --answers` writes; fill in its column "points".',
      fr: 'le tableau est celui que `lab grade --answers` écrit ; remplissez sa colonne « points ».',
    },
  );

/**
 * The points that a teacher filled in. A question counts for the class once anybody has points for it: an answer left empty has none then.
 * LabError for what is no such table, and for points that are none.
 */
export function readMarks(text: string, file: string): Marks {
  const delimiter = (text.split('\n')[0] ?? '').includes(';') ? ';' : ',';
  let records: { record: Record<string, string>; info: { lines: number } }[];
  try {
    records = parse(text, {
      ...{ columns: true, bom: true, delimiter, relax_column_count: true, skip_empty_lines: true },
      info: true,
    }) as unknown as typeof records;
  } catch {
    throw mistake(1, file, 'this is no table', "ce n'est pas un tableau");
  }
  const all: Marks = new Map();
  const number = (value: string) => Number(value.trim().replace(',', '.'));
  for (const { record, info } of records) {
    const { question, student, points, of } = record;
    if (question === undefined || student === undefined || points === undefined)
      throw mistake(1, file, 'it lacks question, student or points', 'il manque question, student ou points');
    // What nobody has points for is not marked yet.
    if (points.trim() === '') continue;
    const possible = of === undefined || of.trim() === '' ? WORTH : number(of);
    const earned = number(points);
    if (!(earned >= 0 && earned <= possible))
      throw mistake(
        info.lines,
        file,
        `"${points}" is not a number of points from 0 to ${possible}`,
        `« ${points} » n'est pas un nombre de points de 0 à ${possible}`,
      );
    const mark = all.get(question) ?? { possible, earned: new Map() };
    mark.possible = Math.max(mark.possible, possible);
    mark.earned.set(student, earned);
    all.set(question, mark);
  }
  return all;
}

/** A student's answers with the teacher's points, of those questions that were marked for anybody. */
export const marked = (answers: Answered[], student: string, marks: Marks): Answered[] =>
  answers.map((answer) => {
    const mark = marks.get(answer.id);
    if (!mark) return answer;
    return { ...answer, points: { earned: mark.earned.get(student) ?? 0, possible: mark.possible } };
  });

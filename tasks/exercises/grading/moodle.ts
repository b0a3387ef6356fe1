import { parse } from 'csv-parse/sync';
import { LabError, messageOf } from '../../base/errors.ts';
import { say, type Text } from '../../base/text.ts';
import { quoted } from '../checks/format/csv.ts';
import type { Grade } from './grade.ts';

/** What grades go back to Moodle in: the lines of its grading worksheet. */
export interface Worksheet {
  head: string[];
  rows: string[][];
}

/** The columns that are read or filled in, as Moodle heads them in English and French. */
const COLUMNS = {
  id: ['Identifier', 'Identifiant'],
  name: ['Full name', 'Nom complet'],
  grade: ['Grade', 'Note'],
  most: ['Maximum grade', 'Maximum Grade', 'Note maximale'],
  graded: ['Last modified (grade)', 'Dernière modification (note)'],
  feedback: ['Feedback comments', 'Feedback par commentaires'],
};

type Column = keyof typeof COLUMNS;

const columnIn = (head: string[], column: Column): number =>
  head.findIndex((title) => COLUMNS[column].includes(title.trim()));

/** Points that an assignment has in Moodle if nobody chose others. */
const MOST = 100;

/** Reads a grading worksheet as Moodle gives it. LabError when it is none. */
export function readWorksheet(text: string, file: string): Worksheet {
  let lines: string[][];
  try {
    lines = parse(text, { bom: true, skip_empty_lines: true, relax_column_count: true });
  } catch (error) {
    throw noWorksheet(file, [messageOf(error)]);
  }
  const [head = [], ...rows] = lines;
  const missing = (['id', 'grade', 'graded'] as const).filter((column) => columnIn(head, column) < 0);
  if (missing.length > 0)
    throw noWorksheet(
      file,
      missing.map((column) => COLUMNS[column].join(' / ')),
    );
  return { head, rows };
}

function noWorksheet(file: string, details: string[]): LabError {
  return new LabError(
    {
      en: `${file} is not a grading worksheet of Moodle.`,
      fr: `${file} n'est pas un formulaire d'évaluation de Moodle.`,
    },
    {
      en: 'download it in the assignment ("Download grading worksheet"), with Moodle in English or French; it lacks or has:',
      fr: 'téléchargez-le dans le devoir (« Télécharger le formulaire d’évaluation »), avec Moodle en français ou en anglais ; il y manque, ou on y trouve :',
    },
    details,
  );
}

/** A worksheet for those who handed in, when none was downloaded; in the language of this run. */
export function worksheetFor(grades: Grade[]): Worksheet {
  const french = say({ en: '', fr: 'fr' }) === 'fr' ? 1 : 0;
  const columns: Column[] = ['id', 'name', 'grade', 'graded', 'feedback'];
  const participants = new Map(
    grades.flatMap(({ participant }) => (participant ? [[participant.id, participant] as const] : [])),
  );
  return {
    head: columns.map((column) => COLUMNS[column][french] ?? ''),
    // In French without a space: Moodle cuts its own word off, and what is left must be the number.
    rows: [...participants.values()].map(({ id, name }) => [
      `${french ? 'Participant' : 'Participant '}${id}`,
      ...[name, '', '', ''],
    ]),
  };
}

/** What happened to the lines of a worksheet: participants by name. */
export interface Filled {
  csv: string;
  filled: number;
  /** Whose bundle has a flag that puts its origin in doubt: the teacher decides. */
  left: string[];
}

/** No doubt about whose work it is: these do not keep a grade back. */
const HARMLESS = new Set(['late', 'incomplete', 'checks']);

/**
 * Fills a worksheet in: the grade of each participant's latest bundle, out of the assignment's maximum, and the points of each step as
 * feedback. A bundle with a flag that puts its origin in doubt gets no grade; what was noticed is for the teacher, and not in here.
 */
export function fillWorksheet({ head, rows }: Worksheet, grades: Grade[]): Filled {
  const at = (column: Column) => columnIn(head, column);
  const latest = latestOf(grades);
  const left: string[] = [];
  let filled = 0;
  const lines = rows.map((cells) => {
    const id = /(\d+)\s*$/.exec(cells[at('id')] ?? '')?.[1];
    const grade = id === undefined ? undefined : latest.get(id);
    if (!grade) return cells;
    if (grade.flags.some(({ kind }) => !HARMLESS.has(kind))) {
      left.push(grade.participant?.name ?? grade.student);
      return cells;
    }
    filled += 1;
    const most = cells[at('most')] ?? '';
    const comma = most.includes(',') && !most.includes('.');
    const out = Number(most.replace(',', '.')) || MOST;
    const value = ((grade.earned / Math.max(1, grade.possible)) * out).toFixed(2);
    return head.map((_, column) => {
      if (column === at('grade')) return comma ? value.replace('.', ',') : value;
      if (column === at('feedback')) return say(feedbackOf(grade));
      return cells[column] ?? '';
    });
  });
  const csv = [head, ...lines].map((cells) => cells.map(quoted).join(',')).join('\n');
  return { csv: `${csv}\n`, filled, left };
}

/** The latest bundle of each participant, by his number. */
function latestOf(grades: Grade[]): Map<string, Grade> {
  const latest = new Map<string, Grade>();
  for (const grade of grades) {
    const id = grade.participant?.id;
    if (id !== undefined && (latest.get(id)?.created ?? '') <= grade.created) latest.set(id, grade);
  }
  return latest;
}

const feedbackOf = ({ earned, possible, steps }: Grade): Text => {
  const each = steps.map((step) => `${step.id}: ${step.earned}/${step.points}`).join(', ');
  return {
    en: `${earned} of ${possible} points. ${each}`,
    fr: `${earned} points sur ${possible}. ${each}`,
  };
};

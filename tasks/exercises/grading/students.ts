import { parse } from 'csv-parse/sync';
import { LabError, messageOf } from '../../base/errors.ts';

/** What the teacher knows of a student. */
export interface Enrolled {
  student: string;
  /** Fingerprint of the lab's key, if the teacher collected it. */
  key: string | undefined;
  /** As the learning platform writes it, to compare with the folder that a bundle came in. */
  name?: string;
}

/** Columns of a list, also as a French spreadsheet heads them. */
const COLUMNS: Record<string, 'student' | 'key' | 'name' | 'code'> = {
  student: 'student',
  étudiant: 'student',
  etudiant: 'student',
  key: 'key',
  clé: 'key',
  cle: 'key',
  name: 'name',
  nom: 'name',
  code: 'code',
};

/**
 * Reads a list of students: lines `student`, `student,key` or those of a table whose first line names its columns (student, key, name);
 * commas or semicolons; `#` begins a remark. A student with several computers has several lines. LabError when it is no such list.
 */
export function readEnrolled(text: string): Enrolled[] {
  let rows: string[][];
  try {
    rows = parse(text, {
      delimiter: [',', ';'],
      ...{ bom: true, trim: true, comment: '#', comment_no_infix: true },
      ...{ skip_empty_lines: true, relax_column_count: true },
    });
  } catch (error) {
    throw new LabError(
      { en: 'The list of students cannot be read.', fr: 'La liste des étudiants est illisible.' },
      {
        en: 'give lines `student` or `student,key`, or a table with the columns student, key, name.',
        fr: 'donnez des lignes `étudiant` ou `étudiant,clé`, ou un tableau avec les colonnes student, key, name.',
      },
      [messageOf(error)],
    );
  }
  const head = (rows[0] ?? []).map((cell) => COLUMNS[cell.toLowerCase()]);
  const hasHead = head.includes('student');
  const columns = hasHead ? head : (['student', 'key', 'name'] as const);
  return (hasHead ? rows.slice(1) : rows).flatMap((cells) => {
    const of = (column: 'student' | 'key' | 'name') => cells[columns.indexOf(column)] || undefined;
    const [student, key, name] = [of('student'), of('key'), of('name')];
    if (student === undefined) return [];
    return [{ student: student.toLowerCase(), key, ...(name === undefined ? {} : { name }) }];
  });
}

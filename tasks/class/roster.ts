import { parse } from 'csv-parse/sync';
import { LabError, messageOf } from '../base/errors.ts';
import { say, type Text } from '../base/text.ts';

/** A student as the roster of a class has him. */
export interface Student {
  /** Identifier, in lower case: the name of his lab, and whose its marks are. */
  id: string;
  /** As the learning platform writes it; the identifier where it says none. */
  name: string;
}

type Column = 'id' | 'name' | 'first' | 'last' | 'email';

/** Columns of a roster, as Moodle heads them in English and French, and as `lab grade --students` takes them. */
const COLUMNS: Record<Column, string[]> = {
  id: ['student', 'étudiant', 'etudiant', 'username', "nom d'utilisateur", 'identifiant'],
  name: ['full name', 'name', 'nom complet'],
  first: ['first name', 'prénom', 'prenom'],
  last: ['last name', 'surname', 'nom de famille', 'nom'],
  email: ['email address', 'email', 'e-mail', 'adresse de courriel', 'courriel'],
};

/** What can identify a student (`lab start --student`). */
const STUDENT = /^[a-z0-9][a-z0-9._@-]{0,63}$/;

/** Line of a file, as people count them. */
interface Line {
  number: number;
  cells: string[];
}

/**
 * Reads a roster: the list of participants as Moodle exports it (commas, semicolons or tabs), or a table with the columns student and name.
 * Who has no identifier of his own is called by his address, up to the @. LabError, with every line that is wrong, when it is no such list.
 */
export function readRoster(text: string, file: string): Student[] {
  if (text.includes('\uFFFD'))
    throw new LabError(
      { en: `${file} is not written in UTF-8.`, fr: `${file} n'est pas écrit en UTF-8.` },
      {
        en: 'export it from Moodle as "Comma separated values", or save it from the spreadsheet as "CSV UTF-8".',
        fr: 'exportez-le de Moodle en « valeurs séparées par des virgules », ou enregistrez-le du tableur en « CSV UTF-8 ».',
      },
    );
  const [head, ...lines] = linesOf(text, file);
  if (!head) throw noRoster(file, { en: 'it is empty', fr: 'il est vide' });
  const titles = head.cells.map((cell) => cell.toLowerCase().replaceAll('’', "'"));
  const at = (column: Column) => titles.findIndex((title) => COLUMNS[column].includes(title));
  if (at('id') < 0 && at('email') < 0)
    throw noRoster(file, {
      en: `its first line has neither a column "student" nor "Email address" (it has: ${head.cells.join(', ')})`,
      fr: `sa première ligne n'a ni colonne « student » ni « Adresse de courriel » (elle a : ${head.cells.join(', ')})`,
    });
  const problems: Text[] = [];
  const found = lines.map(({ number, cells }) => {
    const of = (column: Column) => (cells[at(column)] ?? '').replace(/\s+/g, ' ').trim();
    const email = of('email').toLowerCase();
    const id = of('id').toLowerCase() || email.split('@')[0] || '';
    const name = of('name') || `${of('first')} ${of('last')}`.trim() || id;
    if (!STUDENT.test(id)) problems.push(wrongId(number, id, name));
    return { number, id, name };
  });
  const first = new Map<string, { number: number }>();
  for (const one of found) {
    const before = first.get(one.id);
    if (before && STUDENT.test(one.id)) problems.push(twice(one.id, before.number, one.number));
    else first.set(one.id, one);
  }
  if (problems.length > 0)
    throw new LabError(
      {
        en: `${file} has ${problems.length === 1 ? 'a line' : `${problems.length} lines`} that cannot be used.`,
        fr: `${file} a ${problems.length === 1 ? 'une ligne inutilisable' : `${problems.length} lignes inutilisables`}.`,
      },
      {
        en: 'mend them, and run the command again: nothing was started. A column "student" may give identifiers of your own.',
        fr: 'corrigez-les et relancez la commande : rien n’a été lancé. Une colonne « student » peut donner des identifiants de votre choix.',
      },
      problems.map(say),
    );
  if (found.length === 0)
    throw noRoster(file, { en: 'it names no student', fr: 'il ne nomme aucun étudiant' });
  return found.map(({ id, name }) => ({ id, name }));
}

function linesOf(text: string, file: string): Line[] {
  try {
    const records = parse(text, {
      delimiter: [',', ';', '\t'],
      ...{ bom: true, trim: true, comment: '#', comment_no_infix: true, info: true },
      ...{ skip_empty_lines: true, skip_records_with_empty_values: true, relax_column_count: true },
    }) as unknown as { record: string[]; info: { lines: number } }[];
    return records.map(({ record, info }) => ({ number: info.lines, cells: record }));
  } catch (error) {
    const why = messageOf(error);
    throw noRoster(file, { en: why, fr: why });
  }
}

const noRoster = (file: string, why: Text): LabError =>
  new LabError(
    { en: `${file} is not a roster: ${why.en}.`, fr: `${file} n'est pas une liste de classe : ${why.fr}.` },
    {
      en: 'give the list of participants as Moodle exports it (CSV), or a table with the columns student and name.',
      fr: 'donnez la liste des participants telle que Moodle l’exporte (CSV), ou un tableau avec les colonnes student et name.',
    },
  );

const wrongId = (line: number, id: string, name: string): Text =>
  id === ''
    ? {
        en: `line ${line}: ${name || 'a student'} has neither an identifier nor an address.`,
        fr: `ligne ${line} : ${name || 'un étudiant'} n'a ni identifiant ni adresse.`,
      }
    : {
        en: `line ${line}: "${id}" cannot identify a student (letters without accents, digits, . _ - @; at most 64).`,
        fr: `ligne ${line} : « ${id} » ne peut pas identifier un étudiant (lettres sans accents, chiffres, . _ - @ ; 64 au plus).`,
      };

const twice = (id: string, before: number, line: number): Text => ({
  en: `lines ${before} and ${line}: the student ${id} is there twice.`,
  fr: `lignes ${before} et ${line} : l'étudiant ${id} y est deux fois.`,
});

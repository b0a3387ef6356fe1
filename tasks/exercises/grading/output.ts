import type { SheetData } from 'write-excel-file/node';
import { say } from '../../base/text.ts';
import { row } from '../checks/format/csv.ts';
import { page } from '../checks/format/html.ts';
import { escapeXml as e } from '../checks/format/junit.ts';
import { sum } from '../checks/result.ts';
import type { AskedQuestion } from '../guides/asked.ts';
import type { Grade } from './grade.ts';
import { replayWords } from './replay/words.ts';

/** Ids of all steps that any student has, in order. */
export const stepIds = (grades: Grade[]): string[] =>
  [...new Set(grades.flatMap((grade) => grade.steps.map((step) => step.id)))].sort((a, b) =>
    a.localeCompare(b, 'en', { numeric: true }),
  );

/** Whether any was built again: there is a column for it then. */
const haveReplays = (grades: Grade[]): boolean => grades.some(({ replay }) => replay !== undefined);

const head = (ids: string[], grades: Grade[]): string[] => [
  say({ en: 'student', fr: 'étudiant' }),
  say({ en: 'points', fr: 'points' }),
  say({ en: 'of', fr: 'sur' }),
  ...ids,
  say({ en: 'answers', fr: 'réponses' }),
  say({ en: 'hints', fr: 'indices' }),
  say({ en: 'handed in', fr: 'remis' }),
  say({ en: 'flags', fr: 'signalements' }),
  say({ en: 'file', fr: 'fichier' }),
  ...(haveReplays(grades) ? [say({ en: 'replay', fr: 'rejeu' })] : []),
];

const flagText = (grade: Grade): string =>
  grade.flags.map((flag) => `${flag.kind}: ${say(flag.text)}`).join('; ');

/** Points for answers where a teacher gave some, else how many questions have an answer. */
function answersCell({ answers }: Grade): number {
  const points = answers.flatMap((answer) => answer.points ?? []);
  return points.length > 0
    ? sum(points.map(({ earned }) => earned))
    : answers.filter(({ given }) => given).length;
}

function cells(grade: Grade, ids: string[], grades: Grade[]): (string | number)[] {
  const earned = new Map(grade.steps.map((step) => [step.id, step.earned]));
  return [
    grade.student,
    grade.earned,
    grade.possible,
    ...ids.map((id) => earned.get(id) ?? ''),
    answersCell(grade),
    grade.hints,
    grade.created,
    flagText(grade),
    grade.file,
    ...(haveReplays(grades) ? [grade.replay ? replayWords(grade.replay) : ''] : []),
  ];
}

export function gradesCsv(grades: Grade[]): string {
  const ids = stepIds(grades);
  return `${[row(head(ids, grades)), ...grades.map((grade) => row(cells(grade, ids, grades)))].join('\n')}\n`;
}

/** A spreadsheet with a line for each student; the first row and column stay in sight. */
export async function gradesXlsx(grades: Grade[], file: string): Promise<void> {
  const { default: writeExcelFile } = await import('write-excel-file/node');
  const ids = stepIds(grades);
  const titles = head(ids, grades).map((value) => ({ value, fontWeight: 'bold' as const }));
  const lines: SheetData = grades.map((grade) =>
    cells(grade, ids, grades).map((value) =>
      value === '' ? null : { value, ...(grade.flags.length > 0 ? { backgroundColor: '#ffe0b2' } : {}) },
    ),
  );
  const columns = head(ids, grades).map((title, index) => ({
    width:
      index === 0 || title === say({ en: 'flags', fr: 'signalements' }) ? 28 : title.includes('.') ? 7 : 14,
  }));
  await writeExcelFile([titles, ...lines], { columns, stickyRowsCount: 1, stickyColumnsCount: 1 }).toFile(
    file,
  );
}

const MARK = { passed: '✓', failed: '✗', 'not-judged': '·' };

export function gradesHtml(
  grades: Grade[],
  unreadable: { file: string; why: string }[],
  asked: AskedQuestion[] = [],
): string {
  const ids = stepIds(grades);
  const title = say({ en: 'Results of the class', fr: 'Résultats de la classe' });
  const lines = grades.map((grade) => {
    const steps = new Map(grade.steps.map((step) => [step.id, step]));
    const marks = ids.map((id) => {
      const step = steps.get(id);
      return step
        ? `<td class="${step.outcome}" title="${e(say(step.title))}">${MARK[step.outcome]} ${step.earned}</td>`
        : '<td></td>';
    });
    const flags = grade.flags.map(
      (flag) => `<div class="failed">${e(`${flag.kind}: ${say(flag.text)}`)}</div>`,
    );
    return `<tr><th scope="row">${e(grade.student)}</th><td class="n">${grade.earned}/${grade.possible}</td>${marks.join('')}<td class="n">${answersCell(grade)}</td><td class="n">${grade.hints}</td><td>${e(grade.created)}</td><td>${flags.join('')}</td>${haveReplays(grades) ? `<td>${e(grade.replay ? replayWords(grade.replay) : '')}</td>` : ''}</tr>`;
  });
  const bad = unreadable.map((bundle) => `<p class="failed">${e(bundle.file)}: ${e(bundle.why)}</p>`);
  const titles = head(ids, grades).filter((_, index) => index !== 2 && index !== ids.length + 7);
  const questions = answersHtml(grades, asked);
  return page(
    title,
    `<h1>${e(title)}</h1>${bad.join('')}<table><thead><tr>${titles.map((title) => `<th scope="col">${e(title)}</th>`).join('')}</tr></thead><tbody>${lines.join('\n')}</tbody></table>${questions}`,
  );
}

/** The answers of the class beside each other, question by question, each with the model answer. */
function answersHtml(grades: Grade[], asked: AskedQuestion[]): string {
  const own = asked.filter(({ id }) =>
    grades.some(({ answers }) => answers.some((answer) => answer.id === id)),
  );
  if (own.length === 0) return '';
  const late = say({ en: 'after the step held', fr: "après l'étape acquise" });
  const none = say({ en: 'no answer', fr: 'pas de réponse' });
  const head = [
    say({ en: 'student', fr: 'étudiant' }),
    say({ en: 'answer', fr: 'réponse' }),
    say({ en: 'given', fr: 'donnée' }),
    say({ en: 'points', fr: 'points' }),
  ];
  const parts = own.map(({ id, kind, text, answer }) => {
    const rows = grades.flatMap(({ student, answers }) => {
      const found = answers.find((other) => other.id === id);
      if (!found) return [];
      const { given, points } = found;
      const when = given ? `${e(given.at)}${given.late ? `<div class="failed">${e(late)}</div>` : ''}` : '';
      const said = given
        ? `<span class="said">${e(given.text)}</span>`
        : `<span class="not-judged">${e(none)}</span>`;
      const mark = points ? `${points.earned}/${points.possible}` : '';
      return [
        `<tr><th scope="row">${e(student)}</th><td>${said}</td><td>${when}</td><td class="n">${mark}</td></tr>`,
      ];
    });
    const what = kind === 'prediction' ? `${say({ en: 'Prediction', fr: 'Prédiction' })} ` : '';
    const model = say({ en: 'Model answer', fr: 'Réponse modèle' });
    return `<h2>${what}${id} ${e(text)}</h2><details><summary>${e(model)}</summary><p class="said">${e(answer)}</p></details><table><thead><tr>${head.map((word) => `<th scope="col">${e(word)}</th>`).join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
  });
  return `<style>.said{white-space:pre-wrap;overflow-wrap:anywhere}</style>${parts.join('\n')}`;
}

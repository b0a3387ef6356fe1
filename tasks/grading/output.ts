import type { SheetData } from 'write-excel-file/node';
import { row } from '../checks/format/csv.ts';
import { page } from '../checks/format/html.ts';
import { escapeXml as e } from '../checks/format/junit.ts';
import { say } from '../ui/text.ts';
import type { Grade } from './grade.ts';

/** Ids of all steps that any student has, in order. */
export const stepIds = (grades: Grade[]): string[] =>
  [...new Set(grades.flatMap((one) => one.steps.map((step) => step.id)))].sort((one, other) =>
    one.localeCompare(other, 'en', { numeric: true }),
  );

const head = (ids: string[]): string[] => [
  say({ en: 'student', fr: 'étudiant' }),
  say({ en: 'points', fr: 'points' }),
  say({ en: 'of', fr: 'sur' }),
  ...ids,
  say({ en: 'hints', fr: 'indices' }),
  say({ en: 'handed in', fr: 'remis' }),
  say({ en: 'flags', fr: 'signalements' }),
  say({ en: 'file', fr: 'fichier' }),
];

const flagText = (grade: Grade): string =>
  grade.flags.map((one) => `${one.kind}: ${say(one.text)}`).join('; ');

function cells(grade: Grade, ids: string[]): (string | number)[] {
  const earned = new Map(grade.steps.map((step) => [step.id, step.earned]));
  return [
    grade.student,
    grade.earned,
    grade.possible,
    ...ids.map((id) => earned.get(id) ?? ''),
    grade.hints,
    grade.created,
    flagText(grade),
    grade.file,
  ];
}

export function gradesCsv(grades: Grade[]): string {
  const ids = stepIds(grades);
  return `${[row(head(ids)), ...grades.map((one) => row(cells(one, ids)))].join('\n')}\n`;
}

/** A spreadsheet with a line for each student; the first row and column stay in sight. */
export async function gradesXlsx(grades: Grade[], file: string): Promise<void> {
  const { default: writeExcelFile } = await import('write-excel-file/node');
  const ids = stepIds(grades);
  const titles = head(ids).map((value) => ({ value, fontWeight: 'bold' as const }));
  const lines: SheetData = grades.map((grade) =>
    cells(grade, ids).map((value) =>
      value === '' ? null : { value, ...(grade.flags.length > 0 ? { backgroundColor: '#ffe0b2' } : {}) },
    ),
  );
  const columns = head(ids).map((title, index) => ({
    width:
      index === 0 || title === say({ en: 'flags', fr: 'signalements' }) ? 28 : title.includes('.') ? 7 : 14,
  }));
  await writeExcelFile([titles, ...lines], { columns, stickyRowsCount: 1, stickyColumnsCount: 1 }).toFile(
    file,
  );
}

const MARK = { passed: '✓', failed: '✗', 'not-judged': '·' };

export function gradesHtml(grades: Grade[], unreadable: { file: string; why: string }[]): string {
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
    const flags = grade.flags.map((one) => `<div class="failed">${e(`${one.kind}: ${say(one.text)}`)}</div>`);
    return `<tr><th scope="row">${e(grade.student)}</th><td class="n">${grade.earned}/${grade.possible}</td>${marks.join('')}<td class="n">${grade.hints}</td><td>${e(grade.created)}</td><td>${flags.join('')}</td></tr>`;
  });
  const bad = unreadable.map((one) => `<p class="failed">${e(one.file)}: ${e(one.why)}</p>`);
  const titles = head(ids).filter((_, index) => index !== 2 && index !== ids.length + 6);
  return page(
    title,
    `<h1>${e(title)}</h1>${bad.join('')}<table><thead><tr>${titles.map((one) => `<th scope="col">${e(one)}</th>`).join('')}</tr></thead><tbody>${lines.join('\n')}</tbody></table>`,
  );
}

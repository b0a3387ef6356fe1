import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { readExam } from '../checks/exam.ts';
import { grade } from '../grading/grade.ts';
import { gradesCsv, gradesHtml, gradesXlsx } from '../grading/output.ts';
import { readEnrolled } from '../grading/suspicion.ts';
import { ROOT } from '../lab/paths.ts';
import { readLabs } from '../labs/load.ts';
import { readService } from '../provision/context.ts';
import { LabError } from '../ui/errors.ts';
import { seconds } from '../ui/progress.ts';
import { say } from '../ui/text.ts';

export interface GradeCommand {
  csv?: string;
  xlsx?: string;
  html?: string;
  json?: boolean;
  deadline?: string;
  students?: string;
  exam?: string;
}

/** `lab grade BUNDLES…`: needs no machine and no network. Exit code 1 when a bundle is flagged or cannot be read. */
export async function gradeBundles(files: string[], options: GradeCommand): Promise<number> {
  const since = Date.now();
  const deadline = options.deadline === undefined ? undefined : timeOf(options.deadline);
  if (options.students && !existsSync(options.students))
    throw new LabError(
      { en: `There is no file ${options.students}.`, fr: `Il n'y a pas de fichier ${options.students}.` },
      {
        en: 'give a list with lines `student` or `student,key`.',
        fr: 'donnez une liste de lignes `étudiant` ou `étudiant,clé`.',
      },
    );
  const enrolled = options.students ? readEnrolled(readFileSync(options.students, 'utf8')) : [];
  const exam = options.exam ? { lab: await readExam(options.exam), file: options.exam } : undefined;
  const { grades, unreadable } = await grade(files, readLabs(ROOT), {
    deadline,
    enrolled,
    host: readService(ROOT).host,
    ...(exam ? { exam } : {}),
  });
  if (options.csv) await writeFile(options.csv, gradesCsv(grades));
  if (options.xlsx) await gradesXlsx(grades, options.xlsx);
  if (options.html) await writeFile(options.html, gradesHtml(grades, unreadable));
  const flagged = grades.filter((one) => one.flags.length > 0).length;
  if (options.json) console.log(JSON.stringify({ grades, unreadable }, null, 2));
  else {
    for (const one of grades) {
      console.log(
        `${one.student.padEnd(24)} ${`${one.earned}/${one.possible}`.padStart(8)}  ${one.file}  ${one.key}`,
      );
      for (const flag of one.flags) console.log(`  ! ${flag.kind}: ${say(flag.text)}`);
    }
    for (const one of unreadable) console.log(`${one.file}\n  ! ${one.why.replaceAll('\n', '\n    ')}`);
    const written = [options.csv, options.xlsx, options.html].filter(Boolean).join(', ');
    console.log(
      say({
        en: `${grades.length} bundles judged in ${seconds(since)}, ${flagged} flagged, ${unreadable.length} not readable.${written ? ` Written: ${written}.` : ''}`,
        fr: `${grades.length} paquets évalués en ${seconds(since)}, ${flagged} signalés, ${unreadable.length} illisibles.${written ? ` Écrit : ${written}.` : ''}`,
      }),
    );
  }
  return flagged + unreadable.length === 0 ? 0 : 1;
}

/** A moment as a person writes it: 2026-11-30 or 2026-11-30T18:00, local time. */
function timeOf(text: string): string {
  const time = new Date(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T23:59:59` : text);
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  throw new LabError(
    { en: `"${text}" is not a time.`, fr: `« ${text} » n'est pas une date.` },
    { en: 'write 2026-11-30 or 2026-11-30T18:00.', fr: 'écrivez 2026-11-30 ou 2026-11-30T18:00.' },
  );
}

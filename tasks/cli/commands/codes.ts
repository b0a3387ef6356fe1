import { existsSync, readFileSync } from 'node:fs';
import { LabError } from '../../base/errors.ts';
import { say } from '../../base/text.ts';
import { row } from '../../exercises/checks/format/csv.ts';
import { seedIn } from '../../exercises/grading/seed.ts';
import { readEnrolled } from '../../exercises/grading/students.ts';
import { codeOf, shownCode } from '../../exercises/guides/student.ts';
import { studentNamed } from './student.ts';

/** `lab codes LIST`: each student's code, from the seed of the class. Prints CSV. Exit code 0. */
export async function codes(list: string, options: { seed: string; json?: boolean }): Promise<number> {
  if (!existsSync(list))
    throw new LabError(
      { en: `There is no file ${list}.`, fr: `Il n'y a pas de fichier ${list}.` },
      { en: 'give a list with a student a line.', fr: 'donnez une liste avec un étudiant par ligne.' },
    );
  const students = [
    ...new Set(readEnrolled(readFileSync(list, 'utf8')).map(({ student }) => studentNamed(student))),
  ];
  const { seed, made } = await seedIn(options.seed);
  if (made)
    console.error(
      say({
        en: `${options.seed} is the seed of this class: keep it, and keep it to yourself.`,
        fr: `${options.seed} est la graine de cette classe : gardez-la, et gardez-la pour vous.`,
      }),
    );
  const lines = students.map((student) => ({ student, code: shownCode(codeOf(seed, student)) }));
  if (options.json) console.log(JSON.stringify(lines, null, 2));
  else
    for (const line of [row(['student', 'code']), ...lines.map(({ student, code }) => row([student, code]))])
      console.log(line);
  return 0;
}

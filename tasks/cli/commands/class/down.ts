import { rm } from 'node:fs/promises';
import { confirm } from '../../../base/ask.ts';
import { LabError } from '../../../base/errors.ts';
import { seconds } from '../../../base/progress.ts';
import { say } from '../../../base/text.ts';
import { placesOf } from '../../../class/places.ts';
import {
  type ClassRecord,
  type ClassStudent,
  engineOf,
  existingClass,
  studentOf,
  withClassLock,
  writeStudents,
} from '../../../class/record.ts';
import { endLabs } from '../../../class/run.ts';

/** `lab class down`. Exit code 1 when a lab had to be cut off without having saved. */
export async function down(
  names: string[],
  options: { class: string; keep?: boolean; yes?: boolean; json?: boolean },
): Promise<number> {
  const since = Date.now();
  const { folder, ...asked } = await existingClass(options.class);
  const chosen = names.length > 0 ? names.map((id) => studentOf({ folder, ...asked }, id)) : asked.students;
  if (!options.keep && !options.yes && !(await confirm(question(chosen))))
    throw new LabError(
      { en: 'Nothing was ended or removed.', fr: "Rien n'a été arrêté ni supprimé." },
      {
        en: 'add --keep to keep what was saved, or --yes to remove it without a question.',
        fr: 'ajoutez --keep pour garder ce qui est sauvegardé, ou --yes pour le supprimer sans question.',
      },
    );
  return withClassLock(folder, 'lab class down', async () => {
    const record = await existingClass(folder);
    const ids = new Set(chosen.map(({ id }) => id));
    const students = record.students.filter(({ id }) => ids.has(id));
    const { ended, cut } = await endLabs(record, engineOf(record.settings), students, {
      seconds: record.settings.graceSeconds,
      force: true,
    });
    const removed = options.keep ? [] : await remove(record, students);
    if (options.json) console.log(JSON.stringify({ ended, cut, removed }, null, 2));
    else {
      console.log(
        say({
          en: `${ended.length} labs have ended${removed.length > 0 ? `, what was saved of ${removed.length} is removed` : ''} (${seconds(since)}).`,
          fr: `${ended.length} labs arrêtés${removed.length > 0 ? `, ce qui était sauvegardé de ${removed.length} est supprimé` : ''} (${seconds(since)}).`,
        }),
      );
      if (cut.length > 0)
        console.log(
          say({
            en: `Cut off, they had not saved themselves in time: ${cut.join(', ')}.`,
            fr: `Coupés, ils ne s'étaient pas sauvegardés à temps : ${cut.join(', ')}.`,
          }),
        );
    }
    return cut.length === 0 ? 0 : 1;
  });
}

const question = (students: ClassStudent[]): string =>
  say({
    en: `End the labs of ${students.length} students and remove what was saved of them?`,
    fr: `Arrêter les labs de ${students.length} étudiants et supprimer ce qui en est sauvegardé ?`,
  });

/** Takes students out of the class, with what was saved of their labs. What was collected stays. */
async function remove(record: ClassRecord, students: ClassStudent[]): Promise<string[]> {
  const ids = students.map(({ id }) => id);
  for (const id of ids) await rm(placesOf(record.folder).lab(id), { recursive: true, force: true });
  // Generations go on counting: one that is cut off somewhere must not find its own again.
  for (const student of students) delete student.lab;
  await writeStudents(record);
  return ids;
}

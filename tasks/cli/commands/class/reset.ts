import { confirm } from '../../../base/ask.ts';
import { LabError } from '../../../base/errors.ts';
import { say } from '../../../base/text.ts';
import { engineOf, existingClass, studentOf, withClassLock } from '../../../class/record.ts';
import { resetLab } from '../../../class/run.ts';

/** `lab class reset STUDENT` */
export async function reset(
  id: string,
  options: { class: string; yes?: boolean; json?: boolean },
): Promise<number> {
  const { folder } = await existingClass(options.class);
  const asked = studentOf(await existingClass(folder), id);
  const question = say({
    en: `Put the lab of ${asked.name} back to its beginning?`,
    fr: `Remettre le lab de ${asked.name} à son début ?`,
  });
  if (!options.yes && !(await confirm(question)))
    throw new LabError(
      { en: 'Nothing was changed.', fr: "Rien n'a été changé." },
      { en: 'add --yes to do it without a question.', fr: 'ajoutez --yes pour le faire sans question.' },
    );
  return withClassLock(folder, `lab class reset ${asked.id}`, async () => {
    const record = await existingClass(folder);
    const student = studentOf(record, asked.id);
    await resetLab(record, engineOf(record.settings), student);
    if (options.json) console.log(JSON.stringify({ reset: student.id }, null, 2));
    else
      console.log(
        say({
          en: `The lab of ${student.id} begins anew. What was saved of it is in labs/${student.id}/before-reset, until the next reset.`,
          fr: `Le lab de ${student.id} recommence. Ce qui en était sauvegardé est dans labs/${student.id}/before-reset, jusqu'à la prochaine remise à zéro.`,
        }),
      );
    return 0;
  });
}

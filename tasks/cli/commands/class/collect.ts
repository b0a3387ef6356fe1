import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { LabError } from '../../../base/errors.ts';
import { ROOT } from '../../../base/paths.ts';
import { seconds } from '../../../base/progress.ts';
import { say } from '../../../base/text.ts';
import { collectBundles, writeList } from '../../../class/collect.ts';
import { placesOf } from '../../../class/places.ts';
import { engineOf, existingClass, studentOf } from '../../../class/record.ts';
import { labNamed, readLabs } from '../../../exercises/guides/load.ts';
import { gradeBundles } from '../grade.ts';

/** `lab class collect N`. Exit code 1 when a student's bundle could not be made. */
export async function collect(
  wish: string,
  options: { class: string; student?: string[]; json?: boolean },
): Promise<number> {
  const since = Date.now();
  const record = await existingClass(options.class);
  const { id: lab } = labNamed(readLabs(ROOT), wish);
  const students = options.student?.map((id) => studentOf(record, id)) ?? record.students;
  const { collected, failed } = await collectBundles(record, engineOf(record.settings), students, lab, {
    told: (student) => {
      if (!options.json) console.error(student);
    },
  });
  const folder = placesOf(record.folder).handedIn(lab);
  if (options.json) console.log(JSON.stringify({ lab, folder, collected, failed }, null, 2));
  else {
    console.log(
      say({
        en: `${collected.length} bundles of lab ${lab} in ${folder} (${seconds(since)}).`,
        fr: `${collected.length} paquets du lab ${lab} dans ${folder} (${seconds(since)}).`,
      }),
    );
    for (const { student, why } of failed)
      console.log(say({ en: `Nothing from ${student}: ${why}`, fr: `Rien de ${student} : ${why}` }));
  }
  return failed.length === 0 ? 0 : 1;
}

/** `lab class grade N`: what was collected, through `lab grade` with the roster. */
export async function grade(
  wish: string,
  options: {
    class: string;
    csv?: string;
    xlsx?: string;
    html?: string;
    deadline?: string;
    replay?: boolean;
    json?: boolean;
  },
): Promise<number> {
  const record = await existingClass(options.class);
  const { id: lab } = labNamed(readLabs(ROOT), wish);
  const folder = placesOf(record.folder).handedIn(lab);
  const bundles = existsSync(folder) ? (await readdir(folder)).filter((name) => name.endsWith('.lab')) : [];
  if (bundles.length === 0)
    throw new LabError(
      { en: `Nothing of lab ${lab} was collected yet.`, fr: `Rien du lab ${lab} n'a encore été collecté.` },
      {
        en: `run \`lab class collect ${wish}\` while the labs run.`,
        fr: `lancez \`lab class collect ${wish}\` pendant que les labs tournent.`,
      },
    );
  const { csv, xlsx, html, deadline, replay, json } = options;
  return gradeBundles([folder], {
    ...{ lab, students: await writeList(record) },
    ...(record.settings.topology === undefined ? {} : { topology: record.settings.topology }),
    ...(csv === undefined ? {} : { csv }),
    ...(xlsx === undefined ? {} : { xlsx }),
    ...(html === undefined ? {} : { html }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(replay === undefined ? {} : { replay }),
    ...(json === undefined ? {} : { json }),
  });
}

import { existsSync, readFileSync } from 'node:fs';
import { LabError } from '../../../base/errors.ts';
import { ROOT } from '../../../base/paths.ts';
import { seconds } from '../../../base/progress.ts';
import { say } from '../../../base/text.ts';
import { writeList } from '../../../class/collect.ts';
import { engineOf, existingClass, mergeRoster, withClassLock, writeStudents } from '../../../class/record.ts';
import { readRoster } from '../../../class/roster.ts';
import { giveLabs } from '../../../class/run.ts';
import { labNamed, readLabs } from '../../../exercises/guides/load.ts';

/** `lab class up [ROSTER]`: gives the labs to the cluster that it does not have. */
export async function up(
  roster: string | undefined,
  options: { class: string; lab?: string; json?: boolean },
): Promise<number> {
  const since = Date.now();
  const { folder } = await existingClass(options.class);
  const lab = options.lab === undefined ? undefined : labNamed(readLabs(ROOT), options.lab);
  if (lab?.needs.machines === 'none')
    throw new LabError(
      { en: `Lab ${lab.id} needs no machines.`, fr: `Le lab ${lab.id} se passe de machines.` },
      { en: 'start the labs without --lab.', fr: 'démarrez les labs sans --lab.' },
    );
  // A mistake in it is said before anything is changed.
  const listed = roster === undefined ? undefined : readRoster(textOf(roster), roster);
  return withClassLock(folder, 'lab class up', async () => {
    const record = await existingClass(folder);
    const merged = listed ? mergeRoster(record.students, listed) : { students: record.students, absent: [] };
    record.students = merged.students;
    const absent = new Set(merged.absent.map(({ id }) => id));
    const wanted = record.students.filter(({ id }) => !absent.has(id));
    if (wanted.length === 0)
      throw new LabError(
        { en: 'Nobody is in this class yet.', fr: 'Il n’y a encore personne dans cette classe.' },
        {
          en: 'give it a roster: `lab class up ROSTER.csv`.',
          fr: 'donnez-lui une liste : `lab class up LISTE.csv`.',
        },
      );
    if (lab)
      for (const student of wanted) {
        student.lab = lab.id;
        delete student.fromMine;
      }
    await writeStudents(record);
    await writeList(record);
    const { given, there } = await giveLabs(record, engineOf(record.settings), wanted, (done, of) => {
      if (!options.json && process.stderr.isTTY) process.stderr.write(`\r${done}/${of} `);
    });
    const left = [...absent];
    if (options.json) console.log(JSON.stringify({ given, there, notOnRoster: left }, null, 2));
    else {
      if (process.stderr.isTTY && given.length > 0) process.stderr.write('\r');
      console.log(
        say({
          en: `${given.length} labs given to the cluster, ${there.length} were there (${seconds(since)}). \`lab class status\` shows where they run.`,
          fr: `${given.length} labs confiés au cluster, ${there.length} y étaient déjà (${seconds(since)}). \`lab class status\` montre où ils tournent.`,
        }),
      );
      if (left.length > 0)
        console.log(
          say({
            en: `In the class, and not on this roster: ${left.join(', ')}. \`lab class down ${left.join(' ')}\` removes their labs.`,
            fr: `Dans la classe, mais pas sur cette liste : ${left.join(', ')}. \`lab class down ${left.join(' ')}\` supprime leurs labs.`,
          }),
        );
    }
    return 0;
  });
}

function textOf(file: string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8');
  throw new LabError(
    { en: `There is no file ${file}.`, fr: `Il n'y a pas de fichier ${file}.` },
    {
      en: 'export the list of participants from Moodle (CSV), and name that file.',
      fr: 'exportez la liste des participants depuis Moodle (CSV), et indiquez ce fichier.',
    },
  );
}

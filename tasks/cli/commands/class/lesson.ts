import { LabError } from '../../../base/errors.ts';
import { ROOT } from '../../../base/paths.ts';
import { seconds } from '../../../base/progress.ts';
import { say, type Text } from '../../../base/text.ts';
import { extendLabs } from '../../../class/extend.ts';
import { engineOf, existingClass, studentOf } from '../../../class/record.ts';
import { mustContinue, type Started, startForAll, wantLab } from '../../../class/start.ts';
import { labNamed, readLabs } from '../../../exercises/guides/load.ts';

/** `lab class start N [STUDENT…]`. Exit code 1 when a lab that runs could not be put there. */
export async function start(
  wish: string,
  ids: string[],
  options: { class: string; fromMine?: boolean; json?: boolean },
): Promise<number> {
  const since = Date.now();
  const { fromMine = false } = options;
  const labs = readLabs(ROOT);
  const guide = labNamed(labs, wish);
  const { id: lab, needs } = guide;
  if (needs.machines === 'none')
    throw new LabError({ en: `Lab ${lab} needs no machines.`, fr: `Le lab ${lab} se passe de machines.` });
  if (fromMine) mustContinue(labs, guide);
  const { folder, settings } = await existingClass(options.class);
  const { record, students } = await wantLab(folder, ids.length > 0 ? ids : undefined, lab, fromMine);
  const done = await startForAll(record, engineOf(settings), students, lab, {
    fromMine,
    told: (student) => {
      if (!options.json) console.error(student);
    },
  });
  if (options.json) console.log(JSON.stringify({ lab, ...done }, null, 2));
  else {
    console.log(
      say({
        en: `${done.started.length} students are at the beginning of lab ${lab}; ${done.later.length} will be when their lab starts (${seconds(since)}).`,
        fr: `${done.started.length} étudiants sont au début du lab ${lab} ; ${done.later.length} y seront au démarrage de leur lab (${seconds(since)}).`,
      }),
    );
    if (done.mine) console.log(say(mineLine(done)));
    for (const { student, why } of done.failed)
      console.log(say({ en: `Not ${student}: ${why}`, fr: `Sauf ${student} : ${why}` }));
  }
  return done.failed.length === 0 ? 0 : 1;
}

/** Who began with files of the own: a teacher has no use for each file of each student. */
function mineLine({ started, mine = [] }: Started): Text {
  const own = mine.filter((began) => began.own.length > 0);
  const kit = mine.flatMap((began) => (began.own.length === 0 ? [began.student] : [])).join(', ');
  const unsaid = started.filter((id) => !mine.some(({ student }) => student === id)).join(', ');
  return {
    en: `Files of their own: ${own.length} students${kit ? `; the kit's alone: ${kit}` : ''}${unsaid ? `; their lab did not say: ${unsaid}` : ''}. Each student's page says which, and why not the others.`,
    fr: `Avec leurs propres fichiers : ${own.length} étudiants${kit ? ` ; avec ceux du kit seuls : ${kit}` : ''}${unsaid ? ` ; leur lab ne l'a pas dit : ${unsaid}` : ''}. La page de chacun dit lesquels, et pourquoi pas les autres.`,
  };
}

/** `lab class extend MINUTES [STUDENT…]` */
export async function extend(
  text: string,
  ids: string[],
  options: { class: string; json?: boolean },
): Promise<number> {
  const minutes = Number(text);
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > 1440)
    throw new LabError(
      { en: `"${text}" is no number of minutes.`, fr: `« ${text} » n'est pas un nombre de minutes.` },
      { en: 'give a whole number from 1 to 1440.', fr: 'donnez un nombre entier de 1 à 1440.' },
    );
  const record = await existingClass(options.class);
  const students = ids.length > 0 ? ids.map((id) => studentOf(record, id)) : record.students;
  const done = await extendLabs(record, students, minutes);
  if (options.json) console.log(JSON.stringify({ extended: done }, null, 2));
  else {
    const full = done.filter(({ most }) => most).map(({ student }) => student);
    console.log(
      say({
        en: `${done.length} labs have more time.`,
        fr: `${done.length} labs ont plus de temps.`,
      }),
    );
    if (full.length > 0)
      console.log(
        say({
          en: `All the time that the cluster was asked for (${record.settings.extraMinutes} minutes more): ${full.join(', ')}. Then they save themselves; \`lab class up\` goes on.`,
          fr: `Tout le temps demandé au cluster (${record.settings.extraMinutes} minutes de plus) : ${full.join(', ')}. Ensuite ils se sauvegardent ; \`lab class up\` reprend.`,
        }),
      );
  }
  return 0;
}

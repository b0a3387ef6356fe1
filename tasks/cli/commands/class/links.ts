import { hostname } from 'node:os';
import { LabError } from '../../../base/errors.ts';
import { say } from '../../../base/text.ts';
import { giveKeys, renewTeacher } from '../../../class/front/links.ts';
import { existingClass, studentOf, withClassLock } from '../../../class/record.ts';
import { row } from '../../../exercises/checks/format/csv.ts';

export interface LinksOptions {
  class: string;
  new?: boolean;
  teacher?: boolean;
  host?: string;
  port: string;
  json?: boolean;
}

/** Name and port of the front, as browsers write them. LabError for what cannot be one. */
export function placeOf({ host = hostname(), port: text }: { host?: string; port: string }): {
  host: string;
  port: number;
} {
  const port = Number(text);
  if (!/^[A-Za-z0-9.-]{1,253}$/.test(host))
    throw new LabError(
      { en: `"${host}" is not the name of a computer.`, fr: `« ${host} » n'est pas le nom d'un ordinateur.` },
      {
        en: 'write it as in the address of a page, without https:// and port.',
        fr: 'écrivez-le comme dans l’adresse d’une page, sans https:// ni port.',
      },
    );
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new LabError({ en: `"${text}" is not a port.`, fr: `« ${text} » n'est pas un port.` });
  return { host: host.toLowerCase(), port };
}

/** `lab class links`: prints, as CSV, the links that were made; those of before cannot be shown again, as only their digests are kept. */
export async function links(ids: string[], options: LinksOptions): Promise<number> {
  const { host, port } = placeOf(options);
  const { folder } = await existingClass(options.class);
  const origin = `https://${host}${port === 443 ? '' : `:${port}`}`;
  return withClassLock(folder, 'lab class links', async () => {
    const record = await existingClass(folder);
    const all = record.students.map(({ id }) => id);
    const wanted = ids.length > 0 ? ids.map((id) => studentOf(record, id).id) : all;
    const made = await giveKeys(folder, wanted, all, options.new ?? false);
    const teacher = made.teacher ?? (options.teacher ? await renewTeacher(folder) : undefined);
    const names = new Map(record.students.map(({ id, name }) => [id, name]));
    const lines = made.students.map(({ student, key }) => ({
      ...{ student, name: names.get(student) ?? student },
      link: `${origin}/#code=${key}`,
    }));
    const wall = teacher === undefined ? undefined : `${origin}/wall#code=${teacher}`;
    if (options.json) console.log(JSON.stringify({ links: lines, wall: wall ?? null }, null, 2));
    else {
      for (const line of [
        ['student', 'name', 'link'],
        ...lines.map(({ student, name, link }) => [student, name, link]),
      ])
        console.log(row(line));
      console.error(
        say({
          en: `${lines.length} new links; who has had one keeps it. They are shown this once: give each to its student alone.`,
          fr: `${lines.length} nouveaux liens ; qui en avait un le garde. Ils ne s'affichent que cette fois : donnez chacun à son seul étudiant.`,
        }),
      );
      if (wall)
        console.error(
          say({ en: `The wall, for teachers: ${wall}`, fr: `Le mur, pour les enseignants : ${wall}` }),
        );
    }
    return 0;
  });
}

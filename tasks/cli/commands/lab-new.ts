import { existsSync } from 'node:fs';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../../base/errors.ts';
import { ROOT } from '../../base/paths.ts';
import { say } from '../../base/text.ts';
import { LAB_FOLDER } from '../../exercises/guides/ids.ts';

/** `lab new NN-name`: a small lab that works, to be changed into another. */
export async function newLab(name: string, options: { folder?: string }): Promise<number> {
  const number = LAB_FOLDER.exec(name)?.[1];
  if (number === undefined)
    throw new LabError(
      { en: `"${name}" cannot be the name of a lab.`, fr: `« ${name} » ne peut pas être le nom d'un lab.` },
      {
        en: 'write two digits, a hyphen, and lower-case letters: 14-monitoring; between two labs with a letter: 07b-cluster.',
        fr: 'écrivez deux chiffres, un tiret et des minuscules : 12-sauvegarde ; entre deux labs, avec une lettre : 07b-cluster.',
      },
    );
  const labs = options.folder ?? join(ROOT, 'labs');
  const target = join(labs, name);
  const taken = existsSync(labs)
    ? (await readdir(labs)).find((name) => name.startsWith(`${number}-`))
    : undefined;
  if (taken)
    throw new LabError(
      { en: `The number ${number} belongs to ${taken}.`, fr: `Le numéro ${number} est celui de ${taken}.` },
      { en: 'choose another number.', fr: 'choisissez un autre numéro.' },
    );
  await cp(join(ROOT, 'labs', 'template'), target, { recursive: true });
  for (const file of await readdir(target)) {
    if (!/\.(md|ts|yaml)$/.test(file)) continue;
    const text = await readFile(join(target, file), 'utf8');
    await writeFile(join(target, file), text.replaceAll('NN-name', name).replaceAll('NN', number));
  }
  console.log(
    say({
      en: `${target} is a small lab that works. Change it (docs/writing-labs.md), then prove it: lab selfcheck ${number}.`,
      fr: `${target} est un petit lab qui marche. Changez-le (docs/writing-labs.md), puis prouvez-le : lab selfcheck ${number}.`,
    }),
  );
  return 0;
}

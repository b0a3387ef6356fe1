import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { LabError } from '../../base/errors.ts';
import { writePrivate } from '../../base/files.ts';

/** Characters below which a seed could be guessed. */
const LEAST = 20;

/** The seed of a class, from its file. LabError when there is none, or one that could be guessed. */
export function readSeed(file: string): string {
  if (!existsSync(file))
    throw new LabError(
      { en: `There is no file ${file}.`, fr: `Il n'y a pas de fichier ${file}.` },
      {
        en: 'give the file that `lab codes --seed` made for this class.',
        fr: 'donnez le fichier que `lab codes --seed` a créé pour cette classe.',
      },
    );
  const seed = readFileSync(file, 'utf8').trim();
  if (seed.length >= LEAST) return seed;
  throw new LabError(
    { en: `${file} is too short for a seed.`, fr: `${file} est trop court pour une graine.` },
    {
      en: `remove it, and \`lab codes\` makes a new one of chance; or write ${LEAST} characters or more.`,
      fr: `supprimez-le, et \`lab codes\` en tire une nouvelle au hasard ; ou écrivez au moins ${LEAST} caractères.`,
    },
  );
}

/** The seed of a class; made by chance, readable by this user only, when the file is not there yet. */
export async function seedIn(file: string): Promise<{ seed: string; made: boolean }> {
  if (existsSync(file)) return { seed: readSeed(file), made: false };
  const seed = randomBytes(24).toString('base64url');
  await writePrivate(file, `${seed}\n`);
  return { seed, made: true };
}

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import * as z from 'zod';
import { LabError } from '../../base/errors.ts';
import { writePrivate } from '../../base/files.ts';
import { withLock } from '../../base/lock.ts';
import { placesOf } from '../places.ts';

/** Keys of a student at once: a computer at school and one at home. */
const MOST = 5;
/** Kinds of keys that are taken: all that ssh-keygen makes by itself. */
const KINDS = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521))$/;

const schema = z.record(z.string(), z.array(z.string()));
/** Public keys by student: kind and key, without the comment. */
export type Keys = z.infer<typeof schema>;

/** Nobody has one when there is no file. LabError when it is damaged. */
export async function readKeys(folder: string): Promise<Keys> {
  const file = placesOf(folder).keys;
  if (!existsSync(file)) return {};
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    throw new LabError(
      { en: `${file} is damaged.`, fr: `${file} est abîmé.` },
      {
        en: 'remove it: students give their keys again.',
        fr: 'supprimez-le : les étudiants redonneront leurs clés.',
      },
    );
  }
}

/** A public key as people paste it, without its comment. LabError for what is none, above all for a private one. */
export function publicKey(text: string): string {
  const [kind = '', key = ''] = text.trim().split(/\s+/);
  const line = `${kind} ${key}`;
  const parsed = KINDS.test(kind) ? ssh2.utils.parseKey(line) : new Error();
  if (!(parsed instanceof Error) && !Array.isArray(parsed) && !parsed.isPrivateKey()) return line;
  throw new LabError(
    { en: 'This is no public key of ssh.', fr: 'Ce n’est pas une clé publique de ssh.' },
    {
      en: 'paste the one line of a file whose name ends with .pub, such as ~/.ssh/id_ed25519.pub (`ssh-keygen` makes it).',
      fr: 'collez la ligne d’un fichier dont le nom finit par .pub, comme ~/.ssh/id_ed25519.pub (`ssh-keygen` le crée).',
    },
  );
}

/** Gives a student one more key; the oldest goes when there are many. LabError for what is no key. */
export function addKey(folder: string, student: string, text: string): Promise<void> {
  const key = publicKey(text);
  return withLock(
    `${placesOf(folder).keys}.lock`,
    async () => {
      const keys = await readKeys(folder);
      const own = (Object.hasOwn(keys, student) ? keys[student] : undefined) ?? [];
      const all = { ...keys, [student]: [...own.filter((one) => one !== key), key].slice(-MOST) };
      await writePrivate(placesOf(folder).keys, `${JSON.stringify(all, null, 1)}\n`);
    },
    () => undefined,
    { interval: 20 },
  );
}

/** The key of the server itself, made when there is none. */
export async function hostKey(folder: string): Promise<string> {
  const file = placesOf(folder).hostKey;
  if (!existsSync(file)) await writePrivate(file, ssh2.utils.generateKeyPairSync('ed25519').private);
  return readFile(file, 'utf8');
}

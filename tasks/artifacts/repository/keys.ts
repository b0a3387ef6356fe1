import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../../base/errors.ts';
import { writeFileAtomic, writePrivate } from '../../base/files.ts';
import { configFolder } from '../../base/paths.ts';
import { type PublicKey, parsePublicKey, publicKeyOf } from './minisign.ts';

/** A key to sign repositories with. */
export interface SigningKey {
  /** PEM (PKCS#8). */
  secret: string;
  public: PublicKey;
  /** Where the secret half is. */
  file: string;
  /** It was made just now. */
  made: boolean;
}

export const signingKeyFile = (): string => join(configFolder(), 'signing-key.pem');
const trustedFile = () => join(configFolder(), 'trusted-keys');

/** This user's key to sign with, made the first time. LabError when its file holds something else. */
export async function signingKey(): Promise<SigningKey> {
  const file = signingKeyFile();
  const made = !existsSync(file);
  if (made) {
    const { privateKey } = generateKeyPairSync('ed25519');
    await writePrivate(file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  }
  const secret = readFileSync(file, 'utf8');
  try {
    return { secret, public: publicKeyOf(secret), file, made };
  } catch {
    throw new LabError(
      {
        en: `${file} is not a secret key of this kit.`,
        fr: `${file} n'est pas une clé secrète de ce kit.`,
      },
      {
        en: 'bring the right file back, or move it away: `lab image key` makes a new one, which students must be given again.',
        fr: 'remettez le bon fichier, ou déplacez-le : `lab image key` en fait une nouvelle, à redonner aux étudiants.',
      },
    );
  }
}

/** Keys that this user has named so far. */
export function trustedKeys(): PublicKey[] {
  const file = trustedFile();
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return lines.flatMap((line) => parsePublicKey(line) ?? []);
}

/** Remembers a key, so that it need not be named again. */
export async function trust(key: PublicKey): Promise<void> {
  const known = trustedKeys().map(({ text }) => text);
  if (known.includes(key.text)) return;
  await mkdir(configFolder(), { recursive: true, mode: 0o700 });
  await writeFileAtomic(trustedFile(), [...known, key.text, ''].join('\n'));
}

/** The public key that a user names: itself, or a file that holds it. LabError for anything else. */
export function keyNamed(given: string): PublicKey {
  const isFile = statSync(given, { throwIfNoEntry: false })?.isFile() ?? false;
  const key = parsePublicKey(isFile ? readFileSync(given, 'latin1') : given);
  if (key) return key;
  throw new LabError(
    {
      en: `"${given}" is not a public key, nor a file with one.`,
      fr: `« ${given} » n'est pas une clé publique, ni un fichier qui en contient une.`,
    },
    {
      en: 'a key is 56 letters and digits that begin with RW; `lab image key` shows it on the computer that signs.',
      fr: "une clé, c'est 56 lettres et chiffres qui commencent par RW ; `lab image key` l'affiche sur l'ordinateur qui signe.",
    },
  );
}

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivate } from '../../base/files.ts';

/** The lab's own key, which signs its bundles: made with the lab's record, kept for as long as the lab. */
export async function signingKey(folder: string): Promise<KeyObject> {
  const file = join(folder, 'grading.pem');
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ed25519');
    await writePrivate(file, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
  }
  return createPrivateKey(readFileSync(file));
}

/** The public half of a key, as bundles carry it. */
export const publicHalf = (key: KeyObject): Buffer =>
  createPublicKey(key).export({ format: 'der', type: 'spki' });

/** SHA-256 of a public key, the first 16 hexadecimal digits. */
export const fingerprint = (publicKey: Buffer): string =>
  createHash('sha256').update(publicKey).digest('hex').slice(0, 16);

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
} from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Facts } from '../checks/probe.ts';
import type { CheckResult } from '../checks/result.ts';
import { writePrivate } from '../lab/secrets.ts';
import { timersOf } from '../lab/timers.ts';
import type { LabGuide } from '../labs/model.ts';
import type { LabSession } from '../labs/session.ts';
import type { HistoryEntry } from '../labs/state.ts';
import type { Topology } from '../topology/model.ts';
import { LabError } from '../ui/errors.ts';
import { version } from '../version.ts';

/** Everything a teacher needs to judge a lab again, elsewhere. */
export interface BundleContent {
  format: 1;
  kit: string;
  student: string | undefined;
  lab: string;
  /** ISO 8601, by the student's computer. */
  created: string;
  topology: Topology;
  /** The lab's timer factor, which some limits go by; absent: 1. */
  factor?: number;
  /** What was asked: NN or NN.S. */
  asked: string[];
  facts: Facts;
  result: CheckResult;
  hints: Record<string, number>;
  history: HistoryEntry[];
}

/** A bundle as read from a file. */
export interface Bundle {
  file: string;
  content: BundleContent;
  /** SHA-256 of the key that signed it, the first 16 hexadecimal digits. */
  key: string;
  /** The signature fits the content. */
  intact: boolean;
}

const MAX_BYTES = 64 * 1024 * 1024;

/** The lab's own key: made with its first bundle, kept for as long as the lab. */
async function signingKey(folder: string) {
  const file = join(folder, 'grading.pem');
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ed25519');
    await writePrivate(file, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
  }
  return createPrivateKey(readFileSync(file));
}

export const fingerprint = (publicKey: Buffer): string =>
  createHash('sha256').update(publicKey).digest('hex').slice(0, 16);

/** The bytes of a bundle's file: compressed JSON of the content's text, its signature and the public key. */
export function packBundle(content: BundleContent, privateKey: ReturnType<typeof createPrivateKey>): Buffer {
  const text = JSON.stringify(content);
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return gzipSync(
    JSON.stringify({
      content: text,
      signature: sign(null, Buffer.from(text), privateKey).toString('base64'),
      key: publicKey.toString('base64'),
    }),
  );
}

/** Reads a bundle's bytes. LabError when they are none; a wrong signature is told, not thrown. */
export function unpackBundle(file: string, bytes: Buffer): Bundle {
  try {
    const outer = JSON.parse(gunzipSync(bytes, { maxOutputLength: MAX_BYTES }).toString()) as Record<
      string,
      unknown
    >;
    const { content: text, signature, key } = outer;
    if (typeof text !== 'string' || typeof signature !== 'string' || typeof key !== 'string')
      throw new Error('parts are missing');
    const publicKey = Buffer.from(key, 'base64');
    const content = JSON.parse(text) as BundleContent;
    if (
      content.format !== 1 ||
      !content.facts?.machines ||
      !content.topology?.machines ||
      !content.result?.labs
    )
      throw new Error('it has another format');
    const intact = verify(
      null,
      Buffer.from(text),
      createPublicKey({ key: publicKey, format: 'der', type: 'spki' }),
      Buffer.from(signature, 'base64'),
    );
    return { file: basename(file), content, key: fingerprint(publicKey), intact };
  } catch (error) {
    throw new LabError(
      { en: `${file} is not a bundle.`, fr: `${file} n'est pas un paquet de résultats.` },
      {
        en: 'ask for one made with `lab check --bundle FILE`.',
        fr: 'demandez-en un fait avec `lab check --bundle FICHIER`.',
      },
      [error instanceof Error ? error.message : String(error)],
    );
  }
}

/** Writes the bundle of one check. */
export async function writeBundle(
  file: string,
  session: LabSession,
  result: CheckResult,
  facts: Facts,
  asked: { lab: LabGuide; step: number | undefined }[],
): Promise<void> {
  const content: BundleContent = {
    format: 1,
    kit: version(),
    student: session.state.student,
    lab: session.lab.name,
    created: new Date().toISOString(),
    topology: { ...session.lab.topology, file: basename(session.lab.topology.file) },
    factor: timersOf(session.lab.record).factor,
    asked: asked.map(({ lab, step }) => (step === undefined ? lab.id : `${lab.id}.${step}`)),
    facts,
    result,
    hints: session.state.hints,
    history: session.state.history,
  };
  await writeFile(file, packBundle(content, await signingKey(session.lab.folder)));
}

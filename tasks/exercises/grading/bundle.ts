import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { LabError } from '../../base/errors.ts';
import { version } from '../../base/paths.ts';
import { timersOf } from '../../roles/timers.ts';
import type { Facts } from '../checks/probe.ts';
import type { CheckResult } from '../checks/result.ts';
import type { LabGuide } from '../guides/model.ts';
import type { PaperSession } from '../session/session.ts';
import { fingerprint, publicHalf, signingKey } from '../state/key.ts';
import { type BundleContent, parseContent } from './content.ts';

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

/** The bytes of a bundle's file: compressed JSON of the content's text, its signature and the public key. */
export function packBundle(content: BundleContent, privateKey: KeyObject): Buffer {
  const text = JSON.stringify(content);
  const publicKey = publicHalf(privateKey);
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
    const content = parseContent(text);
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
  session: Pick<PaperSession, 'environment' | 'state'>,
  result: CheckResult,
  facts: Facts,
  asked: { lab: LabGuide; step: number | undefined }[],
): Promise<void> {
  const content: BundleContent = {
    format: 1,
    kit: version(),
    student: session.state.student,
    ...(session.state.code === undefined ? {} : { coded: true }),
    lab: session.environment.name,
    created: new Date().toISOString(),
    topology: { ...session.environment.topology, file: basename(session.environment.topology.file) },
    factor: timersOf(session.environment.record).factor,
    asked: asked.map(({ lab, step }) => (step === undefined ? lab.id : `${lab.id}.${step}`)),
    facts,
    result,
    hints: session.state.hints,
    history: session.state.history,
  };
  await writeFile(file, packBundle(content, await signingKey(session.environment.folder)));
}

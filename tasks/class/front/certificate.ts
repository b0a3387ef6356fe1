import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { LabError } from '../../base/errors.ts';
import { writePrivate } from '../../base/files.ts';
import { isFor, isLasting, type Subject } from '../../environment/subjects.ts';
import { type Certificate, issueSelfSigned } from '../../environment/tls.ts';
import { placesOf } from '../places.ts';

/**
 * The certificate of a class's front: the files that were named, else one that is made once for this name and signed by itself (browsers warn
 * of it), and again a month before its end. LabError when a file cannot be read.
 */
export async function certificateFor(
  folder: string,
  host: string,
  files: { cert?: string; key?: string },
): Promise<Certificate> {
  if (files.cert !== undefined || files.key !== undefined) return named(files);
  const { cert, key } = placesOf(folder).certificate;
  if (!existsSync(cert) || !existsSync(key)) return make(host, cert, key);
  const made = { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
  return isFor(made.cert, subjectOf(host)) && isLasting(made.cert, new Date()) ? made : make(host, cert, key);
}

async function named({ cert, key }: { cert?: string; key?: string }): Promise<Certificate> {
  if (cert !== undefined && key !== undefined && existsSync(cert) && existsSync(key))
    return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
  throw new LabError(
    { en: 'A certificate needs both of its files.', fr: 'Un certificat a besoin de ses deux fichiers.' },
    { en: 'give --cert FILE and --key FILE, in PEM.', fr: 'donnez --cert FICHIER et --key FICHIER, en PEM.' },
  );
}

async function make(host: string, cert: string, key: string): Promise<Certificate> {
  const made = await issueSelfSigned(subjectOf(host));
  await writePrivate(key, made.key);
  await writePrivate(cert, made.cert);
  return made;
}

const subjectOf = (host: string): Subject => ({
  commonName: 'lab class',
  names: isIP(host) ? [] : [host],
  addresses: isIP(host) ? [host] : [],
  client: false,
});

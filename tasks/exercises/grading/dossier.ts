import { LabError } from '../../base/errors.ts';
import { HOST } from '../checks/probe.ts';
import type { WrittenDossier } from '../dossier/exercise.ts';
import { parseDossier, type ReadDossier } from '../dossier/read.ts';
import { type Bundle, unpackBundle } from './bundle.ts';

/** The dossier that a bundle carries; undefined: it has none, or one that whoever made it has made unreadable. */
export function dossierIn({ content }: Pick<Bundle, 'content'>): WrittenDossier | undefined {
  const answers = Object.entries(content.facts.machines[HOST]?.answers ?? {});
  const carried = answers.find(([key]) => /^kit .*what="dossier"/.test(key))?.[1].out;
  if (carried === undefined) return undefined;
  try {
    const { file, text } = JSON.parse(carried) as Record<string, unknown>;
    return { file: String(file), text: typeof text === 'string' ? text : null };
  } catch {
    return undefined;
  }
}

/** A bundle is compressed; a dossier is a text. */
export const looksLikeBundle = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** The dossier that a student handed in. LabError when it is not in the bundle, or not understood. */
export function readHandedIn(file: string, bytes: Buffer): ReadDossier {
  const bundle = unpackBundle(file, bytes);
  const carried = dossierIn(bundle);
  if (carried?.text === null || carried === undefined)
    throw new LabError(
      { en: `${file} carries no dossier.`, fr: `${file} ne contient pas de dossier.` },
      {
        en: 'ask for a bundle of lab 00: `lab check 0 --bundle FILE`.',
        fr: 'demandez un paquet du lab 00 : `lab check 0 --bundle FICHIER`.',
      },
    );
  const read = parseDossier(carried.text, carried.file);
  const { student } = bundle.content;
  const title = [read.dossier.title, student].filter(Boolean).join(' · ');
  return { ...read, dossier: { ...read.dossier, title } };
}

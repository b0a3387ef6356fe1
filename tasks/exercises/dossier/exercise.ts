import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Language } from '../../base/text.ts';
import type { Dossier } from './model.ts';
import { DOSSIER, readDossier } from './read.ts';

/** Folder of the lab that begins with the exercise's text. */
const folder = (root: string) => join(root, 'labs', '00-exercise');

/** The drawing that the exercise gives, written as a dossier. */
export const givenFile = (root: string): string => join(folder(root), 'given.yaml');
export const givenDossier = (root: string): Dossier => readDossier(givenFile(root)).dossier;

/** What `lab dossier init` writes. */
export const templateFile = (root: string, language: Language): string =>
  join(folder(root), `dossier.${language}.yaml`);

/** The student's own dossier: LAB_DOSSIER, or dossier.yaml where the command is typed. */
export const dossierFile = (file?: string): string => resolve(file ?? process.env.LAB_DOSSIER ?? DOSSIER);

/** A dossier as it is carried in facts: the text of its file; null: there is none. */
export interface WrittenDossier {
  file: string;
  text: string | null;
}

export const writtenDossier = (file: string): WrittenDossier => ({
  file,
  text: existsSync(file) ? readFileSync(file, 'utf8') : null,
});

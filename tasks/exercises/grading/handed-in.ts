import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { LabError } from '../../base/errors.ts';

/** Whom a learning platform says that a file is of. */
export interface Participant {
  /** As Moodle numbers him in one assignment. */
  id: string;
  /** Full name. */
  name: string;
}

/** A file that was handed in. */
export interface HandedIn {
  file: string;
  participant?: Participant;
}

/** Name that Moodle gives a folder (or a file, without folders) of all submissions: `NAME_ID_assignsubmission_file` and more. */
const MOODLE = /^(.+)_(\d+)_assignsubmission_(?:file|onlinetext)(?:_|$)/;

/** How deep folders are looked into. */
const DEPTH = 4;

/** Whom Moodle's names say that a file is of; undefined elsewhere. */
export function participantOf(path: string): Participant | undefined {
  for (const part of path.split(sep).reverse()) {
    const [, name, id] = MOODLE.exec(part) ?? [];
    if (name !== undefined && id !== undefined) return { id, name: name.trim() };
  }
  return undefined;
}

const handedIn = (file: string): HandedIn => {
  const participant = participantOf(file);
  return { file, ...(participant ? { participant } : {}) };
};

/**
 * The bundles that were named: files, and folders with all that they hold, as a learning platform packs them. In a folder everything counts
 * but what computers leave there and texts typed into the platform. LabError for a folder without a file.
 */
export function bundlesIn(paths: string[]): HandedIn[] {
  return paths.flatMap((path) => {
    if (!existsSync(path) || !statSync(path).isDirectory()) return [handedIn(path)];
    const files = filesBelow(path, DEPTH);
    if (files.length > 0) return files.map(handedIn);
    throw new LabError(
      { en: `There is no bundle in ${path}.`, fr: `Il n'y a pas de paquet de résultats dans ${path}.` },
      {
        en: 'name the folder that the archive of the learning platform was unpacked into.',
        fr: "donnez le dossier dans lequel l'archive de la plateforme a été décompressée.",
      },
    );
  });
}

/** What systems and the platform itself put beside what was handed in. */
const LEFT_OVER = /^\.|^__MACOSX$|^Thumbs\.db$|^desktop\.ini$|^onlinetext\.html?$/i;

function filesBelow(folder: string, depth: number): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !LEFT_OVER.test(basename(name)))
    .sort((a, b) => a.name.localeCompare(b.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return depth > 0 ? filesBelow(path, depth - 1) : [];
      return entry.isFile() ? [path] : [];
    });
}

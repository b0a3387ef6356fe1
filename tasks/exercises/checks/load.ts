import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LabError, messageOf } from '../../base/errors.ts';
import { compile } from './compile.ts';
import type { Checks } from './vocabulary/index.ts';

/**
 * The checks of a file, compiled once for each content. It is given its vocabulary when it is called, so a teacher's file
 * may be anywhere.
 */
export async function loadChecks(file: string): Promise<Checks> {
  const module = await importChecks(file);
  if (typeof module.default === 'function') return module.default as Checks;
  throw unusable(file, ['it has no default export that is a function']);
}

function unusable(file: string, details: string[]): LabError {
  return new LabError(
    { en: `${file} cannot be read.`, fr: `${file} ne peut pas être lu.` },
    {
      en: 'mend it; docs/checks.md shows how checks are written.',
      fr: 'corrigez-le ; docs/checks.md montre comment écrire des vérifications.',
    },
    details,
  );
}

/** Files that were read in this run: grading asks for the same ones once for each bundle. */
const known = new Map<string, Promise<Record<string, unknown>>>();

/** What a file of checks exports. LabError when it is not there or does not compile. */
export function importChecks(file: string): Promise<Record<string, unknown>> {
  const path = resolve(file);
  const first = known.get(path) ?? readChecks(path);
  known.set(path, first);
  return first;
}

async function readChecks(file: string): Promise<Record<string, unknown>> {
  if (!existsSync(file))
    throw new LabError(
      { en: `There is no file ${file}.`, fr: `Il n'y a pas de fichier ${file}.` },
      {
        en: 'each lab has a check.ts; `lab new` makes one.',
        fr: 'chaque lab a un check.ts ; `lab new` en crée un.',
      },
    );
  try {
    const compiled = await compile(file);
    return (await import(pathToFileURL(compiled).href)) as Record<string, unknown>;
  } catch (error) {
    throw unusable(file, messageOf(error).split('\n').slice(0, 5));
  }
}

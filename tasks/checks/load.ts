import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheFolder } from '../lab/paths.ts';
import { LabError, messageOf } from '../ui/errors.ts';
import type { Checks } from './vocabulary/index.ts';

/**
 * The checks of a file. Its types are taken out by esbuild, once for each content; it is given its vocabulary when it
 * is called and imports nothing but types, so a teacher's file may be anywhere.
 */
export async function loadChecks(file: string): Promise<Checks> {
  const compiled = await compiledChecks(file);
  const module = (await import(pathToFileURL(compiled).href)) as { default?: unknown };
  if (typeof module.default === 'function') return module.default as Checks;
  throw unusable(file, ['it has no default export that is a function']);
}

function unusable(file: string, details: string[]): LabError {
  return new LabError(
    { en: `${file} cannot be read.`, fr: `${file} ne peut pas être lu.` },
    {
      en: 'mend it; docs/checks.md shows how checks are written (only types can be imported).',
      fr: 'corrigez-le ; docs/checks.md montre comment écrire des vérifications (seuls des types peuvent être importés).',
    },
    details,
  );
}

/** The file as JavaScript that can be imported. LabError when it is not there or does not compile. */
export async function compiledChecks(file: string): Promise<string> {
  let source: string;
  try {
    source = await readFile(file, 'utf8');
  } catch {
    throw new LabError(
      { en: `There is no file ${file}.`, fr: `Il n'y a pas de fichier ${file}.` },
      {
        en: 'each lab has a check.ts; `lab new` makes one.',
        fr: 'chaque lab a un check.ts ; `lab new` en crée un.',
      },
    );
  }
  try {
    const compiled = await compile(file, source);
    await import(pathToFileURL(compiled).href);
    return compiled;
  } catch (error) {
    throw unusable(file, messageOf(error).split('\n').slice(0, 5));
  }
}

async function compile(file: string, source: string): Promise<string> {
  const folder = join(cacheFolder(), 'checks');
  const target = join(folder, `${createHash('sha256').update(source).digest('hex').slice(0, 24)}.mjs`);
  if (existsSync(target)) return target;
  const { transform } = await import('esbuild');
  const { code } = await transform(source, {
    loader: 'ts',
    format: 'esm',
    target: 'node20.19',
    sourcefile: file,
  });
  await mkdir(folder, { recursive: true });
  await writeFile(`${target}.${process.pid}.part`, code);
  await rename(`${target}.${process.pid}.part`, target);
  return target;
}

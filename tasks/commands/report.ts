import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { drillsFolder } from '../drill/journal.ts';
import { SAMPLES_FILE } from '../drill/model.ts';
import { isSample, parseLine, type Sample } from '../drill/samples.ts';
import { listResults, readResult } from '../drill/store.ts';
import { writeWhole } from '../host/files.ts';
import { existingLab, type Lab } from '../lab/lab.ts';
import { type Recorded, renderReport } from '../report/render.ts';
import { nearest } from '../topology/nearest.ts';
import { LabError } from '../ui/errors.ts';
import { say } from '../ui/text.ts';

export interface ReportOptions {
  name: string;
  all?: boolean;
  output?: string;
  open?: boolean;
  json?: boolean;
}

/** `lab report`: writes one HTML page about recorded drills (the latest one when none is named), or prints their results. */
export async function report(names: string[], options: ReportOptions): Promise<number> {
  const lab = await existingLab(options.name);
  const chosen = choose(names, await listResults(lab.folder), options.all ?? false);
  const [only] = chosen;
  if (options.json) {
    const results = await Promise.all(chosen.map((id) => readResult(lab.folder, id)));
    console.log(JSON.stringify(options.all || results.length > 1 ? results : results[0], null, 2));
    return 0;
  }
  const drills = await Promise.all(chosen.map((id) => recorded(lab, id)));
  const file = resolve(
    options.output ??
      (chosen.length === 1 && only
        ? join(drillsFolder(lab.folder), only, 'report.html')
        : join(drillsFolder(lab.folder), 'report.html')),
  );
  const subject = chosen.length === 1 && only ? only : `${lab.name} (${chosen.length})`;
  const page = await renderReport(lab.root, subject, drills);
  await writeWhole(file, page);
  console.log(file);
  if (options.open) openInBrowser(file);
  return 0;
}

/** The drills that are asked for, of those that there are. LabError for one that is not there. */
export function choose(names: string[], known: string[], all: boolean): string[] {
  const latest = known.at(-1);
  if (latest === undefined) {
    throw new LabError(
      { en: 'This lab has no recorded drill.', fr: "Ce lab n'a pas d'exercice enregistré." },
      { en: 'make one with `lab drill`.', fr: 'faites-en un avec `lab drill`.' },
    );
  }
  if (all) return known;
  if (names.length === 0) return [latest];
  const missing = names.find((name) => !known.includes(name));
  if (missing === undefined) return names;
  const near = nearest(missing, known) ?? latest;
  throw new LabError(
    { en: `There is no drill named "${missing}".`, fr: `Il n'y a pas d'exercice nommé « ${missing} ».` },
    {
      en: `choose one of ${known.length}, for example ${near}, or --all.`,
      fr: `choisissez parmi ${known.length}, par exemple ${near}, ou --all.`,
    },
  );
}

async function recorded(lab: Lab, id: string): Promise<Recorded> {
  const result = await readResult(lab.folder, id);
  if (!result) throw new Error(`the result of ${id} has gone`);
  const file = join(drillsFolder(lab.folder), id, SAMPLES_FILE);
  return { result, samples: existsSync(file) ? parseSamples(readFileSync(file, 'utf8')) : [] };
}

/** Requests of a recorded drill; a line that broke off is left out. */
export function parseSamples(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const one = line === '' ? undefined : parseLine(line);
    return one && isSample(one) ? [one] : [];
  });
}

/** Shows a file with whatever this computer opens pages with. */
function openInBrowser(file: string): void {
  const [program, ...words] =
    process.platform === 'win32'
      ? ['cmd', '/c', 'start', '']
      : process.platform === 'darwin'
        ? ['open']
        : ['xdg-open'];
  const child = spawn(program ?? '', [...words, file], { stdio: 'ignore', detached: true });
  child.on('error', () =>
    console.error(
      say({
        en: 'No browser could be started: open the file yourself.',
        fr: "Aucun navigateur n'a pu être lancé : ouvrez le fichier vous-même.",
      }),
    ),
  );
  child.unref();
}

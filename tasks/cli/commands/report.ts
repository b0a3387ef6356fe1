import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openInBrowser } from '../../base/browser.ts';
import { LabError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.ts';
import { nearest } from '../../base/nearest.ts';
import { type Environment, existingEnvironment } from '../../environment/record.ts';
import { SAMPLES_FILE } from '../../measure/drill/model.ts';
import { drillsFolder } from '../../measure/drill/open-fault.ts';
import { isSample, parseLine, type Sample } from '../../measure/drill/samples.ts';
import { listResults, readResult } from '../../measure/drill/store.ts';
import { type Recorded, renderReport } from '../../measure/report/render.ts';

export interface ReportOptions {
  name: string;
  all?: boolean;
  output?: string;
  open?: boolean;
  json?: boolean;
}

/** `lab report`: writes one HTML page about recorded drills (the latest one when none is named), or prints their results. */
export async function report(names: string[], options: ReportOptions): Promise<number> {
  const environment = await existingEnvironment(options.name);
  const chosen = choose(names, await listResults(environment.folder), options.all ?? false);
  const [only] = chosen;
  if (options.json) {
    const results = await Promise.all(chosen.map((id) => readResult(environment.folder, id)));
    console.log(JSON.stringify(options.all || results.length > 1 ? results : results[0], null, 2));
    return 0;
  }
  const drills = await Promise.all(chosen.map((id) => recorded(environment, id)));
  const file = resolve(
    options.output ??
      (chosen.length === 1 && only
        ? join(drillsFolder(environment.folder), only, 'report.html')
        : join(drillsFolder(environment.folder), 'report.html')),
  );
  const subject = chosen.length === 1 && only ? only : `${environment.name} (${chosen.length})`;
  const page = await renderReport(environment.root, subject, drills);
  await writeFileAtomic(file, page);
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

async function recorded(environment: Environment, id: string): Promise<Recorded> {
  const result = await readResult(environment.folder, id);
  if (!result) throw new Error(`the result of ${id} has gone`);
  const file = join(drillsFolder(environment.folder), id, SAMPLES_FILE);
  return { result, samples: existsSync(file) ? parseSamples(readFileSync(file, 'utf8')) : [] };
}

/** Requests of a recorded drill; a line that broke off is left out. */
export function parseSamples(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const entry = line === '' ? undefined : parseLine(line);
    return entry && isSample(entry) ? [entry] : [];
  });
}

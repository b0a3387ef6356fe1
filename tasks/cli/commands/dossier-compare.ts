import { resolve } from 'node:path';
import { writeFileAtomic } from '../../base/files.ts';
import { ROOT } from '../../base/paths.ts';
import { label, say } from '../../base/text.ts';
import { openEngine } from '../../environment/open-engine.ts';
import { environmentFacts } from '../../environment/provision/facts.ts';
import { type Environment, existingEnvironment } from '../../environment/record.ts';
import { compareDossier } from '../../exercises/dossier/compare.ts';
import {
  comparedAlarms,
  comparedPart,
  comparedSum,
  comparedTable,
} from '../../exercises/dossier/compared.ts';
import { dossierFile, givenDossier } from '../../exercises/dossier/exercise.ts';
import { findingsOf } from '../../exercises/dossier/findings.ts';
import { readDossier } from '../../exercises/dossier/read.ts';
import { renderDossier } from '../../exercises/dossier/render.ts';
import type { Seen } from '../../exercises/dossier/seen.ts';
import { dossierParts, findingLines, tableLines } from '../../exercises/dossier/view.ts';
import { collectStatus } from '../../inspect/status.ts';
import { listResults, readResult } from '../../measure/drill/store.ts';
import { readRoles } from '../../roles/roles.ts';

export interface CompareOptions {
  name: string;
  file?: string;
  html?: string;
  json?: boolean;
}

/**
 * `lab dossier compare`: the dossier beside the machines of the lab and its recorded drills. Exit code 1 when something that it claims was
 * seen to be wrong.
 */
export async function compareWithLab(options: CompareOptions): Promise<number> {
  const read = readDossier(dossierFile(options.file));
  const { dossier } = read;
  const environment = await existingEnvironment(options.name);
  const seen = await seenOf(environment);
  const rows = compareDossier(dossier, seen);
  if (!seen.status)
    console.error(
      say({
        en: 'No machine of the lab runs: only what it should be and its recorded drills are looked at.',
        fr: 'Aucune machine du lab ne tourne : seuls sa description et ses exercices de panne enregistrés sont regardés.',
      }),
    );
  if (options.html) {
    const file = resolve(options.html);
    const title = dossier.title || say({ en: 'The dossier', fr: 'Le dossier' });
    const left = findingLines(read, findingsOf(dossier, givenDossier(ROOT)));
    const about = `${environment.name}, ${new Date().toLocaleString(say({ en: 'en-GB', fr: 'fr-FR' }))}`;
    const parts = [comparedPart(rows), ...dossierParts(dossier, left, comparedAlarms(rows))];
    await writeFileAtomic(file, await renderDossier(ROOT, { title, about, parts }));
    if (!options.json) console.log(`${label({ en: 'Written', fr: 'Écrit' })} ${file}`);
  }
  if (options.json) console.log(JSON.stringify(rows, null, 2));
  else console.log([...tableLines(comparedTable(rows)), '', comparedSum(rows)].join('\n'));
  return rows.some(({ agreement }) => agreement === 'wrong') ? 1 : 0;
}

async function seenOf(environment: Environment): Promise<Seen> {
  const { folder, topology, root } = environment;
  const engine = await openEngine(environment);
  const running = [...(await engine.states()).values()].some((state) => state === 'running');
  const status = running
    ? await collectStatus(engine, await environmentFacts(environment), { again: true })
    : undefined;
  const results = await Promise.all((await listResults(folder)).map((id) => readResult(folder, id)));
  // A fault that was not felt tells nothing of what would happen.
  const drills = results.flatMap((result) => (result && result.effect?.seen !== false ? [result] : []));
  return { topology, roles: readRoles(root), status, drills };
}

import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { PictureName } from '../../architecture/pictures.ts';
import { LabError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.ts';
import { nearest } from '../../base/nearest.ts';
import { ROOT } from '../../base/paths.ts';
import { label, languageOfRun, say, type Text } from '../../base/text.ts';
import { dossierFile, givenDossier, givenFile, templateFile } from '../../exercises/dossier/exercise.ts';
import { TOPICS, type Topic } from '../../exercises/dossier/finding.ts';
import { findingsOf } from '../../exercises/dossier/findings.ts';
import { drawDossier, NO_ALARMS } from '../../exercises/dossier/picture.ts';
import { type ReadDossier, readDossier } from '../../exercises/dossier/read.ts';
import {
  componentsTable,
  dossierParts,
  findingLines,
  hardwareTable,
  pictureParts,
  tableLines,
} from '../../exercises/dossier/view.ts';

export interface DossierOptions {
  name: string;
  file?: string;
  given?: boolean;
  html?: string;
  svg?: string;
  picture: PictureName;
  json?: boolean;
}

const compare = async (options: DossierOptions): Promise<number> =>
  (await import('./dossier-compare.ts')).compareWithLab(options);

const ACTIONS = { init, check, show, compare } as const;

/** `lab dossier ACTION`. Exit code 0; 1 where the check finds something. */
export function dossier(action: string, options: DossierOptions): Promise<number> {
  const known = Object.keys(ACTIONS) as (keyof typeof ACTIONS)[];
  const found = known.find((name) => name === action);
  if (found) return ACTIONS[found](options);
  const meant = nearest(action, known);
  throw new LabError(
    {
      en: `"${action}" is nothing that can be done to a dossier.`,
      fr: `« ${action} » n'est pas une action sur un dossier.`,
    },
    {
      en: `${meant ? `did you mean ${meant}? ` : ''}There are ${known.join(', ')}.`,
      fr: `${meant ? `vouliez-vous dire ${meant} ? ` : ''}Il y a ${known.join(', ')}.`,
    },
  );
}

/** A dossier from its file, or from a bundle that a student handed in. */
async function readFrom(file: string): Promise<ReadDossier> {
  if (!existsSync(file)) return readDossier(file);
  const bytes = await readFile(file);
  const { looksLikeBundle, readHandedIn } = await import('../../exercises/grading/dossier.ts');
  return looksLikeBundle(bytes) ? readHandedIn(file, bytes) : readDossier(file);
}

/** Writes a dossier to begin with. One that is there is never touched. */
async function init(options: DossierOptions): Promise<number> {
  const file = dossierFile(options.file);
  if (existsSync(file))
    throw new LabError(
      { en: `${file} is there already.`, fr: `${file} existe déjà.` },
      {
        en: 'go on with it, or name another one with --file.',
        fr: 'continuez avec lui, ou nommez-en un autre avec --file.',
      },
    );
  await mkdir(dirname(file), { recursive: true });
  await copyFile(templateFile(ROOT, languageOfRun()), file);
  console.log(
    say({
      en: `${file} is yours: open it in an editor. \`lab dossier check\` says what it lacks.`,
      fr: `${file} est à vous : ouvrez-le dans un éditeur. \`lab dossier check\` dit ce qui lui manque.`,
    }),
  );
  return 0;
}

const TOPIC_WORDS: Record<Topic, Text> = {
  given: { en: 'the given drawing', fr: 'le schéma donné' },
  elements: { en: 'every element', fr: 'tous les éléments' },
  losses: { en: 'the loss of any element', fr: "la perte de n'importe quel élément" },
  noticing: { en: 'noticed how, felt for how long', fr: 'remarqué comment, ressenti combien de temps' },
  growth: { en: 'more visitors', fr: 'plus de visiteurs' },
};

async function check(options: DossierOptions): Promise<number> {
  const read = await readFrom(dossierFile(options.file));
  const findings = findingsOf(read.dossier, givenDossier(ROOT));
  if (options.json) {
    const told = findings.map(({ topic, at, text }) => ({ topic, line: read.lineOf(at), text: say(text) }));
    console.log(JSON.stringify(told, null, 2));
    return findings.length === 0 ? 0 : 1;
  }
  for (const topic of TOPICS) {
    const own = findings.filter((finding) => finding.topic === topic);
    console.log(`${own.length === 0 ? '✓' : '✗'} ${say(TOPIC_WORDS[topic])}`);
    for (const line of findingLines(read, own)) console.log(`    ${line}`);
  }
  return findings.length === 0 ? 0 : 1;
}

/** The dossier as tables, or as files: a page, a picture. Of the exercise's own drawing nothing is told that students look for. */
async function show(options: DossierOptions): Promise<number> {
  const read = options.given ? given() : await readFrom(dossierFile(options.file));
  const { dossier } = read;
  const alarms = options.given ? NO_ALARMS : undefined;
  const how = { tell: !options.given };
  const written: string[] = [];
  const write = async (path: string, content: string) => {
    const file = resolve(path);
    await mkdir(dirname(file), { recursive: true });
    await writeFileAtomic(file, content);
    written.push(file);
  };
  if (options.svg) await write(options.svg, drawDossier(options.picture, dossier, languageOfRun(), alarms));
  if (options.html) {
    const { renderDossier } = await import('../../exercises/dossier/render.ts');
    const title = dossier.title || say({ en: 'The dossier', fr: 'Le dossier' });
    const parts = options.given
      ? pictureParts(dossier, alarms)
      : dossierParts(dossier, findingLines(read, findingsOf(dossier, givenDossier(ROOT))));
    await write(options.html, await renderDossier(ROOT, { title, parts }));
  }
  if (options.json) console.log(JSON.stringify(dossier, null, 2));
  else if (written.length > 0) console.log(`${label({ en: 'Written', fr: 'Écrit' })} ${written.join(', ')}`);
  else
    console.log(
      [...tableLines(hardwareTable(dossier, how)), '', ...tableLines(componentsTable(dossier, how))].join(
        '\n',
      ),
    );
  return 0;
}

/** The exercise's drawing, in the language of this run. */
function given(): ReadDossier {
  const read = readDossier(givenFile(ROOT));
  return {
    ...read,
    dossier: { ...read.dossier, title: say({ en: 'The given drawing', fr: 'Le schéma donné' }) },
  };
}

import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { openInBrowser } from '../../base/browser.ts';
import type { EngineName } from '../../base/engine-names.ts';
import { LabError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.ts';
import { DEFAULT_ENVIRONMENT, environmentFolder, ROOT } from '../../base/paths.ts';
import { languageOfRun, say } from '../../base/text.ts';
import { insideOf } from '../../engines/engine.ts';
import { switchesOf } from '../../engines/limits.ts';
import {
  type EnvironmentRecord,
  existingEnvironment,
  readBegun,
  readRecord,
  topologySource,
} from '../../environment/record.ts';
import { labNamed, readLabs, stepsNamed } from '../../exercises/guides/load.ts';
import type { LabGuide } from '../../exercises/guides/model.ts';
import { picturesOf } from '../../exercises/guides/page/pictures.ts';
import { renderGuide } from '../../exercises/guides/page/render.ts';
import { viewOf } from '../../exercises/guides/page/view.ts';
import { sectionsOf } from '../../exercises/guides/pieces.ts';
import { readable } from '../../exercises/guides/reading.ts';
import { fillIn, placeholders } from '../../exercises/guides/values.ts';
import { withDueAnswers } from '../../exercises/state/due-answers.ts';
import { hintsRead } from '../../exercises/state/hints.ts';
import { type LabsState, readState } from '../../exercises/state/state.ts';
import { readRoles } from '../../roles/roles.ts';
import { readService } from '../../roles/service.ts';
import { FAST, timersOf } from '../../roles/timers.ts';
import { DEFAULT_TOPOLOGY, loadTopology } from '../../topology/load.ts';
import type { Topology } from '../../topology/model.ts';
import { withSwitches } from '../../topology/switches.ts';
import { ownerNamed } from './student.ts';

export interface GuideOptions {
  name: string;
  step?: string;
  answers?: boolean;
  hints?: boolean;
  /** The file that the page is written to; text is printed without it. */
  html?: string;
  open?: boolean;
  /** Whose values; those of the lab's student without it. */
  student?: string;
  /** His, in a class with a seed of its own. */
  code?: string;
  topology?: string;
  engine?: EngineName;
}

/** What is printed for where no machines are: those of the kit's own topology, on the engine that runs everywhere. */
const WITHOUT_LAB = { topology: DEFAULT_TOPOLOGY, engine: 'uml' } as const;

/** `lab guide N`: the guide with this lab's addresses and this student's values; without a lab with those that one would have. */
export async function guide(wish: string, options: GuideOptions): Promise<number> {
  const lab = labNamed(readLabs(ROOT), wish);
  const asked = options.step === undefined ? undefined : stepsNamed([lab], `${lab.id}.${options.step}`).step;
  checkOptions(options, lab);
  const context = await contextOf(lab, options);
  const text = fillIn(readFileSync(join(lab.folder, `guide.${languageOfRun()}.md`), 'utf8'), context.values);
  const shown = options.answers ? await withAnswersDue(text, lab, options) : text;
  if (options.html !== undefined)
    return writePage(lab, shown, asked, context, { ...options, html: options.html });
  const filled = readable(shown, { answers: options.answers ?? false });
  if (asked !== undefined) {
    console.log(sectionsOf(filled).find(({ step }) => step === asked)?.text ?? '');
    return 0;
  }
  console.log(options.answers ? filled : withHowToAnswer(filled, lab));
  return 0;
}

/** Says below title and time how questions are answered, and until when: they are met long before the end of the guide. */
function withHowToAnswer(filled: string, { id }: LabGuide): string {
  const [title = '', time = '', ...rest] = filled.split('\n\n');
  const how = say({
    en: `Answer the questions as you meet them, before \`lab check\` finds that their step holds: an answer that comes later is marked so. \`lab answer ${id}\` lists them and writes your answers down;\nmodel answers: \`lab guide ${id} --answers\`.`,
    fr: `Répondez aux questions à mesure qu'elles viennent, avant que \`lab check\` trouve leur étape acquise : une réponse venue plus tard est signalée comme telle. \`lab answer ${id}\` les liste et note\nvos réponses ; réponses modèles : \`lab guide ${id} --answers\`.`,
  });
  return [title, time, how, ...rest].join('\n\n');
}

/** With the model answers that show now; says which do not. Another student's guide has them all. */
async function withAnswersDue(text: string, lab: LabGuide, options: GuideOptions): Promise<string> {
  if (options.student !== undefined) return text;
  const due = withDueAnswers(text, lab.id, await readState(environmentFolder(options.name)));
  const later = due.later.join(', ');
  if (due.later.length > 0)
    console.error(
      say({
        en: `Model answers of step ${later} show once \`lab check ${lab.id}\` finds that it holds; until then \`lab answer ${lab.id}\` is for yours.`,
        fr: `Les réponses modèles de l'étape ${later} se montrent une fois que \`lab check ${lab.id}\` la trouve acquise ; d'ici là, \`lab answer ${lab.id}\` attend les vôtres.`,
      }),
    );
  return due.text;
}

/** LabError for options that only a page has. */
function checkOptions({ html, open, hints }: GuideOptions, lab: LabGuide): void {
  if (html !== undefined || !(open || hints)) return;
  const option = open ? '--open' : '--hints';
  throw new LabError(
    {
      en: `${option} is for a page, and none is written.`,
      fr: `${option} concerne une page, et aucune n'est écrite.`,
    },
    open
      ? { en: 'add --html FILE.', fr: 'ajoutez --html FICHIER.' }
      : {
          en: `add --html FILE, or ask for one hint at a time: \`lab hint ${lab.id}.1\`.`,
          fr: `ajoutez --html FICHIER, ou demandez un indice à la fois : \`lab hint ${lab.id}.1\`.`,
        },
  );
}

interface Context {
  /** Of the placeholders. */
  values: Map<string, string>;
  topology: Topology;
  student: string | undefined;
  /** The lab's own state; undefined where there is no lab, or where the guide is another student's. */
  state: LabsState | undefined;
}

/** Writes the page and says where. Hints that the lab's student gets so count as read. */
async function writePage(
  lab: LabGuide,
  text: string,
  step: number | undefined,
  { values, topology, student, state }: Context,
  { name, html, answers = false, hints = false, open }: GuideOptions & { html: string },
): Promise<number> {
  const view = viewOf(lab, text, (hint) => fillIn(hint, values), { step, answers, hints, student });
  const pictures = picturesOf(lab, text, topology, readRoles(ROOT), languageOfRun());
  const file = resolve(html);
  await mkdir(dirname(file), { recursive: true });
  await writeFileAtomic(file, await renderGuide(ROOT, view, pictures));
  if (hints && state) await hintsRead(lab, step, { environment: { folder: environmentFolder(name) }, state });
  console.log(file);
  if (open) openInBrowser(file);
  return 0;
}

/** Values of the placeholders; says on standard error whose machines they name where there is no lab. */
async function contextOf(lab: LabGuide, options: GuideOptions): Promise<Context> {
  const record = await recordOf(options.name);
  if (!record && options.topology === undefined && lab.needs.machines !== 'none')
    console.error(
      say({
        en: `No lab exists yet: addresses are those of the topology ${WITHOUT_LAB.topology} (--topology names another one).`,
        fr: `Aucun lab n'existe encore : les adresses sont celles de la topologie ${WITHOUT_LAB.topology} (--topology en nomme une autre).`,
      }),
    );
  const own = record ? topologySource(options.name, record) : WITHOUT_LAB.topology;
  const loaded = await loadTopology(options.topology ?? own, ROOT);
  const engine = options.engine ?? record?.engine ?? WITHOUT_LAB.engine;
  const topology = withSwitches(loaded, record ? (record.switches ?? 1) : switchesOf(engine, loaded));
  const inside = insideOf(engine, topology);
  const known = await readState(environmentFolder(options.name));
  const asked =
    options.student === undefined && options.code === undefined ? known : ownerNamed(options, known.student);
  const { student } = asked;
  const isOwn = student === known.student;
  const values = placeholders(lab, topology, {
    ...{ nic: inside.nic, disk: inside.secondDisk, host: readService(ROOT).host },
    student,
    // That of the lab is of the student whose lab it is.
    code: asked.code ?? (isOwn ? known.code : undefined),
    factor: record ? timersOf(record).factor : FAST,
  });
  return { values, topology, student, state: record && isOwn ? known : undefined };
}

/** The record of the lab, or what was chosen for it; undefined where there is none yet. LabError for a name that was mistyped. */
async function recordOf(name: string): Promise<EnvironmentRecord | undefined> {
  const record = (await readRecord(name)) ?? (await readBegun(name));
  return record || name === DEFAULT_ENVIRONMENT ? record : (await existingEnvironment(name)).record;
}

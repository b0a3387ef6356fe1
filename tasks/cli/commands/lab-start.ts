import { applicationLine } from '../../artifacts/application/application.ts';
import { LabError } from '../../base/errors.ts';
import { ROOT } from '../../base/paths.ts';
import { seconds, showJobs } from '../../base/progress.ts';
import { say } from '../../base/text.ts';
import { showBoots } from '../../environment/provision/show.ts';
import { DOSSIER } from '../../exercises/dossier/read.ts';
import { labNamed, readLabs, stepsNamed } from '../../exercises/guides/load.ts';
import type { LabGuide } from '../../exercises/guides/model.ts';
import { recordKitWork } from '../../exercises/session/anchor.ts';
import { workToResume } from '../../exercises/session/moves.ts';
import { regroup } from '../../exercises/session/regroup.ts';
import { returnTo } from '../../exercises/session/restore.ts';
import {
  type LabSession,
  openPaperSession,
  openSession,
  type PaperSession,
} from '../../exercises/session/session.ts';
import { type Started, startLab } from '../../exercises/session/start.ts';
import { walkGuide } from '../../exercises/session/walk.ts';
import { changeState, remember } from '../../exercises/state/state.ts';
import { ownerNamed } from './student.ts';
import { tellMine } from './tell-mine.ts';
import { tellReturn } from './tell-return.ts';

export interface StartOptions {
  name: string;
  student?: string;
  code?: string;
  resume?: boolean;
  fromMine?: boolean;
  json?: boolean;
}

/** Whose lab it is from now on. LabError for a code that is not this student's. */
async function takeStudent(session: PaperSession, options: StartOptions): Promise<void> {
  if (options.student === undefined && options.code === undefined) return;
  const { student, code } = ownerNamed(options, session.state.student);
  await changeState(session, (state) => {
    const isOther = state.student !== student;
    if (isOther) remember(state, { kind: 'student', what: student });
    state.student = student;
    if (code !== undefined) state.code = code;
    else if (isOther) delete state.code;
  });
}

/** `lab start N` */
export async function start(wish: string, options: StartOptions): Promise<number> {
  const since = Date.now();
  const guide = labNamed(readLabs(ROOT), wish);
  if (options.resume && options.fromMine) throw eitherWork(guide);
  if (guide.needs.machines === 'none') return startOnPaper(guide, options);
  const session = await openSession(options.name);
  await takeStudent(session, options);
  if (guide.draft && !options.json)
    console.log(
      say({
        en: `Lab ${guide.id} is a draft: its guide and checks have not been proven on machines yet.`,
        fr: `Le lab ${guide.id} est une ébauche : son guide et ses vérifications ne sont pas encore prouvés sur machines.`,
      }),
    );
  if (options.resume) return resume(session, guide, since, options.json);
  const { saved, mine } = await begin(session, guide, options);
  if (options.json)
    return asJson({ lab: guide.id, draft: guide.draft, saved, own: mine?.own, kit: mine?.kit });
  const { record } = session.environment;
  // The environment's own was said by `lab up`.
  if (record.serves) console.log(applicationLine(record));
  if (mine) tellMine(mine);
  console.log(
    say({
      en: `Lab ${guide.id} "${guide.title.en}" is ready (${guide.minutes} min). Read it with \`lab guide ${guide.id}\`; check with \`lab check ${guide.id}\`. (${seconds(since)})`,
      fr: `Le lab ${guide.id} « ${guide.title.fr} » est prêt (${guide.minutes} min). Lisez-le avec \`lab guide ${guide.id}\` ; vérifiez avec \`lab check ${guide.id}\`. (${seconds(since)})`,
    }),
  );
  return 0;
}

/** What a program reads; what does not apply is left out. */
function asJson(told: Record<string, unknown>): number {
  console.log(JSON.stringify(told, null, 2));
  return 0;
}

const eitherWork = ({ id }: LabGuide): LabError =>
  new LabError(
    {
      en: '--resume and --from-mine exclude each other: your work of the lab comes back, or the lab begins anew.',
      fr: '--resume et --from-mine s’excluent : soit votre travail de ce lab revient, soit le lab recommence.',
    },
    {
      en: `\`lab start ${id} --resume\` goes on with your work of lab ${id}; \`lab start ${id} --from-mine\` begins it with your files of the labs before.`,
      fr: `\`lab start ${id} --resume\` continue votre travail du lab ${id} ; \`lab start ${id} --from-mine\` le commence avec vos fichiers des labs précédents.`,
    },
  );

/** A lab without machines: that it was begun is written down, and the machines of another lab are left alone. */
async function startOnPaper(guide: LabGuide, options: StartOptions): Promise<number> {
  const session = await openPaperSession(options.name);
  await takeStudent(session, options);
  if (!options.resume)
    await changeState(session, (state) => remember(state, { kind: 'begin', what: guide.id }));
  const mine = options.fromMine ? { own: [], kit: [] } : undefined;
  if (options.json) return asJson({ lab: guide.id, file: DOSSIER, ...mine });
  console.log(
    say({
      en: `Lab ${guide.id} "${guide.title.en}" needs no machines (${guide.minutes} min): it is done in the file ${DOSSIER}. Read it with \`lab guide ${guide.id}\`; check with \`lab check ${guide.id}\`.`,
      fr: `Le lab ${guide.id} « ${guide.title.fr} » se passe de machines (${guide.minutes} min) : il se fait dans le fichier ${DOSSIER}. Lisez-le avec \`lab guide ${guide.id}\` ; vérifiez avec \`lab check ${guide.id}\`.`,
    }),
  );
  if (mine) tellMine(mine);
  return 0;
}

/** Shows the start while it runs, and says where the work of before is. */
async function begin(
  session: LabSession,
  guide: LabGuide,
  { fromMine = false, json = false }: Pick<StartOptions, 'fromMine' | 'json'> = {},
): Promise<Started> {
  let started: Started = { saved: undefined, from: 'new' };
  await showJobs(
    [
      {
        title: say({ en: `start of lab ${guide.id}`, fr: `départ du lab ${guide.id}` }),
        run: async (report) => {
          const progress = (machine: string, line: string) => report(`${machine}: ${line}`);
          started = await startLab(session, guide, progress, { fromMine });
          if (started.saved === undefined) return undefined;
          return say({
            en: `your work is in the snapshot ${started.saved}`,
            fr: `votre travail est dans l'instantané ${started.saved}`,
          });
        },
      },
    ],
    { parallel: false, quiet: json },
  );
  return started;
}

/** Back to the work of a lab: what was saved when it was left, or what the machines hold, where they are in it. */
async function resume(session: LabSession, guide: LabGuide, since: number, json = false): Promise<number> {
  const from = await workToResume(session, guide.id);
  if (from === undefined) return goOn(session, guide, since, json);
  const returned = await returnTo(session, from);
  if (json) return asJson({ lab: guide.id, from, saved: returned.saved, silent: returned.silent?.what });
  tellReturn(returned);
  console.log(
    say({
      en: `Your work of lab ${guide.id} is back, its machines have started. (${seconds(since)})`,
      fr: `Votre travail du lab ${guide.id} est de retour, ses machines ont démarré. (${seconds(since)})`,
    }),
  );
  return 0;
}

/** The machines are in this lab: what they hold is its latest work, so that they are only started where they are off. */
async function goOn(
  { environment, engine }: LabSession,
  guide: LabGuide,
  since: number,
  json: boolean,
): Promise<number> {
  await engine.prepare(() => undefined);
  await showBoots(engine, environment, environment.topology.machines, json);
  const regrouped = await regroup({ engine, environment });
  if (json) return asJson({ lab: guide.id });
  if (regrouped) console.log(say(regrouped));
  console.log(
    say({
      en: `The machines are in lab ${guide.id} as you left them: nothing was brought back. \`lab snapshot restore work-${guide.id}\` brings work back that was saved earlier, if \`lab snapshot list\` has any. (${seconds(since)})`,
      fr: `Les machines sont dans le lab ${guide.id}, telles que vous les avez laissées : rien n'a été remplacé. \`lab snapshot restore work-${guide.id}\` ramène un travail sauvegardé plus tôt, si \`lab snapshot list\` en montre un. (${seconds(since)})`,
    }),
  );
  return 0;
}

const nothingToDo = ({ id }: LabGuide): LabError =>
  new LabError(
    {
      en: `Lab ${id} is thought and written: there is nothing in it that the kit could do for you.`,
      fr: `Le lab ${id} se réfléchit et s'écrit : il n'y a rien que le kit puisse y faire à votre place.`,
    },
    { en: `\`lab hint ${id}.1\` helps with a step.`, fr: `\`lab hint ${id}.1\` aide pour une étape.` },
  );

/** `lab solve N [--step S]`: the lab from its start, with everything that its guide says done. */
export async function solve(wish: string, options: { name: string; step?: string }): Promise<number> {
  const since = Date.now();
  const { lab: guide, step } = stepsNamed(readLabs(ROOT), options.step ? `${wish}.${options.step}` : wish);
  if (guide.needs.machines === 'none') throw nothingToDo(guide);
  const session = await openSession(options.name);
  await begin(session, guide);
  // Before it is done: what broke off in the middle did a part.
  await recordKitWork(session.engine, session.environment, {
    kind: 'solve',
    what: step ? `${guide.id}.${step}` : guide.id,
  });
  let blocks = 0;
  await showJobs(
    [
      {
        title: say({ en: `guide of lab ${guide.id}`, fr: `guide du lab ${guide.id}` }),
        run: async (report) => {
          blocks = await walkGuide(session, guide, { report, ...(step ? { until: step } : {}) });
          return undefined;
        },
      },
    ],
    { parallel: false, quiet: false },
  );
  console.log(
    say({
      en: `${blocks} blocks of the guide done in ${seconds(since)}; \`lab check ${guide.id}\` shows it.`,
      fr: `${blocks} blocs du guide exécutés en ${seconds(since)} ; \`lab check ${guide.id}\` le montre.`,
    }),
  );
  return 0;
}

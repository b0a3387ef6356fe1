import { sizeAt } from '../lab/snapshot-size.ts';
import { remember } from '../labs/history.ts';
import { labNamed, stepsNamed } from '../labs/load.ts';
import type { LabGuide } from '../labs/model.ts';
import { latestWork, moveTo } from '../labs/moves.ts';
import { type LabSession, openSession } from '../labs/session.ts';
import { restoreWork, startLab, takeSize } from '../labs/start.ts';
import { changeState } from '../labs/state.ts';
import { walkGuide } from '../labs/walk.ts';
import { LabError } from '../ui/errors.ts';
import { seconds, showJobs } from '../ui/progress.ts';
import { say } from '../ui/text.ts';

export interface StartOptions {
  name: string;
  student?: string;
  resume?: boolean;
}

/** An identifier that a student cannot mistype into something else: letters, digits, and . _ - @ */
const STUDENT = /^[a-z0-9][a-z0-9._@-]{0,63}$/;

export function studentNamed(text: string): string {
  const student = text.trim().toLowerCase();
  if (STUDENT.test(student)) return student;
  throw new LabError(
    { en: `"${text}" cannot identify a student.`, fr: `« ${text} » ne peut pas identifier un étudiant.` },
    {
      en: 'use the login or number that the teacher knows: letters, digits, . _ - @.',
      fr: "utilisez l'identifiant ou le numéro connu de l'enseignant : lettres, chiffres, . _ - @.",
    },
  );
}

/** `lab start N` */
export async function start(wish: string, options: StartOptions): Promise<number> {
  const since = Date.now();
  const session = await openSession(options.name);
  const guide = labNamed(session.labs, wish);
  if (options.student !== undefined) {
    const student = studentNamed(options.student);
    await changeState(session, (state) => {
      if (state.student !== student) remember(state, { kind: 'student', what: student });
      state.student = student;
    });
  }
  if (guide.draft)
    console.log(
      say({
        en: `Lab ${guide.id} is a draft: its guide and checks have not been proven on machines yet.`,
        fr: `Le lab ${guide.id} est une ébauche : son guide et ses vérifications ne sont pas encore prouvés sur machines.`,
      }),
    );
  if (options.resume) return resume(session, guide, since);
  await begin(session, guide);
  console.log(
    say({
      en: `Lab ${guide.id} "${guide.title.en}" is ready (${guide.minutes} min). Read it with \`lab guide ${guide.id}\`; check with \`lab check ${guide.id}\`. (${seconds(since)})`,
      fr: `Le lab ${guide.id} « ${guide.title.fr} » est prêt (${guide.minutes} min). Lisez-le avec \`lab guide ${guide.id}\` ; vérifiez avec \`lab check ${guide.id}\`. (${seconds(since)})`,
    }),
  );
  return 0;
}

/** Shows the start while it runs, and says where the work of before is. */
async function begin(session: LabSession, guide: LabGuide): Promise<void> {
  await showJobs(
    [
      {
        title: say({ en: `start of lab ${guide.id}`, fr: `départ du lab ${guide.id}` }),
        run: async (report) => {
          const started = await startLab(session, guide, (machine, line) => report(`${machine}: ${line}`));
          if (started.saved === undefined) return undefined;
          return say({
            en: `your work is in the snapshot ${started.saved}`,
            fr: `votre travail est dans l'instantané ${started.saved}`,
          });
        },
      },
    ],
    { parallel: false, quiet: false },
  );
}

/** Back to the work that was saved when this lab was left. */
async function resume(session: LabSession, guide: LabGuide, since: number): Promise<number> {
  // One that broke off is repeated: what was saved since is not what was asked for.
  const { moving } = session.state;
  const from = (moving?.to === guide.id && moving.from) || (await latestWork(session.engine, guide.id));
  const saved = await moveTo(session, { to: guide.id, from }, async () => {
    const then = await sizeAt(session.lab, from);
    if (then) await takeSize(session, then);
    await restoreWork(session, from);
  });
  if (saved !== undefined)
    console.log(
      say({
        en: `What the machines held until now is in the snapshot ${saved}.`,
        fr: `Ce que les machines contenaient jusqu'ici est dans l'instantané ${saved}.`,
      }),
    );
  console.log(
    say({
      en: `Your work of lab ${guide.id} is back, its machines have started. (${seconds(since)})`,
      fr: `Votre travail du lab ${guide.id} est de retour, ses machines ont démarré. (${seconds(since)})`,
    }),
  );
  return 0;
}

/** `lab solve N [--step S]`: the lab from its start, with everything that its guide says done. */
export async function solve(wish: string, options: { name: string; step?: string }): Promise<number> {
  const since = Date.now();
  const session = await openSession(options.name);
  const { lab: guide, step } = stepsNamed(session.labs, options.step ? `${wish}.${options.step}` : wish);
  await begin(session, guide);
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
  await changeState(session, (state) =>
    remember(state, { kind: 'solve', what: step ? `${guide.id}.${step}` : guide.id }),
  );
  console.log(
    say({
      en: `${blocks} blocks of the guide done in ${seconds(since)}; \`lab check ${guide.id}\` shows it.`,
      fr: `${blocks} blocs du guide exécutés en ${seconds(since)} ; \`lab check ${guide.id}\` le montre.`,
    }),
  );
  return 0;
}

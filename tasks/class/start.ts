import { mkdir, rm } from 'node:fs/promises';
import { eachOf } from '../base/each.ts';
import { LabError, messageOf } from '../base/errors.ts';
import { type RunProgram, runProgram } from '../base/exec.ts';
import { writePrivate } from '../base/files.ts';
import { continuedBy } from '../exercises/guides/continued.ts';
import type { LabGuide } from '../exercises/guides/model.ts';
import { type Began, beganIn } from './began.ts';
import { inLab } from './collect.ts';
import type { ClusterEngine, Job } from './engine.ts';
import { placesOf } from './places.ts';
import {
  type ClassRecord,
  type ClassStudent,
  existingClass,
  studentOf,
  withClassLock,
  writeStudents,
} from './record.ts';
import { jobsByStudent } from './state.ts';

/** Seconds that the start of a lab of the kit may take. */
const START_SECONDS = 1800;
/** One with students' own files: it is made again where some do not fit. */
const MINE_SECONDS = 3 * START_SECONDS;

export interface Started {
  /** Students whose machines are at the beginning of the lab now. */
  started: string[];
  /** Those whose lab does not run: it begins there when it starts. */
  later: string[];
  failed: { student: string; why: string }[];
  /** Of those whose lab began with their own files where they fit: with which, and why not with the others. */
  mine?: (Began & { student: string })[];
}

/** LabError for a lab that no files of a student's can be laid into: each start would take longer, for nothing. */
export function mustContinue(labs: LabGuide[], guide: LabGuide): void {
  const { may, not } = continuedBy(labs, guide);
  if (may.length > 0) return;
  const [first] = not;
  throw new LabError(
    {
      en: `Lab ${guide.id} can begin with nobody's own files: ${first?.why.en ?? 'it begins with nothing that an earlier lab builds'}.`,
      fr: `Le lab ${guide.id} ne peut commencer avec les fichiers de personne : ${first?.why.fr ?? "il ne part de rien qu'un lab précédent construise"}.`,
    },
    { en: 'start it without --from-mine.', fr: 'commencez-le sans --from-mine.' },
  );
}

/**
 * Notes that these students (undefined: all) are to be in lab `lab` (NN): labs that do not run begin there; `fromMine`: with the students' own
 * files of earlier labs, where they fit. LabError for a student that there is not.
 */
export function wantLab(
  folder: string,
  ids: string[] | undefined,
  lab: string,
  fromMine = false,
): Promise<{ record: ClassRecord; students: ClassStudent[] }> {
  return withClassLock(folder, 'lab class start', async () => {
    const record = await existingClass(folder);
    const students = ids?.map((id) => studentOf(record, id)) ?? record.students;
    for (const student of students) {
      student.lab = lab;
      if (fromMine) student.fromMine = true;
      else delete student.fromMine;
    }
    await writeStudents(record);
    // What was said of the lab before is over.
    for (const { id } of students) await rm(placesOf(folder).began(id), { force: true });
    return { record, students };
  });
}

/**
 * Puts the labs of students to the beginning of lab `lab` (NN). As with their own start, at most half as many at once on a server as it
 * has cores. What each had is kept by the lab itself (`lab start`). `fromMine`: with the students' own files where they fit, else the kit's; which
 * and why is kept for the students to read.
 */
export async function startForAll(
  record: ClassRecord,
  engine: ClusterEngine,
  students: ClassStudent[],
  lab: string,
  {
    run = runProgram,
    fromMine = false,
    told = () => undefined,
  }: { run?: RunProgram; fromMine?: boolean; told?: (student: string) => void } = {},
): Promise<Started> {
  const jobs = jobsByStudent(await engine.list(record.settings.name));
  const running = students.flatMap(({ id }) => {
    const job = jobs.get(id);
    return job?.phase === 'running' ? [job] : [];
  });
  const there = new Set(running.map(({ student }) => student));
  const later = students.map(({ id }) => id).filter((id) => !there.has(id));
  const mine: (Began & { student: string })[] = [];
  const result: Started = { started: [], later, failed: [], ...(fromMine ? { mine } : {}) };
  const cores = new Map((await engine.servers()).map((server) => [server.name, server.cores]));
  const servers = [...new Set(running.map(({ server }) => server))];
  await Promise.all(
    servers.map((server) =>
      eachOf(
        running.filter((job) => job.server === server),
        Math.max(1, Math.floor((cores.get(server ?? '') ?? 2) / 2)),
        async (job) => {
          await startOne(record, engine, job, lab, { run, fromMine }).then(
            (began) => {
              result.started.push(job.student);
              if (began) mine.push({ student: job.student, ...began });
            },
            (error: unknown) => result.failed.push({ student: job.student, why: messageOf(error) }),
          );
          told(job.student);
        },
      ),
    ),
  );
  return result;
}

/** With whose files it began, where that was asked. Throws what the lab's program said when it did not start. */
async function startOne(
  record: ClassRecord,
  engine: ClusterEngine,
  job: Job,
  lab: string,
  { run, fromMine }: { run: RunProgram; fromMine: boolean },
): Promise<Began | undefined> {
  const words = ['start', lab, job.student, ...(fromMine ? ['from-mine'] : [])];
  const { program, args } = inLab(record, engine, job, words, false);
  const ended = await run(program, args, { seconds: fromMine ? MINE_SECONDS : START_SECONDS });
  if (ended.code === 0) {
    const began = fromMine ? beganIn(ended.stdout) : undefined;
    if (!began) return undefined;
    const places = placesOf(record.folder);
    await mkdir(places.lab(job.student), { recursive: true, mode: 0o700 });
    await writePrivate(places.began(job.student), `${JSON.stringify(began)}\n`);
    return began;
  }
  throw new Error(ended.stderr.trim().split('\n').at(-1) || `exit code ${ended.code}`);
}

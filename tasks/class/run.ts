import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eachOf } from '../base/each.ts';
import { LabError } from '../base/errors.ts';
import { runProgram } from '../base/exec.ts';
import { ROOT } from '../base/paths.ts';
import { poll } from '../base/poll.ts';
import type { ClusterEngine, Job, Phase } from './engine.ts';
import { placesOf } from './places.ts';
import { type ClassRecord, type ClassStudent, limitsOf, writeStudents } from './record.ts';
import { jobsByStudent, readState } from './state.ts';

/** Jobs that are given to the cluster at once: its controller takes them one after the other anyway. */
const AT_ONCE = 4;

/** Seconds between two questions to the cluster while something is waited for. */
const ASK_EVERY = 1;

/** Whether a job has no place: only then may it be told where it must not go. */
export const isWaiting = (phase: Phase): boolean => phase !== 'running' && phase !== 'ending';

/** What a command has done with labs. */
export interface Given {
  /** Identifiers of students whose lab was given to the cluster, in the order of the roster. */
  given: string[];
  /** Those whose lab was there. */
  there: string[];
}

/**
 * Gives the labs of these students to the cluster, but for those that it has. The generations are written down before, so that
 * whatever breaks off, no two jobs ever have the same one. LabError with what the cluster said when it refuses one; those before it are given.
 */
export async function giveLabs(
  record: ClassRecord,
  engine: ClusterEngine,
  students: ClassStudent[],
  told: (done: number, of: number) => void = () => undefined,
): Promise<Given> {
  const jobs = jobsByStudent(await engine.list(record.settings.name));
  // One that is ending has said its last word: the next job waits for its lease by being newer.
  const isThere = ({ id }: ClassStudent) => jobs.has(id) && jobs.get(id)?.phase !== 'ending';
  const missing = students.filter((student) => !isThere(student));
  const waiting = students.flatMap(({ id }) => jobs.get(id) ?? []).filter(({ phase }) => isWaiting(phase));
  await eachOf(waiting, AT_ONCE, ({ id }) => engine.avoid(id, record.avoid));
  for (const student of missing) student.generation += 1;
  await writeStudents(record);
  let done = 0;
  await eachOf(missing, AT_ONCE, async (student) => {
    await submit(record, engine, student);
    done += 1;
    told(done, missing.length);
  });
  const idsOf = (some: ClassStudent[]) => some.map(({ id }) => id);
  return { given: idsOf(missing), there: idsOf(students.filter(isThere)) };
}

async function submit(record: ClassRecord, engine: ClusterEngine, student: ClassStudent): Promise<string> {
  const { settings, folder, avoid } = record;
  const places = placesOf(folder);
  await mkdir(places.log(student.id), { recursive: true, mode: 0o700 });
  return engine.submit({
    ...{ className: settings.name, student: student.id, limits: limitsOf(settings), avoid },
    log: join(places.log(student.id), String(student.generation)),
    env: {
      LAB_CLASS_APP: settings.app,
      LAB_CLASS_LASTS: String(settings.minutes * 60 - settings.graceSeconds),
      ...(student.fromMine ? { LAB_CLASS_FROM_MINE: '1' } : {}),
      LAB_CLASS_IDLE: String(settings.idleSeconds),
      ...(settings.cache === undefined ? {} : { LAB_CLASS_CACHE: settings.cache }),
      ...(settings.topology === undefined ? {} : { LAB_CLASS_TOPOLOGY: settings.topology }),
    },
    script: [
      ...[ROOT.replace(/\/$/, ''), folder, student.id, String(student.generation), student.lab ?? '-'],
      ...[String(settings.saveSeconds), settings.scratch, settings.program],
    ],
  });
}

/** What became of labs that were told to end. */
export interface Ended {
  ended: string[];
  /** Still there after the time: they were ended without having saved. */
  cut: string[];
}

/**
 * Lets labs save themselves and end. Those that wait for a place are taken back at once; those that are still there after `seconds`
 * are cut off when `force`, and otherwise left (and named in `cut`).
 */
export async function endLabs(
  record: ClassRecord,
  engine: ClusterEngine,
  students: Pick<ClassStudent, 'id'>[],
  { seconds, force }: { seconds: number; force: boolean },
  told: (left: number) => void = () => undefined,
): Promise<Ended> {
  const wanted = new Set(students.map(({ id }) => id));
  const jobsNow = async () =>
    (await engine.list(record.settings.name)).filter(({ student }) => wanted.has(student));
  const first = await jobsNow();
  await eachOf(first, AT_ONCE, ({ id, phase }) =>
    phase === 'running'
      ? engine.signal(id, 'end')
      : phase === 'ending'
        ? Promise.resolve()
        : engine.cancel(id),
  );
  const left = await poll(
    async () => {
      const jobs = await jobsNow();
      told(jobs.length);
      return jobs;
    },
    (jobs) => jobs.length === 0,
    { every: ASK_EVERY, seconds },
  );
  if (force) await eachOf(left, AT_ONCE, ({ id }) => engine.cancel(id));
  const cut = new Set(left.map(({ student }) => student));
  return { ended: first.map(({ student }) => student).filter((id) => !cut.has(id)), cut: [...cut] };
}

/**
 * Puts a lab back to its beginning: its job ends without saving, and nothing that it may still write counts. What was saved is set aside,
 * until the next reset. The lab is given to the cluster again. LabError when the file system or the cluster refuses.
 */
export async function resetLab(
  record: ClassRecord,
  engine: ClusterEngine,
  student: ClassStudent,
): Promise<void> {
  const places = placesOf(record.folder);
  student.generation += 1;
  await writeStudents(record);
  // Before its job is ended: what that one saves from here on is refused.
  await takeLease(record, student);
  const job = jobsByStudent(await engine.list(record.settings.name)).get(student.id);
  if (job) await engine.cancel(job.id);
  const aside = join(places.lab(student.id), 'before-reset');
  if (existsSync(places.saved(student.id))) {
    await rm(aside, { recursive: true, force: true });
    await rename(places.saved(student.id), aside);
  }
  await rm(places.state(student.id), { force: true });
  await poll(
    async () => (await engine.list(record.settings.name)).filter(({ id }) => id === job?.id),
    (jobs) => jobs.length === 0 || jobs.every(({ phase }) => phase === 'ending'),
    { every: ASK_EVERY, seconds: 60 },
  );
  await giveLabs(record, engine, [student]);
}

/** Takes a lab's lease for the class itself: whatever job has it, has it no more. */
async function takeLease({ folder }: ClassRecord, { id, generation }: ClassStudent): Promise<void> {
  const lab = placesOf(folder).lab(id);
  await mkdir(lab, { recursive: true, mode: 0o700 });
  const script = join(ROOT, 'tasks', 'class', 'job', 'lease.sh');
  const ended = await runProgram('bash', [script, 'take', lab, String(generation), '0', 'class', '-']);
  if (ended.code === 0) return;
  throw new LabError(
    { en: `The lease of ${id} could not be taken.`, fr: `Le bail de ${id} n'a pas pu être pris.` },
    {
      en: `check that ${lab} can be written and locked (a file system with locks), then repeat the command.`,
      fr: `vérifiez que ${lab} est accessible en écriture et peut être verrouillé (système de fichiers avec verrous), puis relancez.`,
    },
    ended.stderr.trim().split('\n').slice(-2),
  );
}

/**
 * Lets the jobs start that the cluster keeps back after their server was lost; not those that somebody holds. Returns their students. For some
 * seconds after the loss the cluster gives no reason: a job that waits so, and has run already, is one of them.
 */
export async function releaseLost(
  record: ClassRecord,
  engine: ClusterEngine,
  jobs: Job[] | undefined = undefined,
): Promise<string[]> {
  const kept: Job[] = [];
  for (const job of jobs ?? (await engine.list(record.settings.name))) {
    const unexplained = job.phase === 'waiting' && job.reason === '';
    if (job.phase === 'delayed' || (unexplained && (await readState(record, job.student)).job === job.id))
      kept.push(job);
  }
  await eachOf(kept, AT_ONCE, async (job) => {
    // It was given to the cluster with the servers that the class kept away from then.
    await engine.avoid(job.id, record.avoid);
    await engine.release(job);
  });
  return kept.map(({ student }) => student);
}

import { eachOf } from '../base/each.ts';
import { messageOf } from '../base/errors.ts';
import { type RunProgram, runProgram } from '../base/exec.ts';
import { inLab } from './collect.ts';
import type { ClusterEngine, Job } from './engine.ts';
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

export interface Started {
  /** Students whose machines are at the beginning of the lab now. */
  started: string[];
  /** Those whose lab does not run: it begins there when it starts. */
  later: string[];
  failed: { student: string; why: string }[];
}

/** Notes that these students (undefined: all) are to be in lab `lab` (NN): labs that do not run begin there. LabError for a student that there is not. */
export function wantLab(
  folder: string,
  ids: string[] | undefined,
  lab: string,
): Promise<{ record: ClassRecord; students: ClassStudent[] }> {
  return withClassLock(folder, 'lab class start', async () => {
    const record = await existingClass(folder);
    const students = ids?.map((id) => studentOf(record, id)) ?? record.students;
    for (const student of students) student.lab = lab;
    await writeStudents(record);
    return { record, students };
  });
}

/**
 * Puts the labs of students to the beginning of lab `lab` (NN). As with their own start, at most half as many at once on a server as it
 * has cores. What each had is kept by the lab itself (`lab start`).
 */
export async function startForAll(
  record: ClassRecord,
  engine: ClusterEngine,
  students: ClassStudent[],
  lab: string,
  { run = runProgram, told = () => undefined }: { run?: RunProgram; told?: (student: string) => void } = {},
): Promise<Started> {
  const jobs = jobsByStudent(await engine.list(record.settings.name));
  const running = students.flatMap(({ id }) => {
    const job = jobs.get(id);
    return job?.phase === 'running' ? [job] : [];
  });
  const there = new Set(running.map(({ student }) => student));
  const later = students.map(({ id }) => id).filter((id) => !there.has(id));
  const result: Started = { started: [], later, failed: [] };
  const cores = new Map((await engine.servers()).map((server) => [server.name, server.cores]));
  const servers = [...new Set(running.map(({ server }) => server))];
  await Promise.all(
    servers.map((server) =>
      eachOf(
        running.filter((job) => job.server === server),
        Math.max(1, Math.floor((cores.get(server ?? '') ?? 2) / 2)),
        async (job) => {
          await startOne(record, engine, job, lab, run).then(
            () => result.started.push(job.student),
            (error: unknown) => result.failed.push({ student: job.student, why: messageOf(error) }),
          );
          told(job.student);
        },
      ),
    ),
  );
  return result;
}

/** Throws what the lab's program said when it did not start. */
async function startOne(
  record: ClassRecord,
  engine: ClusterEngine,
  job: Job,
  lab: string,
  run: RunProgram,
): Promise<void> {
  const { program, args } = inLab(record, engine, job, ['start', lab, job.student], false);
  const ended = await run(program, args, { seconds: START_SECONDS });
  if (ended.code === 0) return;
  throw new Error(ended.stderr.trim().split('\n').at(-1) || `exit code ${ended.code}`);
}

import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { eachOf } from '../base/each.ts';
import { messageOf } from '../base/errors.ts';
import { type RunProgram, runProgram } from '../base/exec.ts';
import { writePrivate } from '../base/files.ts';
import { ROOT } from '../base/paths.ts';
import type { ClusterEngine, CommandLine } from './engine.ts';
import { placesOf } from './places.ts';
import type { ClassRecord, ClassStudent } from './record.ts';
import { jobsByStudent } from './state.ts';

/** Seconds that the checks of one lab may take, with the faults that it must survive. */
const CHECK_SECONDS = 1800;

/** What a lab of the kit is to its class: a command beside its job (job/inside.sh). */
export function inLab(
  { folder }: Pick<ClassRecord, 'folder'>,
  engine: ClusterEngine,
  job: { id: string; student: string },
  words: string[],
  terminal: boolean,
): CommandLine {
  const script = join(ROOT, 'tasks', 'class', 'job', 'inside.sh');
  return engine.attach(job.id, ['bash', script, folder, job.student, ...words], { terminal });
}

export interface Collected {
  /** Students whose bundle was made now. */
  collected: string[];
  /** Those whose lab does not run, or could not be asked; `why` as the program said it. An older bundle of theirs stays. */
  failed: { student: string; why: string }[];
}

/**
 * Has what was reached in lab `lab` (NN) judged in each lab that runs, by the kit on the servers, and takes the bundles. A few at
 * once: checks take the cores of the labs' servers.
 */
export async function collectBundles(
  record: ClassRecord,
  engine: ClusterEngine,
  students: ClassStudent[],
  lab: string,
  {
    atOnce = 4,
    run = runProgram,
    told = () => undefined,
  }: { atOnce?: number; run?: RunProgram; told?: (student: string) => void } = {},
): Promise<Collected> {
  const places = placesOf(record.folder);
  const jobs = jobsByStudent(await engine.list(record.settings.name));
  await mkdir(places.handedIn(lab), { recursive: true, mode: 0o700 });
  const result: Collected = { collected: [], failed: [] };
  await eachOf(students, atOnce, async ({ id }) => {
    const job = jobs.get(id);
    if (job?.phase !== 'running') {
      result.failed.push({ student: id, why: 'no lab runs' });
      return;
    }
    try {
      await collectOne(record, engine, job, lab, run);
      result.collected.push(id);
    } catch (error) {
      result.failed.push({ student: id, why: messageOf(error) });
    }
    told(id);
  });
  return result;
}

/** Throws what the lab's program said when there is no bundle. */
async function collectOne(
  record: ClassRecord,
  engine: ClusterEngine,
  job: { id: string; student: string },
  lab: string,
  run: RunProgram,
): Promise<void> {
  const places = placesOf(record.folder);
  const made = join(places.lab(job.student), `collected-${lab}.part`);
  await rm(made, { force: true });
  const { program, args } = inLab(record, engine, job, ['collect', lab, made], false);
  const ended = await run(program, args, { seconds: CHECK_SECONDS });
  const size = existsSync(made) ? (await stat(made)).size : 0;
  if (ended.code !== 0 || size === 0)
    throw new Error(ended.stderr.trim().split('\n').at(-1) || `exit code ${ended.code}`);
  const part = join(places.handedIn(lab), `.${job.student}.part`);
  await copyFile(made, part);
  await rename(part, join(places.handedIn(lab), `${job.student}.lab`));
  await rm(made, { force: true });
}

/** Writes the roster as `lab grade --students` takes it. Returns the file. */
export async function writeList({ folder, students }: ClassRecord): Promise<string> {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines = ['student,name', ...students.map(({ id, name }) => `${id},${quoted(name)}`)];
  await writePrivate(placesOf(folder).list, `${lines.join('\n')}\n`);
  return placesOf(folder).list;
}

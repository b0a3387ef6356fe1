import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../base/files.ts';
import { type DrillResult, drillResultSchema, type Fault, RESULT_FILE, SAMPLES_FILE } from './model.ts';
import { drillsFolder } from './open-fault.ts';
import { type Sample, toLine } from './samples.ts';

/** A name for a drill: sorts by time, says what it is. */
export function drillId(now: Date, what: string): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${what}`.toLowerCase().replace(/[^a-z0-9-]+/g, '-');
}

/** What is done to whom, in one word: db1-power, lb1-kill-haproxy. */
export const nameOfFault = (
  fault: Pick<Fault, 'kind' | 'machine' | 'service' | 'peer' | 'switch' | 'with'>,
): string =>
  [fault.machine, fault.kind, fault.service ?? fault.peer ?? fault.switch ?? fault.with?.join('-')]
    .filter(Boolean)
    .join('-');

/** Keeps a result and its requests. Returns the folder. */
export async function keepResult(labFolder: string, result: DrillResult, samples: Sample[]): Promise<string> {
  const folder = join(drillsFolder(labFolder), result.id);
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, SAMPLES_FILE),
    samples.map((sample) => `${JSON.stringify(toLine(sample))}\n`).join(''),
  );
  // Last: a folder with a result is complete.
  await writeFileAtomic(join(folder, RESULT_FILE), `${JSON.stringify(result, null, 1)}\n`);
  return folder;
}

/** One result; undefined when there is none of this name. */
export async function readResult(labFolder: string, id: string): Promise<DrillResult | undefined> {
  const file = join(drillsFolder(labFolder), id, RESULT_FILE);
  if (!existsSync(file)) return undefined;
  return drillResultSchema.parse(JSON.parse(await readFile(file, 'utf8')));
}

/** Names of the drills of a lab that have a result, oldest first. */
export async function listResults(labFolder: string): Promise<string[]> {
  const folder = drillsFolder(labFolder);
  if (!existsSync(folder)) return [];
  return (await readdir(folder)).filter((name) => existsSync(join(folder, name, RESULT_FILE))).sort();
}

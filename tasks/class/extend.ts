import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { writePrivate } from '../base/files.ts';
import { placesOf } from './places.ts';
import type { ClassRecord, ClassStudent } from './record.ts';

/** What was added to a lab's time, all in all. */
export interface Extended {
  student: string;
  minutes: number;
  /** It is all that the cluster was asked for. */
  most: boolean;
}

/**
 * Gives labs more time. The cluster was asked for it when the lab was given to it (it lets only its administrators make a job longer), so
 * that no more than `extraMinutes` of the settings can be added. It is for the lab as it was given last.
 */
export async function extendLabs(
  { folder, settings }: Pick<ClassRecord, 'folder' | 'settings'>,
  students: ClassStudent[],
  minutes: number,
): Promise<Extended[]> {
  const places = placesOf(folder);
  const result: Extended[] = [];
  for (const { id, generation } of students) {
    const before = await addedTo(places.extended(id), generation);
    const added = Math.max(0, Math.min(before + minutes * 60, settings.extraMinutes * 60));
    await mkdir(places.lab(id), { recursive: true, mode: 0o700 });
    // The job reads it as it reads the lease: whole or not at all.
    await writePrivate(places.extended(id), `${generation} ${added}\n`);
    result.push({ student: id, minutes: added / 60, most: added >= settings.extraMinutes * 60 });
  }
  return result;
}

/** Seconds that were added to the lab of this generation. */
async function addedTo(file: string, generation: number): Promise<number> {
  if (!existsSync(file)) return 0;
  const [, of = '', seconds = ''] = /^(\d+) (\d+)\n/.exec(await readFile(file, 'utf8')) ?? [];
  return Number(of) === generation ? Number(seconds) : 0;
}

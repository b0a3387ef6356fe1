import { mkdir, statfs } from 'node:fs/promises';
import { LabError } from '../base/errors.ts';

/** True for the error of a write for which there was no room: a full disk, or a quota that is used up. */
export const isFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');

const WAY_OUT = {
  en: 'free some space (`lab image prune` removes old images), or point LAB_CACHE to a larger disk; then run the command again: what has arrived is kept.',
  fr: 'libérez de la place (`lab image prune` supprime les anciennes images), ou dirigez LAB_CACHE vers un disque plus grand ; puis relancez la commande : ce qui est arrivé est gardé.',
};

/** Something could not be written into a folder, because its disk is full. */
export const fullDisk = (folder: string): LabError =>
  new LabError({ en: `The disk of ${folder} is full.`, fr: `Le disque de ${folder} est plein.` }, WAY_OUT);

/** LabError unless the disk of a folder, which is made, has room for so many bytes. */
export async function needSpace(folder: string, bytes: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= bytes) return;
  const mib = (value: number) => Math.ceil(value / 2 ** 20);
  throw new LabError(
    {
      en: `${folder} has ${Math.floor((bavail * bsize) / 2 ** 20)} MiB free, and ${mib(bytes)} MiB are needed.`,
      fr: `${folder} a ${Math.floor((bavail * bsize) / 2 ** 20)} Mio libres, et il en faut ${mib(bytes)}.`,
    },
    WAY_OUT,
  );
}

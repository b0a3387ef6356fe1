import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../base/errors.ts';
import { findTool, runProgram } from '../base/exec.ts';
import type { Engine } from '../engines/engine.ts';
import type { Environment } from '../environment/record.ts';
import { changeState, readState } from '../exercises/state/state.ts';

/** The snapshot that a save is made from; it is gone afterwards. */
const SNAPSHOT = 'class-save';

/** In the lab's folder: its disks, and its snapshots (engines/uml/paths.ts). */
const DISKS = 'engine/disks';
const SNAPSHOTS = 'engine/snapshots';

/**
 * What of a lab is left out: what lives with its processes, disks that change meanwhile, and start states of labs, which are made again
 * when they are needed and take more room than all the rest.
 */
const LEFT_OUT = [
  './run',
  `./${DISKS}`,
  `./${SNAPSHOTS}/start-*`,
  `./${SNAPSHOTS}/*/snapshot.json.part`,
  '*.part',
  '*.old',
];

/**
 * Writes all that a lab is into one file, while it runs: its disks of one instant, its record, key and secrets, what is remembered of its
 * student's work, and the snapshots that hold some. The record is read after the disks: machines remember no entry that it lacks.
 * LabError when tar or the disk refuses.
 */
export async function saveLab(environment: Environment, engine: Engine, file: string): Promise<void> {
  mustHaveZstd();
  await engine.saveSnapshot(SNAPSHOT, () => undefined);
  try {
    await tar(
      [
        ...['--create', '--sparse', '--use-compress-program=zstd -T1 -1', `--file=${file}`],
        `--directory=${environment.folder}`,
        ...LEFT_OUT.map((pattern) => `--exclude=${pattern}`),
        // What the snapshot says of itself is no disk.
        `--exclude=./${SNAPSHOTS}/${SNAPSHOT}/snapshot.json`,
        `--transform=s,^\\./${SNAPSHOTS}/${SNAPSHOT},./${DISKS},`,
        '.',
      ],
      file,
    );
  } finally {
    await engine.deleteSnapshot(SNAPSHOT);
  }
}

/**
 * Makes a lab out of such a file, in a folder where there is none. Its machines are off, as after a power cut: `lab up` starts them.
 * LabError when the file is not whole; the folder is gone then.
 */
export async function restoreLab(folder: string, file: string): Promise<void> {
  mustHaveZstd();
  if (existsSync(join(folder, 'lab.json')))
    throw new LabError(
      { en: `There is a lab in ${folder} already.`, fr: `Il y a déjà un lab dans ${folder}.` },
      { en: 'remove it with `lab destroy`.', fr: 'supprimez-le avec `lab destroy`.' },
    );
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await tar(['--extract', '--use-compress-program=zstd', `--file=${file}`, `--directory=${folder}`], file);
    if (!existsSync(join(folder, 'lab.json'))) throw damaged(file, []);
    await dropMissingStarts(folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Start states that were left out are none that a lab could begin from. */
async function dropMissingStarts(folder: string): Promise<void> {
  const snapshots = join(folder, SNAPSHOTS);
  const there = new Set(existsSync(snapshots) ? await readdir(snapshots) : []);
  await changeState({ environment: { folder }, state: await readState(folder) }, (state) => {
    state.starts = state.starts.filter(({ snapshot }) => there.has(snapshot));
  });
}

async function tar(args: string[], file: string): Promise<void> {
  const { code, stderr } = await runProgram('tar', args);
  if (code !== 0) throw damaged(file, stderr.trim().split('\n').slice(-3));
}

const damaged = (file: string, details: string[]): LabError =>
  new LabError(
    {
      en: `${file} could not be written or read whole.`,
      fr: `${file} n'a pas pu être écrit ou lu en entier.`,
    },
    { en: 'check its disk and the space left there.', fr: 'vérifiez son disque et la place qui y reste.' },
    details,
  );

function mustHaveZstd(): void {
  if (findTool('zstd')) return;
  throw new LabError(
    {
      en: 'The program zstd is missing: labs are saved with it.',
      fr: 'Le programme zstd manque : les labs sont sauvegardés avec lui.',
    },
    { en: 'install it (Debian: apt-get install zstd).', fr: 'installez-le (Debian : apt-get install zstd).' },
  );
}

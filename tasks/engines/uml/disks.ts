import { existsSync } from 'node:fs';
import { truncate, writeFile } from 'node:fs/promises';
import { LabError } from '../../base/errors.ts';
import type { Machine } from '../../topology/model.ts';
import type { MachineFiles } from './command-line.ts';
import type { UmlPaths } from './paths.ts';

/**
 * The disks that a machine starts with, beside the base image. Its second disk is made when it is missing (sparse); the kernel
 * makes the copy-on-write file itself. `codeDisk`: the lab's disk with the application's code, if its application needs one;
 * LabError when a machine that serves it would miss it.
 */
export async function machineDisks(
  paths: UmlPaths,
  machine: Machine,
  codeDisk: string | undefined,
): Promise<Pick<MachineFiles, 'cow' | 'disk' | 'code'>> {
  const disk = machine.disk ? paths.disk(machine) : undefined;
  if (disk && !existsSync(disk)) {
    await writeFile(disk, '');
    await truncate(disk, (machine.disk ?? 0) * 1024 * 1024);
  }
  return { cow: paths.cow(machine), disk, code: codeFor(machine, codeDisk) };
}

/** The disk with the application's code, for a machine that serves it. */
function codeFor(machine: Machine, file: string | undefined): string | undefined {
  if (!file || !machine.roles.includes('web')) return undefined;
  if (existsSync(file)) return file;
  throw new LabError(
    {
      en: `The disk with the code of Nextcloud is missing (${file}).`,
      fr: `Le disque avec le code de Nextcloud manque (${file}).`,
    },
    { en: 'run `lab up`, which makes it again.', fr: 'lancez `lab up`, qui le refait.' },
  );
}

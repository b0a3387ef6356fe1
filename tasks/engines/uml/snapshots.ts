import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LabError } from '../../base/errors.ts';
import { runProgram } from '../../base/exec.ts';
import { completeReplacement, oldOf, replaceFolder } from '../../base/files.ts';
import { onInterrupt } from '../../base/interrupt.ts';
import type { Report } from '../../base/progress.ts';
import type { Snapshot } from '../engine.ts';

interface Manifest {
  taken: string;
  running: string[];
}

/**
 * Copies of all disks of a lab, one folder a snapshot. Copies stay sparse, and share blocks where the host's file system can.
 * Ended at any moment, a snapshot of a name is the former or the new one, and so are the disks.
 */
export class SnapshotStore {
  constructor(
    private readonly folder: string,
    private readonly disks: string,
  ) {
    completeReplacement(disks);
  }

  /**
   * Copies the disks as they are now; `running` names the machines to start after a restore. `still` is awaited when they are
   * copied: the snapshot is only made when it comes back.
   */
  async save(
    name: string,
    running: string[],
    report: Report,
    still: () => Promise<void> = async () => undefined,
  ): Promise<void> {
    const part = await freshPart(join(this.folder, name));
    report(name);
    await copyAll(this.disks, part);
    const manifest: Manifest = { taken: new Date().toISOString(), running };
    await writeFile(join(part, 'snapshot.json'), JSON.stringify(manifest));
    await still();
    await replaceFolder(part, join(this.folder, name));
  }

  /** Machines that ran when the snapshot was taken. LabError when there is no such snapshot. */
  async running(name: string): Promise<string[]> {
    return (await this.manifest(name)).running;
  }

  /** Puts the disks back. The machines must be off. */
  async restore(name: string, report: Report): Promise<void> {
    await this.manifest(name);
    report(name);
    const part = await freshPart(this.disks);
    await copyAll(join(this.folder, name), part);
    await rm(join(part, 'snapshot.json'));
    await replaceFolder(part, this.disks);
  }

  async list(): Promise<Snapshot[]> {
    if (!existsSync(this.folder)) return [];
    const old = (await readdir(this.folder)).filter((name) => name.endsWith(oldOf('')));
    for (const name of old) completeReplacement(join(this.folder, name.slice(0, -oldOf('').length)));
    // The name of a snapshot has no dot.
    const names = (await readdir(this.folder)).filter((name) => !name.includes('.'));
    const all = await Promise.all(
      names.map(async (name) => ({ name, taken: (await this.manifest(name)).taken, memory: false })),
    );
    return all.sort((a, b) => a.taken.localeCompare(b.taken));
  }

  async delete(name: string): Promise<void> {
    await this.manifest(name);
    const folder = join(this.folder, name);
    // First what would bring it back; then it is gone at once, whatever becomes of its copies.
    await rm(oldOf(folder), { recursive: true, force: true });
    await removeParts(folder);
    const part = partOf(folder);
    await rename(folder, part);
    await rm(part, { recursive: true });
  }

  private async manifest(name: string): Promise<Manifest> {
    completeReplacement(join(this.folder, name));
    const file = join(this.folder, name, 'snapshot.json');
    if (!existsSync(file)) {
      throw new LabError(
        { en: `There is no snapshot named ${name}.`, fr: `Il n'y a pas d'instantané nommé ${name}.` },
        { en: 'list them with `lab snapshot list`.', fr: 'listez-les avec `lab snapshot list`.' },
      );
    }
    return JSON.parse(await readFile(file, 'utf8')) as Manifest;
  }
}

const partOf = (folder: string): string => `${folder}.${randomUUID()}.part`;

/** Removes what was left beside a folder by work that was killed. Where a `cp` of it still runs, it soon finds no place to write to. */
async function removeParts(folder: string): Promise<void> {
  const beside = dirname(folder);
  const start = `${basename(folder)}.`;
  for (const name of existsSync(beside) ? await readdir(beside) : [])
    if (name.startsWith(start) && name.endsWith('.part'))
      await rm(join(beside, name), { recursive: true, force: true }).catch(() => undefined);
}

/** A folder that will take the place of another one. Of a name that no other run has: a `cp` may outlive the run that started it. */
async function freshPart(folder: string): Promise<string> {
  await removeParts(folder);
  const part = partOf(folder);
  await mkdir(part, { recursive: true });
  return part;
}

async function copyAll(from: string, to: string): Promise<void> {
  const names = await readdir(from);
  if (names.length === 0) return;
  const files = names.map((name) => join(from, name));
  const stop = new AbortController();
  const options = ['--sparse=always', '--reflink=auto', '--preserve=timestamps'];
  const copy = runProgram('cp', [...options, '--', ...files, `${to}/`], { signal: stop.signal });
  const forget = onInterrupt(async () => {
    stop.abort();
    await copy;
  });
  const { code, stderr } = await copy;
  // The run is about to end: that its copy was ended is no error to tell.
  if (stop.signal.aborted) await new Promise(() => undefined);
  forget();
  if (code !== 0) throw new Error(`cp: ${stderr.trim().split('\n').at(-1)}`);
}

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { $ } from 'zx/core';
import { completeReplacement, oldOf, replaceFolder } from '../../host/folders.ts';
import { LabError } from '../../ui/errors.ts';
import type { Report, Snapshot } from '../engine.ts';

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

  /** Copies the disks as they are now; `running` names the machines to start after a restore. */
  async save(name: string, running: string[], report: Report): Promise<void> {
    const part = join(this.folder, `${name}.part`);
    await rm(part, { recursive: true, force: true });
    await mkdir(part, { recursive: true });
    report(name);
    await copyAll(this.disks, part);
    const manifest: Manifest = { taken: new Date().toISOString(), running };
    await writeFile(join(part, 'snapshot.json'), JSON.stringify(manifest));
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
    const part = `${this.disks}.part`;
    await rm(part, { recursive: true, force: true });
    await mkdir(part, { recursive: true });
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
    return all.sort((one, other) => one.taken.localeCompare(other.taken));
  }

  async delete(name: string): Promise<void> {
    await this.manifest(name);
    const folder = join(this.folder, name);
    // First what would bring it back; then it is gone at once, whatever becomes of its copies.
    await rm(oldOf(folder), { recursive: true, force: true });
    await rm(`${folder}.part`, { recursive: true, force: true });
    await rename(folder, `${folder}.part`);
    await rm(`${folder}.part`, { recursive: true });
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

async function copyAll(from: string, to: string): Promise<void> {
  const names = await readdir(from);
  if (names.length === 0) return;
  await $({
    quiet: true,
  })`cp --sparse=always --reflink=auto --preserve=timestamps -- ${names.map((name) => join(from, name))} ${to}/`;
}

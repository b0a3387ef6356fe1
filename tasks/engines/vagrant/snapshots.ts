import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LabError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.ts';
import type { PowerState, Snapshot } from '../engine.ts';

/** A snapshot of the whole lab: the machines it holds and the state each was in. */
export interface LabSnapshot extends Snapshot {
  states: Record<string, PowerState>;
}

/** The list of snapshots that are whole. The providers keep the content, machine by machine. */
export class SnapshotIndex {
  constructor(private readonly file: string) {}

  /** Oldest first. */
  async list(): Promise<LabSnapshot[]> {
    if (!existsSync(this.file)) return [];
    return JSON.parse(await readFile(this.file, 'utf8')) as LabSnapshot[];
  }

  /** LabError when there is no such snapshot. */
  async get(name: string): Promise<LabSnapshot> {
    const found = (await this.list()).find((snapshot) => snapshot.name === name);
    if (found) return found;
    throw new LabError(
      { en: `There is no snapshot named ${name}.`, fr: `Il n’y a pas d’instantané nommé ${name}.` },
      { en: 'list them with `lab snapshot list`.', fr: 'listez-les avec `lab snapshot list`.' },
    );
  }

  async add(snapshot: LabSnapshot): Promise<void> {
    await this.write([...(await this.list()).filter((entry) => entry.name !== snapshot.name), snapshot]);
  }

  async remove(name: string): Promise<void> {
    await this.write((await this.list()).filter((snapshot) => snapshot.name !== name));
  }

  private async write(snapshots: LabSnapshot[]): Promise<void> {
    await mkdir(dirname(this.file), { recursive: true });
    await writeFileAtomic(this.file, `${JSON.stringify(snapshots, null, 2)}\n`);
  }
}

import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../base/files.ts';
import type { Prepared } from './driver.ts';
import type { Reach } from './vagrant.ts';

/** What the engine keeps of a lab between two commands. */
export interface Kept {
  /** Machines whose creation was completed: another one that exists was interrupted and is made anew. */
  created: string[];
  /** MiB by machine where it was limited. */
  memory: Record<string, number>;
  /** Where ssh finds the machines; asked of Vagrant again when a machine is not here. */
  reach: Reach[];
  prepared?: Prepared;
}

/** engine/state.json of a lab. Changes are applied one after the other, each written whole. */
export class Store {
  private readonly file: string;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly folder: string) {
    this.file = join(folder, 'state.json');
  }

  async read(): Promise<Kept> {
    const empty: Kept = { created: [], memory: {}, reach: [] };
    if (!existsSync(this.file)) return empty;
    return { ...empty, ...(JSON.parse(await readFile(this.file, 'utf8')) as Partial<Kept>) };
  }

  /** Reads, changes and writes. */
  change(edit: (kept: Kept) => void): Promise<Kept> {
    const next = this.last.catch(() => undefined).then(() => this.apply(edit));
    this.last = next;
    return next;
  }

  async clear(): Promise<void> {
    await rm(this.file, { force: true });
  }

  private async apply(edit: (kept: Kept) => void): Promise<Kept> {
    const kept = await this.read();
    edit(kept);
    await mkdir(this.folder, { recursive: true });
    await writeFileAtomic(this.file, `${JSON.stringify(kept, null, 2)}\n`);
    return kept;
  }
}

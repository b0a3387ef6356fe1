import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomic } from '../../base/files.ts';
import type { Machine } from '../../topology/model.ts';

/** Memory in MiB of machines whose memory is not the topology's, kept in a file; in force from a machine's next start on. */
export class MemoryLimits {
  constructor(private readonly file: string) {}

  /** Memory in MiB with which a machine starts. */
  async of(machine: Machine): Promise<number> {
    return (await this.read())[machine.name] ?? machine.memory;
  }

  /** Sets a machine's memory in MiB; undefined: the topology's again. */
  async set(machine: Machine, memory: number | undefined): Promise<void> {
    const limits = await this.read();
    if (memory === undefined) delete limits[machine.name];
    else limits[machine.name] = memory;
    await mkdir(dirname(this.file), { recursive: true });
    await writeFileAtomic(this.file, JSON.stringify(limits));
  }

  private async read(): Promise<Record<string, number>> {
    if (!existsSync(this.file)) return {};
    return JSON.parse(await readFile(this.file, 'utf8')) as Record<string, number>;
  }
}

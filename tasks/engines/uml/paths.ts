import { join } from 'node:path';
import type { Named } from '../engine.ts';

/** Where the engine keeps what belongs to one lab, below the lab's own folder (EnvironmentContext.folder). */
export class UmlPaths {
  /** What lives as long as the machines run. */
  readonly run: string;
  /** What stays when they are off. */
  readonly engine: string;
  readonly disks: string;
  readonly snapshots: string;
  /** Digests of the kernel and base image that the lab was made from. */
  readonly base: string;
  /** Machines with another memory than the topology's. */
  readonly memory: string;
  /** There while machines are frozen for a snapshot (frozen.ts). */
  readonly frozen: string;

  constructor(folder: string) {
    this.run = join(folder, 'run');
    this.engine = join(folder, 'engine');
    this.disks = join(this.engine, 'disks');
    this.snapshots = join(this.engine, 'snapshots');
    this.base = join(this.engine, 'base.json');
    this.memory = join(this.engine, 'memory.json');
    this.frozen = join(this.run, 'frozen.json');
  }

  /** What a machine printed on its console. */
  console(machine: Named): string {
    return join(this.run, `${machine.name}.console.log`);
  }

  /** The reference to a machine's process. */
  process(machine: Named): string {
    return join(this.run, `${machine.name}.json`);
  }

  /** A machine's changes to the base image; it exists once the machine was started. */
  cow(machine: Named): string {
    return join(this.disks, `${machine.name}.cow`);
  }

  /** A machine's second disk. */
  disk(machine: Named): string {
    return join(this.disks, `${machine.name}.disk`);
  }
}

import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from '../../base/progress.ts';
import type { Machine } from '../../topology/model.ts';
import type { EnvironmentContext, PowerState } from '../engine.ts';
import { Batch } from './batch.ts';
import { noBox, type Provider } from './box.ts';
import type { Driver } from './driver.ts';
import { providerName } from './names.ts';
import type { Store } from './store.ts';
import { type Reach, stepOf, type Vagrant } from './vagrant.ts';
import { type Box, renderVagrantfile } from './vagrantfile.ts';

interface Start {
  machine: Machine;
  report: Report;
}

/** Creating, starting and removing machines: Vagrant makes them, the driver starts those that it made before. */
export class Lifecycle {
  private lastReach: Promise<unknown> = Promise.resolve();
  private readonly starts = new Batch<Start>((items) => this.startAll(items));

  constructor(
    private readonly environment: EnvironmentContext,
    private readonly provider: Provider,
    private readonly processor: 'kvm' | 'qemu',
    private readonly folder: string,
    private readonly vagrant: Vagrant,
    private readonly driver: Driver,
    private readonly store: Store,
    private readonly box: (report: Report) => Promise<Box>,
  ) {}

  async prepare(report: Report): Promise<void> {
    const box = await this.box(report);
    if (!box[this.provider].url && !(await this.vagrant.hasBox(box[this.provider].name)))
      throw noBox(this.provider);
    const prepared = await this.driver.prepare(box.boot, report);
    await this.store.change((kept) => {
      // The network is made with the first machine: as it then was, so it stays.
      kept.prepared =
        kept.prepared && kept.created.length > 0
          ? { ...prepared, hostOnNetwork: kept.prepared.hostOnNetwork }
          : prepared;
    });
    await this.writeVagrantfile(box);
  }

  start(machine: Machine, report: Report): Promise<void> {
    return this.starts.add({ machine, report });
  }

  async remove(machine: Machine): Promise<void> {
    const states = await this.states();
    if (states.get(machine.name) !== 'absent' && existsSync(join(this.folder, 'Vagrantfile'))) {
      await this.vagrant.destroy([machine.name]);
    }
    await this.forget([machine.name]);
  }

  /** States of the topology's machines. */
  async states(): Promise<Map<string, PowerState>> {
    const all = await this.driver.states();
    return new Map(
      this.environment.topology.machines.map(({ name }) => [
        name,
        all.get(providerName(this.environment.name, name)) ?? 'absent',
      ]),
    );
  }

  /** Where ssh finds the machines that run. One question at a time: two `vagrant` in a folder get in each other's way. */
  reach(): Promise<Reach[]> {
    const answer = this.lastReach.then(() => this.askReach());
    this.lastReach = answer.catch(() => undefined);
    return answer;
  }

  private async askReach(): Promise<Reach[]> {
    const running = [...(await this.states())]
      .filter(([, state]) => state === 'running')
      .map(([name]) => name);
    const { reach } = await this.store.read();
    const unknown = running.filter((name) => !reach.some((listener) => listener.machine === name));
    if (unknown.length === 0) return reach;
    const found = await this.vagrant.reach(unknown);
    const kept = await this.store.change((now) => {
      now.reach = [...now.reach.filter((listener) => !unknown.includes(listener.machine)), ...found];
    });
    return kept.reach;
  }

  async writeVagrantfile(box: Box): Promise<void> {
    const { prepared, memory } = await this.store.read();
    await mkdir(this.folder, { recursive: true });
    const { boot: _, ...rest } = box;
    const text = renderVagrantfile({
      root: this.environment.root,
      lab: this.environment.name,
      topology: this.environment.topology,
      folder: '..',
      sshPublicKey: this.environment.sshPublicKey,
      driver: this.processor,
      box: prepared?.boot ? { ...rest, boot: prepared.boot } : rest,
      payload: new Map(),
      memory,
      hostOnNetwork: prepared?.hostOnNetwork ?? true,
    });
    await writeFile(join(this.folder, 'Vagrantfile'), text);
  }

  private async startAll(items: Start[]): Promise<void> {
    const states = await this.states();
    const { created, memory } = await this.store.read();
    const isOff = ({ machine }: Start) => ['off', 'absent'].includes(states.get(machine.name) ?? 'absent');
    const wanted = items.filter((item) => isOff(item) || !created.includes(item.machine.name));
    const old = wanted.filter(
      ({ machine }) => states.get(machine.name) === 'off' && created.includes(machine.name),
    );
    const fresh = wanted.filter((item) => !old.includes(item));
    // A machine may come back under another address.
    const names = wanted.map(({ machine }) => machine.name);
    await this.store.change((kept) => {
      kept.reach = kept.reach.filter((listener) => !names.includes(listener.machine));
    });
    await Promise.all(
      old.map(({ machine }) => this.driver.start(machine, memory[machine.name] ?? machine.memory)),
    );
    if (fresh.length > 0) await this.create(fresh, states);
  }

  private async create(items: Start[], states: Map<string, PowerState>): Promise<void> {
    const names = items.map(({ machine }) => machine.name);
    const halfMade = names.filter((name) => states.get(name) !== 'absent');
    if (halfMade.length > 0) await this.vagrant.destroy(halfMade);
    await this.forget(names);
    const { prepared } = await this.store.read();
    await this.vagrant.up(names, prepared?.boot === undefined, (line) => {
      const found = stepOf(line);
      if (found) items.find(({ machine }) => machine.name === found.machine)?.report(found.step);
    });
    await this.store.change((kept) => {
      kept.created = [...new Set([...kept.created, ...names])];
    });
  }

  private async forget(names: string[]): Promise<void> {
    await this.store.change((kept) => {
      kept.created = kept.created.filter((name) => !names.includes(name));
      kept.reach = kept.reach.filter((listener) => !names.includes(listener.machine));
    });
  }
}

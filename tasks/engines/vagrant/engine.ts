import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunProgram, runProgram } from '../../base/exec.ts';
import { onInterrupt } from '../../base/interrupt.ts';
import { poll } from '../../base/poll.ts';
import type { Report } from '../../base/progress.ts';
import type { SshHost } from '../../remote/ssh.ts';
import type { Machine } from '../../topology/model.ts';
import type { Engine, EnvironmentContext, Named, PowerState, Snapshot } from '../engine.ts';
import { limitRootDisk } from '../guest.ts';
import { currentBox, type Provider } from './box.ts';
import type { Driver } from './driver.ts';
import { LibvirtDriver } from './libvirt.ts';
import { Lifecycle } from './lifecycle.ts';
import { SnapshotIndex } from './snapshots.ts';
import { Store } from './store.ts';
import { Vagrant } from './vagrant.ts';
import type { Box } from './vagrantfile.ts';
import { VirtualBoxDriver } from './virtualbox.ts';

/** Seconds between two looks at a machine that shuts down. */
const EVERY = 0.3;

/** Machines made by Vagrant. Their faults, states and snapshots go straight to the provider, which is faster. */
export class VagrantEngine implements Engine {
  readonly name;
  // Seven machines at once without hardware virtualization took 180 s.
  readonly bootSeconds = 600;
  private readonly driver: Driver;
  private readonly store: Store;
  private readonly vagrant: Vagrant;
  private readonly lifecycle: Lifecycle;
  private readonly index: SnapshotIndex;
  private readonly folder: string;

  /** `processor` is libvirt's: "kvm", or "qemu" without hardware virtualization. `box` finds the boxes, `run` runs programs. */
  constructor(
    private readonly environment: EnvironmentContext,
    provider: Provider,
    processor: 'kvm' | 'qemu' = 'kvm',
    private readonly box: (report: Report) => Promise<Box> = async () => currentBox(),
    run: RunProgram = runProgram,
  ) {
    this.name = `vagrant-${provider}` as const;
    this.folder = join(environment.folder, 'engine');
    this.driver =
      provider === 'libvirt'
        ? new LibvirtDriver(environment.name, environment.topology, run)
        : new VirtualBoxDriver(environment.name, run);
    this.store = new Store(this.folder);
    const env = { VAGRANT_DEFAULT_PROVIDER: provider, LAB_DRIVER: processor };
    this.vagrant = new Vagrant(this.folder, env, run);
    this.lifecycle = new Lifecycle(
      environment,
      provider,
      processor,
      this.folder,
      this.vagrant,
      this.driver,
      this.store,
      box,
    );
    this.index = new SnapshotIndex(join(this.folder, 'snapshots.json'));
  }

  prepare(report: Report): Promise<void> {
    return this.lifecycle.prepare(report);
  }

  start(machine: Machine, report: Report): Promise<void> {
    return this.lifecycle.start(machine, report);
  }

  async halt(machine: Machine, seconds: number): Promise<void> {
    // A frozen machine cannot shut itself down.
    await this.thaw(machine);
    if ((await this.stateOf(machine)) !== 'running') return;
    await this.driver.shutdown(machine);
    const last = await poll(
      () => this.stateOf(machine),
      (state) => state !== 'running',
      { every: EVERY, seconds },
    );
    if (last === 'running') await this.powerOff(machine);
  }

  async powerOff(machine: Machine): Promise<void> {
    await this.when(machine, ['running', 'frozen'], () => this.driver.powerOff(machine));
  }

  remove(machine: Machine): Promise<void> {
    return this.lifecycle.remove(machine);
  }

  async destroy(): Promise<void> {
    // Vagrant may be what does not work here: what carries the lab's name goes without it.
    if (existsSync(join(this.folder, 'Vagrantfile'))) await this.vagrant.destroy().catch(() => undefined);
    await this.driver.purge();
    await rm(this.folder, { recursive: true, force: true });
  }

  states(): Promise<Map<string, PowerState>> {
    return this.lifecycle.states();
  }

  async progressOf(machine: Named): Promise<number | undefined> {
    const seconds = await this.driver.processorSeconds?.(machine);
    return seconds === undefined ? undefined : Math.floor(seconds * 10);
  }

  async cutCable(machine: Machine): Promise<void> {
    await this.when(machine, ['running', 'frozen'], () => this.driver.setCable(machine, false));
  }

  async restoreCable(machine: Machine): Promise<void> {
    await this.when(machine, ['running', 'frozen'], () => this.driver.setCable(machine, true));
  }

  async freeze(machine: Machine): Promise<void> {
    await this.when(machine, ['running'], () => this.driver.freeze(machine));
  }

  async thaw(machine: Machine): Promise<void> {
    await this.when(machine, ['frozen'], () => this.driver.thaw(machine));
  }

  async limitMemory(machine: Machine, memory: number | undefined): Promise<void> {
    await this.store.change((kept) => {
      if (memory === undefined) delete kept.memory[machine.name];
      else kept.memory[machine.name] = memory;
    });
    // For `vagrant` itself; a machine that exists takes it from the driver at its next start.
    await this.lifecycle.writeVagrantfile(await this.box(() => undefined));
  }

  async limitDisk(machine: Machine, room: number | undefined): Promise<void> {
    await limitRootDisk(await this.sshHosts(), machine.name, room);
  }

  async saveSnapshot(name: string, report: Report): Promise<void> {
    const states = await this.states();
    const machines = this.existing(states);
    const running = machines.filter((machine) => states.get(machine.name) === 'running');
    await Promise.all(machines.map((machine) => this.driver.deleteSnapshot(machine, name)));
    // All machines at the same moment: cluster members must not disagree about the past afterwards.
    const frozen = this.driver.freezesForSnapshot ? running : [];
    const forget = onInterrupt(() => Promise.all(frozen.map((machine) => this.thaw(machine))));
    await Promise.all(frozen.map((machine) => this.driver.freeze(machine)));
    try {
      await Promise.all(
        machines.map(async (machine) => {
          await this.driver.saveSnapshot(machine, name);
          report(machine.name);
        }),
      );
    } finally {
      forget();
      await Promise.all(frozen.map((machine) => this.driver.thaw(machine)));
    }
    await this.index.add({
      name,
      taken: new Date().toISOString(),
      memory: running.length > 0,
      states: Object.fromEntries(states),
    });
  }

  async restoreSnapshot(name: string, report: Report): Promise<void> {
    const snapshot = await this.index.get(name);
    const machines = this.existing(await this.states());
    // All stop before the first goes back: a machine of now must not talk to one of then.
    await Promise.all(machines.map((machine) => this.freeze(machine)));
    await Promise.all(
      machines.map(async (machine) => {
        const then = snapshot.states[machine.name] ?? 'absent';
        if (then === 'absent') return this.powerOff(machine);
        await this.driver.restoreSnapshot(machine, name, then === 'running' ? 'frozen' : then);
        report(machine.name);
      }),
    );
    await Promise.all(
      machines
        .filter((machine) => snapshot.states[machine.name] === 'running')
        .map((machine) => this.driver.thaw(machine)),
    );
  }

  async listSnapshots(): Promise<Snapshot[]> {
    return (await this.index.list()).map(({ name, taken, memory }) => ({ name, taken, memory }));
  }

  async deleteSnapshot(name: string): Promise<void> {
    await this.index.get(name);
    const machines = this.existing(await this.states());
    await Promise.all(machines.map((machine) => this.driver.deleteSnapshot(machine, name)));
    await this.index.remove(name);
  }

  async sshHosts(): Promise<SshHost[]> {
    return (await this.lifecycle.reach()).map(({ machine, host, port }) => ({
      Host: machine,
      HostName: host,
      Port: port,
      User: 'root',
      IdentityFile: this.environment.sshKeyFile,
    }));
  }

  consoleLog(): undefined {
    return undefined;
  }

  private existing(states: Map<string, PowerState>): Machine[] {
    return this.environment.topology.machines.filter(
      ({ name }) => (states.get(name) ?? 'absent') !== 'absent',
    );
  }

  private async stateOf(machine: Machine): Promise<PowerState> {
    return (await this.states()).get(machine.name) ?? 'absent';
  }

  /** Acts when the machine is in one of these states; otherwise there is nothing to do. */
  private async when(machine: Machine, wanted: PowerState[], act: () => Promise<void>): Promise<void> {
    if (wanted.includes(await this.stateOf(machine))) await act();
  }
}

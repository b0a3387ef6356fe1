import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageDigests } from '../../artifacts/build.ts';
import type { BuiltImage } from '../../artifacts/cache.ts';
import { registerEnvironment } from '../../artifacts/register.ts';
import type { Report } from '../../base/progress.ts';
import { availableCpus } from '../../host/processors.ts';
import { forgetConnection, type SshHost } from '../../remote/ssh.ts';
import type { Machine } from '../../topology/model.ts';
import type { Engine, EnvironmentContext, Named, PowerState, Snapshot } from '../engine.ts';
import { guestCommand, limitRootDisk } from '../guest.ts';
import { baseImage } from './base-image.ts';
import { cableIsCut, setCable } from './cable.ts';
import { commandLine, tapName } from './command-line.ts';
import { machineDisks } from './disks.ts';
import { thawLeft, whileFrozen } from './frozen.ts';
import { MemoryLimits } from './memory.ts';
import { EnvironmentNamespace } from './namespace.ts';
import { UmlPaths } from './paths.ts';
import { MachineProcesses } from './processes.ts';
import { SnapshotStore } from './snapshots.ts';

/** Seconds in which a machine writes out what it holds in memory before its disks are copied; one whose storage hangs never does. */
const SYNC_SECONDS = 30;

/** User Mode Linux: each machine is a Linux kernel that runs as an ordinary process of the host. */
export class UmlEngine implements Engine {
  readonly name = 'uml';
  readonly bootSeconds = 120;
  readonly quickSnapshots = true;
  readonly quickStates = true;
  // A booting machine takes a whole processor: more of them than processors only get in each other's way.
  readonly bootsAtOnce = Math.max(1, availableCpus().length);
  private readonly scripts: string;
  private readonly paths: UmlPaths;
  private readonly namespace: EnvironmentNamespace;
  private readonly processes: MachineProcesses;
  private readonly memory: MemoryLimits;
  private readonly snapshots: SnapshotStore;

  /** `image` finds or builds kernel and base image; it is only called when a machine is about to start. */
  constructor(
    private readonly environment: EnvironmentContext,
    private readonly image: (report: Report, digests: ImageDigests) => Promise<BuiltImage>,
  ) {
    this.scripts = join(environment.root, 'tasks', 'engines', 'uml');
    this.paths = new UmlPaths(environment.folder);
    this.namespace = new EnvironmentNamespace(this.paths.run, this.scripts, environment.topology);
    this.processes = new MachineProcesses(this.paths);
    this.memory = new MemoryLimits(this.paths.memory);
    this.snapshots = new SnapshotStore(this.paths.snapshots, this.paths.disks);
  }

  async prepare(report: Report): Promise<void> {
    await thawLeft(this.paths.frozen);
    await this.base(report);
    await mkdir(this.paths.disks, { recursive: true });
    await this.namespace.ensure();
  }

  async start(machine: Machine, report: Report): Promise<void> {
    const state = this.processes.stateOf(machine);
    if (state !== 'off' && state !== 'absent') return;
    const { kernel, image } = await this.base(report);
    await this.namespace.ensure();
    forgetConnection(this.sshHost(machine), state === 'absent');
    const { name, topology, codeDisk, sshPublicKey } = this.environment;
    const files = { kernel, base: image, ...(await machineDisks(this.paths, machine, codeDisk)) };
    const memory = await this.memory.of(machine);
    const tap = tapName(machine);
    const command = commandLine(name, machine, topology, files, tap, memory, sshPublicKey);
    const index = topology.machines.findIndex((other) => other.name === machine.name);
    const cpus = availableCpus();
    await this.processes.start(machine, 'nsenter', [
      ...this.namespace.enter(),
      ...['bash', join(this.scripts, 'runner.sh'), tap],
      // One processor for each machine: moving between processors costs a User Mode Linux kernel most of its speed.
      ...[String(cpus[index % cpus.length]), this.consoleLog(machine), ...command],
    ]);
  }

  async halt(machine: Machine, seconds: number): Promise<void> {
    const hosts = await this.sshHosts();
    const shutDown = () =>
      guestCommand(hosts, machine.name, 'systemctl --no-block poweroff', 10).catch(() => '');
    if (!(await this.processes.end(machine, shutDown, seconds))) await this.powerOff(machine);
  }

  async powerOff(machine: Machine): Promise<void> {
    if (await this.processes.kill(machine)) forgetConnection(this.sshHost(machine));
  }

  async remove(machine: Machine): Promise<void> {
    await this.powerOff(machine);
    const { paths } = this;
    for (const path of [
      paths.cow(machine),
      paths.disk(machine),
      paths.process(machine),
      paths.console(machine),
    ])
      await rm(path, { force: true });
    // Another one of this name has the topology's memory and a host key of its own.
    await this.memory.set(machine, undefined);
    forgetConnection(this.sshHost(machine), true);
  }

  async destroy(): Promise<void> {
    await this.namespace.destroy();
    for (const machine of this.environment.topology.machines) forgetConnection(this.sshHost(machine), true);
    await rm(this.paths.run, { recursive: true, force: true });
    await rm(this.paths.engine, { recursive: true, force: true });
  }

  async states(): Promise<Map<string, PowerState>> {
    return new Map(
      this.environment.topology.machines.map((machine) => [machine.name, this.processes.stateOf(machine)]),
    );
  }

  processorTime(): Map<string, number> {
    return this.processes.processorTime(this.environment.topology.machines);
  }

  async progressOf(machine: Named): Promise<number | undefined> {
    return this.processes.progressOf(machine);
  }

  cutCable(machine: Machine): Promise<void> {
    return setCable(this.namespace, machine, false);
  }

  restoreCable(machine: Machine): Promise<void> {
    return setCable(this.namespace, machine, true);
  }

  cableIsCut(machine: Machine): Promise<boolean> {
    return cableIsCut(this.namespace, machine);
  }

  async freeze(machine: Machine): Promise<void> {
    this.processes.freeze(machine);
  }

  thaw(machine: Machine): Promise<void> {
    return this.processes.thaw(machine);
  }

  limitMemory(machine: Machine, memory: number | undefined): Promise<void> {
    return this.memory.set(machine, memory);
  }

  async limitDisk(machine: Machine, room: number | undefined): Promise<void> {
    await limitRootDisk(await this.sshHosts(), machine.name, room);
  }

  async saveSnapshot(name: string, report: Report): Promise<void> {
    await thawLeft(this.paths.frozen);
    const states = await this.states();
    const running = this.environment.topology.machines.filter(
      (machine) => states.get(machine.name) === 'running',
    );
    const hosts = await this.sshHosts();
    await Promise.all(
      running.map((machine) => guestCommand(hosts, machine.name, 'sync', SYNC_SECONDS).catch(() => '')),
    );
    const names = running.map((machine) => machine.name);
    const refs = running.flatMap((machine) => this.processes.ref(machine) ?? []);
    // All machines stand still while their disks are copied: the copies are of one instant.
    await whileFrozen(this.paths.frozen, refs, (still) => this.snapshots.save(name, names, report, still));
  }

  async restoreSnapshot(
    name: string,
    report: Report,
    start = async (machines: Machine[]): Promise<void> => {
      for (const machine of machines) await this.start(machine, report);
    },
  ): Promise<void> {
    const running = await this.snapshots.running(name);
    await thawLeft(this.paths.frozen);
    await Promise.all(this.environment.topology.machines.map((machine) => this.powerOff(machine)));
    await this.snapshots.restore(name, report);
    await start(this.environment.topology.machines.filter((machine) => running.includes(machine.name)));
  }

  listSnapshots(): Promise<Snapshot[]> {
    return this.snapshots.list();
  }

  deleteSnapshot(name: string): Promise<void> {
    return this.snapshots.delete(name);
  }

  async sshHosts(): Promise<SshHost[]> {
    return this.environment.topology.machines.map((machine) => this.sshHost(machine));
  }

  consoleLog(machine: Named): string {
    return this.paths.console(machine);
  }

  private async base(report: Report): Promise<BuiltImage> {
    await registerEnvironment(this.environment.folder);
    return baseImage(this.paths.base, (digests) => this.image(report, digests));
  }

  private sshHost(machine: Machine): SshHost {
    return {
      Host: machine.name,
      HostName: machine.address,
      User: 'root',
      IdentityFile: this.environment.sshKeyFile,
      ProxyCommand: `bash "${join(this.scripts, 'connect.sh')}" "${this.namespace.holderFile}" %h %p`,
    };
  }
}

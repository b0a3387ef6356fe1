import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageDigests } from '../../artifacts/build.ts';
import type { BuiltImage } from '../../artifacts/cache.ts';
import { registerEnvironment } from '../../artifacts/register.ts';
import type { Report } from '../../base/progress.ts';
import { availableCpus } from '../../host/processors.ts';
import { forgetConnection, type SshHost } from '../../remote/ssh.ts';
import { FAST, timersFor } from '../../roles/timers.ts';
import type { Machine, SwitchName } from '../../topology/model.ts';
import type {
  Engine,
  EnvironmentContext,
  Named,
  NetworkState,
  PowerState,
  PowerSwitchState,
  Snapshot,
  Traffic,
} from '../engine.ts';
import { guestCommand, limitRootDisk } from '../guest.ts';
import { baseImage } from './base-image.ts';
import type { LinkTimers } from './bond.ts';
import { cableIsCut, linksOf, networkOf, setCables, setLink, setSwitch } from './cable.ts';
import { cardsOf } from './cards.ts';
import { commandLine } from './command-line.ts';
import { machineDisks } from './disks.ts';
import { thawLeft, whileFrozen } from './frozen.ts';
import { MemoryLimits } from './memory.ts';
import { EnvironmentNamespace } from './namespace.ts';
import { UmlPaths } from './paths.ts';
import { PowerSwitch } from './power-switch.ts';
import { MachineProcesses } from './processes.ts';
import { SnapshotStore } from './snapshots.ts';
import { trafficOf } from './traffic.ts';

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
  private readonly power: PowerSwitch;

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
    const { powerSwitchKeyFile: key, topology } = environment;
    this.power = new PowerSwitch(this.paths.run, key, this.scripts, this.namespace, topology);
  }

  async prepare(report: Report): Promise<void> {
    await thawLeft(this.paths.frozen);
    await this.base(report);
    await mkdir(this.paths.disks, { recursive: true });
    await this.namespace.ensure();
    await this.power.ensure();
  }

  async start(machine: Machine, report: Report): Promise<void> {
    const state = this.processes.stateOf(machine);
    if (state !== 'off' && state !== 'absent') return;
    const { kernel, image } = await this.base(report);
    await this.namespace.ensure();
    await this.power.ensure();
    forgetConnection(this.sshHost(machine), state === 'absent');
    const { name, topology, codeDisk, sshPublicKey } = this.environment;
    const files = { kernel, base: image, ...(await machineDisks(this.paths, machine, codeDisk)) };
    const memory = await this.memory.of(machine);
    const cards = cardsOf(machine, topology);
    const options = { memory, link: this.linkTimers(), sshPublicKey };
    const command = commandLine(name, machine, topology, files, cards, options);
    const index = topology.machines.findIndex((other) => other.name === machine.name);
    const cpus = availableCpus();
    await this.processes.start(machine, 'nsenter', [
      ...this.namespace.enter(),
      ...['bash', join(this.scripts, 'runner.sh')],
      cards.map(({ tap, bridge, group }) => `${tap}:${bridge}:${group}`).join(' '),
      // One processor for each machine: moving between processors costs a User Mode Linux kernel most of its speed.
      ...[
        String(cpus[index % cpus.length]),
        this.consoleLog(machine),
        this.power.outlet(machine.name),
        ...command,
      ],
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

  traffic(): Map<string, Traffic> {
    return trafficOf(this.namespace, this.environment.topology);
  }

  async progressOf(machine: Named): Promise<number | undefined> {
    return this.processes.progressOf(machine);
  }

  cutCable(machine: Machine, to?: SwitchName): Promise<void> {
    return setCables(this.namespace, this.cardsOf(machine, to), false);
  }

  restoreCable(machine: Machine, to?: SwitchName): Promise<void> {
    return setCables(this.namespace, this.cardsOf(machine, to), true);
  }

  cableIsCut(machine: Machine): Promise<boolean> {
    return cableIsCut(this.namespace, this.cardsOf(machine));
  }

  setSwitch(name: SwitchName, on: boolean): Promise<void> {
    return setSwitch(this.namespace, name, on);
  }

  setLink(plugged: boolean): Promise<void> {
    return setLink(this.namespace, this.environment.topology.network.switches, plugged);
  }

  async networkState(): Promise<NetworkState> {
    return networkOf(await linksOf(this.namespace), this.environment.topology);
  }

  setPowerSwitch(works: boolean): Promise<void> {
    return this.power.set(works);
  }

  powerSwitch(): PowerSwitchState | undefined {
    return this.power.state();
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

  /** Cards of a machine: all, or the one on that switch. */
  private cardsOf(machine: Machine, on?: SwitchName) {
    const all = cardsOf(machine, this.environment.topology);
    return on === undefined ? all : all.filter((card) => card.switch === on);
  }

  private linkTimers(): LinkTimers {
    const timers = timersFor(this.environment.root, FAST).network ?? {};
    return { check: timers.link_check?.value ?? 0, back: timers.link_return?.value ?? 0 };
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

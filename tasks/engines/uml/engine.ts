import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { $ } from 'zx/core';
import { writeWhole } from '../../host/files.ts';
import { currentDigests, type ImageDigests } from '../../image/build.ts';
import type { BuiltImage } from '../../image/cache.ts';
import { registerLab } from '../../image/labs.ts';
import { forgetConnection } from '../../remote/ssh.ts';
import type { Machine } from '../../topology/model.ts';
import { LabError } from '../../ui/errors.ts';
import type { Engine, LabContext, Named, PowerState, Report, Snapshot, SshHost } from '../engine.ts';
import { guestCommand, limitRootDisk } from '../guest.ts';
import { commandLine, tapName } from './command-line.ts';
import { availableCpus } from './cpus.ts';
import { thawLeft, whileFrozen } from './frozen.ts';
import { LabNamespace } from './namespace.ts';
import {
  familyOf,
  type ProcessRef,
  processorSeconds,
  refOf,
  signalFamily,
  stateOf,
  waitGone,
  wakeFamily,
} from './process.ts';
import { SnapshotStore } from './snapshots.ts';

/** User Mode Linux: each machine is a Linux kernel that runs as an ordinary process of the host. */
export class UmlEngine implements Engine {
  readonly name = 'uml';
  readonly bootSeconds = 120;
  readonly quickSnapshots = true;
  // A booting machine takes a whole processor: more of them than processors only get in each other's way.
  readonly bootsAtOnce = Math.max(1, availableCpus().length);
  private readonly namespace: LabNamespace;
  private readonly disks: string;
  private readonly run: string;
  private readonly scripts: string;
  private readonly snapshots: SnapshotStore;
  private readonly frozenFile: string;

  /** `image` finds or builds kernel and base image; it is only called when a machine is about to start. */
  constructor(
    private readonly lab: LabContext,
    private readonly image: (report: Report, digests: ImageDigests) => Promise<BuiltImage>,
  ) {
    this.run = join(lab.folder, 'run');
    this.disks = join(lab.folder, 'engine');
    this.frozenFile = join(this.run, 'frozen.json');
    this.scripts = join(lab.root, 'tasks', 'engines', 'uml');
    this.namespace = new LabNamespace(this.run, this.scripts, lab.topology);
    this.snapshots = new SnapshotStore(join(this.disks, 'snapshots'), join(this.disks, 'disks'));
  }

  async prepare(report: Report): Promise<void> {
    await thawLeft(this.frozenFile);
    await this.base(report);
    await mkdir(join(this.disks, 'disks'), { recursive: true });
    await this.namespace.ensure();
  }

  async start(machine: Machine, report: Report): Promise<void> {
    if (this.stateOf(machine) !== 'off' && this.stateOf(machine) !== 'absent') return;
    const built = await this.base(report);
    await this.namespace.ensure();
    forgetConnection(this.sshHost(machine), this.stateOf(machine) === 'absent');
    const index = this.lab.topology.machines.findIndex((one) => one.name === machine.name);
    const cpus = availableCpus();
    const cow = this.file(machine, 'cow');
    const disk = machine.disk ? this.file(machine, 'disk') : undefined;
    if (disk && !existsSync(disk)) {
      await writeFile(disk, '');
      await truncate(disk, (machine.disk ?? 0) * 1024 * 1024);
    }
    const memory = (await this.limits())[machine.name] ?? machine.memory;
    const files = { kernel: built.kernel, base: built.image, cow, disk, code: this.codeFor(machine) };
    const command = commandLine(
      this.lab.name,
      machine,
      this.lab.topology,
      files,
      tapName(machine),
      memory,
      this.lab.sshPublicKey,
    );
    const log = openSync(this.consoleLog(machine), 'a');
    const child = spawn(
      'nsenter',
      [
        ...this.namespace.enter(),
        ...['bash', join(this.scripts, 'runner.sh'), tapName(machine)],
        // One processor for each machine: moving between processors costs a User Mode Linux kernel most of its speed.
        ...[String(cpus[index % cpus.length]), this.consoleLog(machine), ...command],
      ],
      { detached: true, stdio: ['ignore', log, log], cwd: '/' },
    );
    closeSync(log);
    child.on('error', () => undefined);
    child.unref();
    const ref = child.pid ? refOf(child.pid) : undefined;
    if (!ref) throw new Error('nsenter could not be started');
    // Whole or not at all: other machines that start at this moment read it too.
    await writeWhole(this.runFile(machine), JSON.stringify(ref));
  }

  async halt(machine: Machine, seconds: number): Promise<void> {
    const ref = this.ref(machine);
    if (!ref || stateOf(ref) === 'gone') return;
    const family = familyOf(ref);
    if (stateOf(ref) === 'stopped') await wakeFamily(family);
    await guestCommand(await this.sshHosts(), machine.name, 'systemctl --no-block poweroff', 10).catch(
      () => '',
    );
    if (!(await waitGone(family, seconds))) await this.powerOff(machine);
  }

  async powerOff(machine: Machine): Promise<void> {
    const ref = this.ref(machine);
    if (!ref) return;
    const family = familyOf(ref);
    signalFamily(family, 'SIGKILL');
    await waitGone(family, 10);
    forgetConnection(this.sshHost(machine));
  }

  async remove(machine: Machine): Promise<void> {
    await this.powerOff(machine);
    const files = [this.file(machine, 'cow'), this.file(machine, 'disk')];
    for (const path of [...files, this.runFile(machine), this.consoleLog(machine)]) {
      await rm(path, { force: true });
    }
    // Another one of this name has the topology's memory and a host key of its own.
    await this.limitMemory(machine, undefined);
    forgetConnection(this.sshHost(machine), true);
  }

  async destroy(): Promise<void> {
    await this.namespace.destroy();
    for (const machine of this.lab.topology.machines) forgetConnection(this.sshHost(machine), true);
    await rm(this.run, { recursive: true, force: true });
    await rm(this.disks, { recursive: true, force: true });
  }

  async states(): Promise<Map<string, PowerState>> {
    return new Map(this.lab.topology.machines.map((machine) => [machine.name, this.stateOf(machine)]));
  }

  processorTime(): Map<string, number> {
    return new Map(
      this.lab.topology.machines.flatMap((machine) => {
        const ref = this.ref(machine);
        return ref && stateOf(ref) !== 'gone' ? [[machine.name, processorSeconds(familyOf(ref))]] : [];
      }),
    );
  }

  async progressOf(machine: Named): Promise<number | undefined> {
    const ref = this.ref(machine);
    if (!ref || stateOf(ref) === 'gone') return undefined;
    const printed = statSync(this.consoleLog(machine), { throwIfNoEntry: false })?.size ?? 0;
    return printed + Math.floor(processorSeconds(familyOf(ref)) * 10);
  }

  async cutCable(machine: Machine): Promise<void> {
    await this.setCable(machine, ['nomaster']);
  }

  async restoreCable(machine: Machine): Promise<void> {
    await this.setCable(machine, ['master', 'lab0']);
  }

  async freeze(machine: Machine): Promise<void> {
    const ref = this.ref(machine);
    if (ref) signalFamily(familyOf(ref), 'SIGSTOP');
  }

  async thaw(machine: Machine): Promise<void> {
    const ref = this.ref(machine);
    if (ref) await wakeFamily(familyOf(ref));
  }

  async limitMemory(machine: Machine, memory: number | undefined): Promise<void> {
    const limits = await this.limits();
    if (memory === undefined) delete limits[machine.name];
    else limits[machine.name] = memory;
    await mkdir(this.disks, { recursive: true });
    await writeWhole(join(this.disks, 'memory.json'), JSON.stringify(limits));
  }

  async limitDisk(machine: Machine, room: number | undefined): Promise<void> {
    await limitRootDisk(await this.sshHosts(), machine.name, room);
  }

  async saveSnapshot(name: string, report: Report): Promise<void> {
    await thawLeft(this.frozenFile);
    const states = await this.states();
    const running = this.lab.topology.machines.filter((machine) => states.get(machine.name) === 'running');
    const hosts = await this.sshHosts();
    await Promise.all(
      running.map((machine) => guestCommand(hosts, machine.name, 'sync', 10).catch(() => '')),
    );
    const names = running.map((machine) => machine.name);
    const refs = running.flatMap((machine) => this.ref(machine) ?? []);
    // All machines stand still while their disks are copied: the copies are of one instant.
    await whileFrozen(this.frozenFile, refs, (still) => this.snapshots.save(name, names, report, still));
  }

  async restoreSnapshot(
    name: string,
    report: Report,
    start = async (machines: Machine[]): Promise<void> => {
      for (const machine of machines) await this.start(machine, report);
    },
  ): Promise<void> {
    const running = await this.snapshots.running(name);
    await thawLeft(this.frozenFile);
    await Promise.all(this.lab.topology.machines.map((machine) => this.powerOff(machine)));
    await this.snapshots.restore(name, report);
    await start(this.lab.topology.machines.filter((machine) => running.includes(machine.name)));
  }

  listSnapshots(): Promise<Snapshot[]> {
    return this.snapshots.list();
  }

  deleteSnapshot(name: string): Promise<void> {
    return this.snapshots.delete(name);
  }

  async sshHosts(): Promise<SshHost[]> {
    return this.lab.topology.machines.map((machine) => this.sshHost(machine));
  }

  consoleLog(machine: Named): string {
    return join(this.run, `${machine.name}.console.log`);
  }

  /**
   * Kernel and base image. A machine's disk is its difference to one base image, so a lab keeps the one it was made
   * from, also when the kit has moved on to another.
   */
  private async base(report: Report): Promise<BuiltImage> {
    const file = join(this.disks, 'base.json');
    await registerLab(this.lab.folder);
    if (existsSync(file)) {
      return this.image(report, JSON.parse(await readFile(file, 'utf8')) as ImageDigests);
    }
    const digests = currentDigests();
    const built = await this.image(report, digests);
    await mkdir(this.disks, { recursive: true });
    await writeWhole(file, JSON.stringify(digests));
    return built;
  }

  /** The disk with the application's code, for a machine that serves it. */
  private codeFor(machine: Machine): string | undefined {
    const file = this.lab.codeDisk;
    if (!file || !machine.roles.includes('web')) return undefined;
    if (existsSync(file)) return file;
    throw new LabError(
      {
        en: `The disk with the code of Nextcloud is missing (${file}).`,
        fr: `Le disque avec le code de Nextcloud manque (${file}).`,
      },
      { en: 'run `lab up`, which makes it again.', fr: 'lancez `lab up`, qui le refait.' },
    );
  }

  private sshHost(machine: Machine): SshHost {
    return {
      Host: machine.name,
      HostName: machine.address,
      User: 'root',
      IdentityFile: this.lab.sshKeyFile,
      ProxyCommand: `bash "${join(this.scripts, 'connect.sh')}" "${this.namespace.holderFile}" %h %p`,
    };
  }

  /** Takes the machine's end of the cable out of the bridge, or puts it in: set down, the machine's driver would give it up. */
  private async setCable(machine: Machine, to: string[]): Promise<void> {
    if (!this.namespace.holder()) {
      throw new LabError(
        { en: 'The lab is not running.', fr: "Le lab n'est pas démarré." },
        { en: 'run `lab up`.', fr: 'lancez `lab up`.' },
      );
    }
    await $({ quiet: true })`nsenter ${this.namespace.enter()} ip link set ${tapName(machine)} ${to}`;
  }

  private stateOf(machine: Machine): PowerState {
    const ref = this.ref(machine);
    const state = ref ? stateOf(ref) : 'gone';
    if (state === 'gone') return existsSync(this.file(machine, 'cow')) ? 'off' : 'absent';
    return state === 'stopped' ? 'frozen' : 'running';
  }

  private ref(machine: Named): ProcessRef | undefined {
    const file = this.runFile(machine);
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ProcessRef) : undefined;
  }

  private async limits(): Promise<Record<string, number>> {
    const file = join(this.disks, 'memory.json');
    return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Record<string, number>) : {};
  }

  private runFile(machine: Named): string {
    return join(this.run, `${machine.name}.json`);
  }

  private file(machine: Machine, kind: 'cow' | 'disk'): string {
    return join(this.disks, 'disks', `${machine.name}.${kind}`);
  }
}

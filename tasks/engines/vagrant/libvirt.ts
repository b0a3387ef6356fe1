import { stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LabError } from '../../base/errors.ts';
import { type Ended, type RunProgram, runProgram } from '../../base/exec.ts';
import type { Report } from '../../base/progress.ts';
import { withTemporaryFolder } from '../../base/temporary.ts';
import type { Machine, Topology } from '../../topology/model.ts';
import type { Named, PowerState } from '../engine.ts';
import type { Driver, Prepared } from './driver.ts';
import { networkName, prefixOf, providerName } from './names.ts';
import { tool } from './tool.ts';

const URI = process.env.LIBVIRT_DEFAULT_URI || 'qemu:///system';
const POOL = 'default';
const POOL_FOLDER = '/var/lib/libvirt/images';

/** The states that `virsh list` names. */
const STATES: Record<string, PowerState> = {
  running: 'running',
  idle: 'running',
  'no state': 'running',
  'in shutdown': 'running',
  paused: 'frozen',
  pmsuspended: 'frozen',
  'shut off': 'off',
  crashed: 'off',
};

/** Machines and their states in the output of `virsh -q list --all`. */
export function parseDomains(output: string): Map<string, PowerState> {
  const states = new Map<string, PowerState>();
  for (const line of output.split('\n')) {
    const [, name, state] = /^\s*(?:-|\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line) ?? [];
    if (name && state) states.set(name, STATES[state] ?? 'running');
  }
  return states;
}

/** The address that a network's description (`virsh net-dumpxml`) gives to the computer; undefined when none. */
export function hostAddressOf(xml: string): string | undefined {
  return /<ip\b[^>]*\baddress=['"]([^'"]+)['"]/.exec(xml)?.[1];
}

/** Seconds of processors in the output of `virsh domstats --cpu-total`; undefined where it does not say. */
export function parseProcessorSeconds(output: string): number | undefined {
  const nanoseconds = /^\s*cpu\.time=(\d+)$/m.exec(output)?.[1];
  return nanoseconds === undefined ? undefined : Number(nanoseconds) / 1e9;
}

/** libvirt's domains, through virsh. */
export class LibvirtDriver implements Driver {
  readonly freezesForSnapshot = true;

  constructor(
    private readonly lab: string,
    private readonly topology: Topology,
    private readonly run: RunProgram = runProgram,
  ) {}

  async prepare(boot: Prepared['boot'], report: Report): Promise<Prepared> {
    const answer = await this.tryVirsh('-q', 'net-list', '--name');
    if (answer.code !== 0 && !answer.missing) {
      throw new LabError(
        { en: `libvirt does not answer at ${URI}.`, fr: `libvirt ne répond pas à ${URI}.` },
        {
          en: 'start it (`sudo systemctl start libvirtd`) and put yourself in its group (`sudo adduser $USER libvirt`, then log in again).',
          fr: 'démarrez-le (`sudo systemctl start libvirtd`) et ajoutez-vous à son groupe (`sudo adduser $USER libvirt`, puis reconnectez-vous).',
        },
        answer.stderr.trim().split('\n').slice(-3),
      );
    }
    const networks = (answer.code === 0 ? answer.stdout : await this.virsh('-q', 'net-list', '--name'))
      .split('\n')
      .map((name) => name.trim())
      .filter((name) => name !== '' && name !== networkName(this.lab));
    const taken = await Promise.all(
      networks.map(async (name) => hostAddressOf((await this.tryVirsh('net-dumpxml', name)).stdout)),
    );
    const hostOnNetwork = !taken.includes(this.topology.network.host);
    if (!boot) return { hostOnNetwork };
    report('kernel');
    await this.ensurePool();
    const [kernel, initrd] = [await this.upload(boot.kernel), await this.upload(boot.initrd)];
    return { hostOnNetwork, boot: { kernel, initrd } };
  }

  async states(): Promise<Map<string, PowerState>> {
    return parseDomains(await this.virsh('-q', 'list', '--all'));
  }

  async processorSeconds(machine: Named): Promise<number | undefined> {
    return parseProcessorSeconds(
      (await this.tryVirsh('domstats', '--cpu-total', this.nameOf(machine))).stdout,
    );
  }

  async start(machine: Machine, memory: number): Promise<void> {
    const name = this.nameOf(machine);
    await this.virsh('setmaxmem', name, `${memory}M`, '--config');
    await this.virsh('setmem', name, `${memory}M`, '--config');
    // After a restart of the computer the networks are defined but not active.
    const interfaces = (await this.virsh('-q', 'domiflist', name)).split('\n');
    for (const line of interfaces) {
      const network = /\snetwork\s+(\S+)/.exec(line)?.[1];
      if (network) await this.tryVirsh('net-start', network);
    }
    await this.virsh('start', name);
  }

  async shutdown(machine: Machine): Promise<void> {
    await this.tryVirsh('shutdown', this.nameOf(machine), '--mode', 'acpi');
  }

  async powerOff(machine: Machine): Promise<void> {
    await this.virsh('destroy', this.nameOf(machine));
  }

  async setCable(machine: Machine, plugged: boolean): Promise<void> {
    await this.virsh('domif-setlink', this.nameOf(machine), machine.mac, plugged ? 'up' : 'down');
  }

  async freeze(machine: Machine): Promise<void> {
    await this.virsh('suspend', this.nameOf(machine));
  }

  async thaw(machine: Machine): Promise<void> {
    await this.virsh('resume', this.nameOf(machine));
  }

  async saveSnapshot(machine: Machine, name: string): Promise<void> {
    await this.virsh('snapshot-create-as', this.nameOf(machine), name, '--atomic');
  }

  async restoreSnapshot(machine: Machine, name: string, state: PowerState): Promise<void> {
    const wanted = state === 'running' ? ['--running'] : state === 'frozen' ? ['--paused'] : [];
    await this.virsh('snapshot-revert', this.nameOf(machine), name, ...wanted);
  }

  async deleteSnapshot(machine: Machine, name: string): Promise<void> {
    await this.tryVirsh('snapshot-delete', this.nameOf(machine), name);
  }

  async purge(): Promise<void> {
    for (const [name, state] of await this.states()) {
      if (!name.startsWith(prefixOf(this.lab))) continue;
      if (state !== 'off') await this.tryVirsh('destroy', name);
      await this.tryVirsh('undefine', name, '--remove-all-storage', '--snapshots-metadata', '--managed-save');
    }
    const networks = (await this.virsh('-q', 'net-list', '--all', '--name'))
      .split('\n')
      .map((name) => name.trim());
    if (!networks.includes(networkName(this.lab))) return;
    await this.tryVirsh('net-destroy', networkName(this.lab));
    await this.tryVirsh('net-undefine', networkName(this.lab));
  }

  private virsh(...args: string[]): Promise<string> {
    return tool('virsh', ['-c', URI, ...args], this.run);
  }

  /** For what may fail. */
  private tryVirsh(...args: string[]): Promise<Ended> {
    return this.run('virsh', ['-c', URI, ...args]);
  }

  private nameOf(machine: Named): string {
    return providerName(this.lab, machine.name);
  }

  private async ensurePool(): Promise<void> {
    const pools = (await this.virsh('-q', 'pool-list', '--all', '--name'))
      .split('\n')
      .map((name) => name.trim());
    if (!pools.includes(POOL)) {
      await this.virsh('pool-define-as', POOL, 'dir', '--target', POOL_FOLDER);
      await this.virsh('pool-build', POOL);
      await this.virsh('pool-autostart', POOL);
    }
    await this.tryVirsh('pool-start', POOL);
  }

  /**
   * Puts a file into libvirt's storage and gives its path there. QEMU runs as a user of its own that cannot enter a
   * home directory. The name carries size and time of the file: a rebuilt one gets another name.
   */
  private async upload(file: string): Promise<string> {
    const { size, mtimeMs } = await stat(file);
    const name = `ha-lab-${Math.floor(mtimeMs / 1000)}-${size}-${basename(file)}`;
    const found = await this.tryVirsh('vol-path', name, '--pool', POOL);
    if (found.code === 0) return found.stdout.trim();
    // An upload that is cut off must not be taken for a whole one: it goes under another name first.
    const part = `${name}.part`;
    await this.tryVirsh('vol-delete', part, '--pool', POOL);
    await this.createVolume(part, size);
    await this.virsh('vol-upload', part, file, '--pool', POOL);
    await this.createVolume(name, size, part);
    await this.virsh('vol-delete', part, '--pool', POOL);
    return (await this.virsh('vol-path', name, '--pool', POOL)).trim();
  }

  /** A volume that everyone may read, empty or a copy of another. */
  private async createVolume(name: string, size: number, from?: string): Promise<void> {
    const xml =
      `<volume><name>${name}</name><capacity unit='bytes'>${size}</capacity>` +
      `<target><format type='raw'/><permissions><mode>0644</mode></permissions></target></volume>`;
    await withTemporaryFolder('lab-volume-', async (folder) => {
      const file = join(folder, 'volume.xml');
      await writeFile(file, xml);
      await (from
        ? this.virsh('vol-create-from', POOL, file, from, '--inputpool', POOL)
        : this.virsh('vol-create', POOL, file));
    });
  }
}

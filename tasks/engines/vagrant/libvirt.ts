import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Machine, Topology } from '../../topology/model.ts';
import { LabError } from '../../ui/errors.ts';
import type { Named, PowerState, Report } from '../engine.ts';
import type { Driver, Prepared } from './driver.ts';
import { networkName, prefixOf, providerName } from './names.ts';
import { tool, tryTool } from './tool.ts';

const URI = process.env.LIBVIRT_DEFAULT_URI || 'qemu:///system';
const POOL = 'default';
const POOL_FOLDER = '/var/lib/libvirt/images';

const virsh = (...args: string[]) => tool('virsh', ['-c', URI, ...args]);
const tryVirsh = (...args: string[]) => tryTool('virsh', ['-c', URI, ...args]);

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
  ) {}

  async prepare(boot: Prepared['boot'], report: Report): Promise<Prepared> {
    const answer = await tryVirsh('-q', 'net-list', '--name');
    if (answer.exitCode !== 0 && answer.exitCode !== 127) {
      throw new LabError(
        { en: `libvirt does not answer at ${URI}.`, fr: `libvirt ne répond pas à ${URI}.` },
        {
          en: 'start it (`sudo systemctl start libvirtd`) and put yourself in its group (`sudo adduser $USER libvirt`, then log in again).',
          fr: 'démarrez-le (`sudo systemctl start libvirtd`) et ajoutez-vous à son groupe (`sudo adduser $USER libvirt`, puis reconnectez-vous).',
        },
        answer.stderr.trim().split('\n').slice(-3),
      );
    }
    const networks = (answer.exitCode === 0 ? answer.stdout : await virsh('-q', 'net-list', '--name'))
      .split('\n')
      .map((name) => name.trim())
      .filter((name) => name !== '' && name !== networkName(this.lab));
    const taken = await Promise.all(
      networks.map(async (name) => hostAddressOf((await tryVirsh('net-dumpxml', name)).stdout)),
    );
    const hostOnNetwork = !taken.includes(this.topology.network.host);
    if (!boot) return { hostOnNetwork };
    report('kernel');
    await this.ensurePool();
    const [kernel, initrd] = [await this.upload(boot.kernel), await this.upload(boot.initrd)];
    return { hostOnNetwork, boot: { kernel, initrd } };
  }

  async states(): Promise<Map<string, PowerState>> {
    return parseDomains(await virsh('-q', 'list', '--all'));
  }

  async processorSeconds(machine: Named): Promise<number | undefined> {
    return parseProcessorSeconds((await tryVirsh('domstats', '--cpu-total', this.nameOf(machine))).stdout);
  }

  async start(machine: Machine, memory: number): Promise<void> {
    const name = this.nameOf(machine);
    await virsh('setmaxmem', name, `${memory}M`, '--config');
    await virsh('setmem', name, `${memory}M`, '--config');
    // After a restart of the computer the networks are defined but not active.
    const interfaces = (await virsh('-q', 'domiflist', name)).split('\n');
    for (const line of interfaces) {
      const network = /\snetwork\s+(\S+)/.exec(line)?.[1];
      if (network) await tryVirsh('net-start', network);
    }
    await virsh('start', name);
  }

  async shutdown(machine: Machine): Promise<void> {
    await tryVirsh('shutdown', this.nameOf(machine), '--mode', 'acpi');
  }

  async powerOff(machine: Machine): Promise<void> {
    await virsh('destroy', this.nameOf(machine));
  }

  async setCable(machine: Machine, plugged: boolean): Promise<void> {
    await virsh('domif-setlink', this.nameOf(machine), machine.mac, plugged ? 'up' : 'down');
  }

  async freeze(machine: Machine): Promise<void> {
    await virsh('suspend', this.nameOf(machine));
  }

  async thaw(machine: Machine): Promise<void> {
    await virsh('resume', this.nameOf(machine));
  }

  async saveSnapshot(machine: Machine, name: string): Promise<void> {
    await virsh('snapshot-create-as', this.nameOf(machine), name, '--atomic');
  }

  async restoreSnapshot(machine: Machine, name: string, state: PowerState): Promise<void> {
    const wanted = state === 'running' ? ['--running'] : state === 'frozen' ? ['--paused'] : [];
    await virsh('snapshot-revert', this.nameOf(machine), name, ...wanted);
  }

  async deleteSnapshot(machine: Machine, name: string): Promise<void> {
    await tryVirsh('snapshot-delete', this.nameOf(machine), name);
  }

  async purge(): Promise<void> {
    for (const [name, state] of await this.states()) {
      if (!name.startsWith(prefixOf(this.lab))) continue;
      if (state !== 'off') await tryVirsh('destroy', name);
      await tryVirsh('undefine', name, '--remove-all-storage', '--snapshots-metadata', '--managed-save');
    }
    const networks = (await virsh('-q', 'net-list', '--all', '--name'))
      .split('\n')
      .map((name) => name.trim());
    if (!networks.includes(networkName(this.lab))) return;
    await tryVirsh('net-destroy', networkName(this.lab));
    await tryVirsh('net-undefine', networkName(this.lab));
  }

  private nameOf(machine: Named): string {
    return providerName(this.lab, machine.name);
  }

  private async ensurePool(): Promise<void> {
    const pools = (await virsh('-q', 'pool-list', '--all', '--name')).split('\n').map((name) => name.trim());
    if (!pools.includes(POOL)) {
      await virsh('pool-define-as', POOL, 'dir', '--target', POOL_FOLDER);
      await virsh('pool-build', POOL);
      await virsh('pool-autostart', POOL);
    }
    await tryVirsh('pool-start', POOL);
  }

  /**
   * Puts a file into libvirt's storage and gives its path there. QEMU runs as a user of its own that cannot enter a
   * home directory. The name carries size and time of the file: a rebuilt one gets another name.
   */
  private async upload(file: string): Promise<string> {
    const { size, mtimeMs } = await stat(file);
    const name = `ha-lab-${Math.floor(mtimeMs / 1000)}-${size}-${basename(file)}`;
    const found = await tryVirsh('vol-path', name, '--pool', POOL);
    if (found.exitCode === 0) return found.stdout.trim();
    // An upload that is cut off must not be taken for a whole one: it goes under another name first.
    const part = `${name}.part`;
    await tryVirsh('vol-delete', part, '--pool', POOL);
    await this.createVolume(part, size);
    await virsh('vol-upload', part, file, '--pool', POOL);
    await this.createVolume(name, size, part);
    await virsh('vol-delete', part, '--pool', POOL);
    return (await virsh('vol-path', name, '--pool', POOL)).trim();
  }

  /** A volume that everyone may read, empty or a copy of another. */
  private async createVolume(name: string, size: number, from?: string): Promise<void> {
    const xml =
      `<volume><name>${name}</name><capacity unit='bytes'>${size}</capacity>` +
      `<target><format type='raw'/><permissions><mode>0644</mode></permissions></target></volume>`;
    const folder = await mkdtemp(join(tmpdir(), 'lab-volume-'));
    try {
      const file = join(folder, 'volume.xml');
      await writeFile(file, xml);
      await (from
        ? virsh('vol-create-from', POOL, file, from, '--inputpool', POOL)
        : virsh('vol-create', POOL, file));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

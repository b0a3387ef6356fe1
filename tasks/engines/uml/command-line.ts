import { createHash } from 'node:crypto';
import type { Machine, Topology } from '../../topology/model.ts';
import { bondWords, type LinkTimers, nicOf } from './bond.ts';
import type { Card } from './cards.ts';

/** Where the parts of a machine are on the host. */
export interface MachineFiles {
  kernel: string;
  /** The shared base image; never written. */
  base: string;
  /** The machine's changes to the base. */
  cow: string;
  /** The machine's second disk; undefined when it has none. */
  disk: string | undefined;
  /** Disk that machines share and nobody writes to; undefined when it has none. */
  code?: string | undefined;
}

/**
 * Units that a User Mode Linux machine has no use for: login sessions, which would cost a user manager at each
 * ssh, and setting the clock, which is the host's.
 */
const MASKED = [
  'systemd-logind.service',
  'chrony.service',
  'systemd-udev-settle.service',
  'getty@tty1.service',
];

/** Systemd's machine id: the same each time this machine of this lab starts, different for every other. */
export function machineId(lab: string, machine: string, sshPublicKey: string): string {
  return createHash('sha256').update(`${lab}/${machine}/${sshPublicKey}`).digest('hex').slice(0, 32);
}

/**
 * The kernel and its parameters. systemd takes name, identity and root's ssh key from them (kernel-command-line(7),
 * systemd.system-credentials(7)), and the kernel the address (ip=, nfsroot.rst), so that no file of the shared image
 * is changed for a machine.  `memory` in MiB.
 */
export function commandLine(
  lab: string,
  machine: Machine,
  topology: Topology,
  files: MachineFiles,
  cards: Card[],
  { memory, link, sshPublicKey }: { memory: number; link: LinkTimers; sshPublicKey: string },
): string[] {
  const key = Buffer.from(`${sshPublicKey}\n`).toString('base64');
  return [
    files.kernel,
    `mem=${memory}M`,
    `umid=${machine.name}`,
    'uml_dir=/mnt',
    'seccomp=auto',
    // The kernel can mount folders of the computer, for whoever is root in the machine: below a file there is none.
    'hostfs=/dev/null',
    'noreboot',
    `ubd0=${files.cow},${files.base}`,
    ...(files.disk ? [`ubd1=${files.disk}`] : []),
    ...(files.code ? [`ubd2r=${files.code}`] : []),
    'root=/dev/ubda',
    'rw',
    'rootfstype=ext4',
    ...cards.map(({ nic, tap, mac }) => `${nic}:transport=tap,ifname=${tap},depth=128,gro=1,mac=${mac}`),
    `ip=${machine.address}::${topology.network.host}:${topology.network.netmask}:${machine.name}:${nicOf(cards)}:none`,
    'con=null',
    'con0=null,fd:1',
    'panic=-1',
    `systemd.hostname=${machine.name}`,
    `systemd.machine_id=${machineId(lab, machine.name, sshPublicKey)}`,
    `systemd.set_credential_binary=ssh.authorized_keys.root:${key}`,
    ...(cards.length > 1 ? bondWords(cards, link) : []),
    ...MASKED.map((unit) => `systemd.mask=${unit}`),
    'systemd.show_status=error',
  ];
}

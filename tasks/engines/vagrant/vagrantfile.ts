import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';
import type { Topology } from '../../topology/model.ts';
import { managementNetwork, natNetwork, networkName, prefixOf } from './names.ts';

/** A box by its name, and where vagrant finds it when it does not have it yet. */
interface NamedBox {
  name: string;
  url?: string;
}

/** The boxes that machines are copies of. */
export interface Box {
  libvirt: NamedBox;
  virtualbox: NamedBox;
  /** Kernel and initramfs of a libvirt box without boot loader; paths that QEMU's own user can read. */
  boot?: { kernel: string; initrd: string };
}

/** All that the Vagrantfile is made from. */
export interface VagrantfileContext {
  /** Root of the kit, where the template is. */
  root: string;
  lab: string;
  topology: Topology;
  /** The lab's folder as seen from the Vagrantfile, with forward slashes. */
  folder: string;
  sshPublicKey: string;
  driver: 'kvm' | 'qemu';
  box: Box;
  /** Roles that the payload of a machine holds, in the order in which they are applied; none: nothing is provisioned. */
  payload: ReadonlyMap<string, readonly string[]>;
  /** MiB by machine where it differs from the topology's. */
  memory?: Readonly<Record<string, number>>;
  /** False: the computer takes no address on the lab network, because another lab has it (libvirt). Default: true. */
  hostOnNetwork?: boolean;
}

/**
 * Command line of a directly booted machine. The lab's public key comes with it as a systemd credential, so the box
 * holds no key at all.
 */
function bootCommandLine(sshPublicKey: string): string {
  const key = Buffer.from(`${sshPublicKey}\n`).toString('base64');
  return [
    'root=/dev/vda',
    'rw',
    'rootfstype=ext4',
    'net.ifnames=0',
    'console=ttyS0',
    'quiet',
    // Neither protects anything here, and emulation pays for both at every system call.
    'mitigations=off',
    'audit=0',
    // A kernel that gives up starts again, as on the uml engine, instead of standing still for ever: it was seen once under emulation.
    'panic=-1',
    `systemd.set_credential_binary=ssh.authorized_keys.root:${key}`,
  ].join(' ');
}

/** The Vagrantfile of a lab. It depends on nothing but its context: the same context gives the same text. */
export function renderVagrantfile(context: VagrantfileContext): string {
  const { root, lab, topology, folder, sshPublicKey, driver, box, payload } = context;
  const template = readFileSync(join(root, 'Vagrantfile.ejs'), 'utf8');
  return ejs.render(template, {
    ruby,
    lab,
    topology: topology.name,
    folder,
    sshPublicKey,
    driver,
    box,
    boot: box.boot && { ...box.boot, commandLine: bootCommandLine(sshPublicKey) },
    prefix: prefixOf(lab),
    management: managementNetwork(topology),
    nat: natNetwork(topology),
    network: {
      name: networkName(lab),
      netmask: topology.network.netmask,
      host: (context.hostOnNetwork ?? true) ? topology.network.host : undefined,
    },
    machines: topology.machines.map((machine) => ({
      ...machine,
      // VirtualBox takes the address without separators; vagrant-libvirt takes both forms.
      mac: machine.mac.replaceAll(':', '').toUpperCase(),
      memory: context.memory?.[machine.name] ?? machine.memory,
      roles: payload.get(machine.name) ?? [],
    })),
  });
}

/** A Ruby string literal in which nothing is interpolated. LabErrors are not for it: any text can be written. */
export function ruby(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

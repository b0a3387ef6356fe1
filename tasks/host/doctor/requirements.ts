import { existsSync } from 'node:fs';
import type { EngineName } from '../../base/engine-names.ts';
import { findTool } from '../../base/exec.ts';
import { hasLibvirtPlugin } from '../vagrant.ts';

/** What tools are for: running an engine, making what it starts machines from, taking an archive of Nextcloud. */
export type Purpose = EngineName | 'image' | 'kernel' | 'box' | 'box-virtualbox' | 'packer' | 'nextcloud';

export interface Requirement {
  /** Command, or what else the package is wanted for when `file` is given. */
  tool: string;
  debianPackage: string;
  neededFor: readonly Purpose[];
  /** File that shows the package is there, where it brings no command. */
  file?: string;
  /** Root does without it. */
  userOnly?: true;
}

/** The one list of the host's tools and of the Debian packages that bring them. */
export const REQUIREMENTS: readonly Requirement[] = [
  { tool: 'ip', debianPackage: 'iproute2', neededFor: ['uml'] },
  { tool: 'unshare', debianPackage: 'util-linux', neededFor: ['uml', 'image'] },
  { tool: 'nsenter', debianPackage: 'util-linux', neededFor: ['uml'] },
  { tool: 'taskset', debianPackage: 'util-linux', neededFor: ['uml'] },
  { tool: 'socat', debianPackage: 'socat', neededFor: ['uml'] },
  {
    tool: 'ssh',
    debianPackage: 'openssh-client',
    neededFor: ['uml', 'vagrant-libvirt', 'vagrant-virtualbox'],
  },

  { tool: 'mmdebstrap', debianPackage: 'mmdebstrap', neededFor: ['image'] },
  { tool: 'newuidmap', debianPackage: 'uidmap', neededFor: ['image'], userOnly: true },
  { tool: 'mke2fs', debianPackage: 'e2fsprogs', neededFor: ['image', 'nextcloud'] },
  { tool: 'zstd', debianPackage: 'zstd', neededFor: ['image'] },
  { tool: 'xz', debianPackage: 'xz-utils', neededFor: ['image', 'kernel'] },
  { tool: 'gpgv', debianPackage: 'gpgv', neededFor: ['image', 'nextcloud'] },
  { tool: 'bzip2', debianPackage: 'bzip2', neededFor: ['nextcloud'] },
  {
    tool: 'Debian’s keys',
    debianPackage: 'debian-archive-keyring',
    neededFor: ['image', 'kernel'],
    file: '/usr/share/keyrings/debian-archive-keyring.gpg',
  },

  { tool: 'gcc', debianPackage: 'gcc', neededFor: ['kernel'] },
  { tool: 'make', debianPackage: 'make', neededFor: ['kernel'] },
  { tool: 'patch', debianPackage: 'patch', neededFor: ['kernel'] },
  { tool: 'flex', debianPackage: 'flex', neededFor: ['kernel'] },
  { tool: 'bison', debianPackage: 'bison', neededFor: ['kernel'] },
  { tool: 'bc', debianPackage: 'bc', neededFor: ['kernel'] },
  { tool: 'libelf.h', debianPackage: 'libelf-dev', neededFor: ['kernel'], file: '/usr/include/libelf.h' },
  { tool: 'stdlib.h', debianPackage: 'libc6-dev', neededFor: ['kernel'], file: '/usr/include/stdlib.h' },

  { tool: 'vagrant', debianPackage: 'vagrant', neededFor: ['vagrant-libvirt', 'vagrant-virtualbox'] },
  { tool: 'vagrant-libvirt', debianPackage: 'vagrant-libvirt', neededFor: ['vagrant-libvirt'] },
  { tool: 'libvirtd', debianPackage: 'libvirt-daemon-system', neededFor: ['vagrant-libvirt'] },
  { tool: 'virsh', debianPackage: 'libvirt-clients', neededFor: ['vagrant-libvirt'] },
  { tool: 'qemu-system-x86_64', debianPackage: 'qemu-system-x86', neededFor: ['vagrant-libvirt'] },
  {
    tool: 'qemu-img',
    debianPackage: 'qemu-utils',
    neededFor: ['vagrant-libvirt', 'box', 'box-virtualbox'],
  },
  { tool: 'debugfs', debianPackage: 'e2fsprogs', neededFor: ['box', 'box-virtualbox'] },
  { tool: 'sfdisk', debianPackage: 'fdisk', neededFor: ['box-virtualbox'] },
  { tool: 'grub-mkimage', debianPackage: 'grub-common', neededFor: ['box-virtualbox'] },
  {
    tool: 'GRUB',
    debianPackage: 'grub-pc-bin',
    neededFor: ['box-virtualbox'],
    file: '/usr/lib/grub/i386-pc/boot.img',
  },
  { tool: 'packer', debianPackage: 'packer', neededFor: ['packer'] },
];

/** All Debian packages of some purposes, each once. */
export function packagesOf(purposes: readonly Purpose[]): string[] {
  const wanted = REQUIREMENTS.filter(({ neededFor }) =>
    purposes.some((purpose) => neededFor.includes(purpose)),
  );
  return [...new Set(wanted.map(({ debianPackage }) => debianPackage))];
}

/** How the table is compared with a computer; tests give their own. */
export interface Shelf {
  root: boolean;
  hasTool(name: string): boolean;
  hasFile(path: string): boolean;
}

export function thisComputer(): Shelf {
  return {
    root: process.getuid?.() === 0,
    // A plugin of Vagrant's is no command of its own.
    hasTool: (name) => (name === 'vagrant-libvirt' ? hasLibvirtPlugin() : findTool(name) !== undefined),
    hasFile: existsSync,
  };
}

/** What must still be made before machines can start: what they are copies of (image or box), and the kernel; both by default. */
export interface Builds {
  image?: boolean;
  kernel?: boolean;
}

/** What making an engine's image takes: a box is made like the image, and VirtualBox's from libvirt's. */
export const IMAGE_PURPOSES: Record<EngineName, readonly Purpose[]> = {
  uml: ['image'],
  'vagrant-libvirt': ['image', 'box'],
  'vagrant-virtualbox': ['image', 'box', 'box-virtualbox'],
};

/** Purposes of an engine. */
export function purposesOf(engine: EngineName, { image = true, kernel = true }: Builds = {}): Purpose[] {
  const purposes: Purpose[] = [engine];
  if (image) purposes.push(...IMAGE_PURPOSES[engine]);
  if (kernel && engine === 'uml') purposes.push('kernel');
  return purposes;
}

/** The requirements of some purposes that a computer does not meet, in the table's order. */
export function missingFor(purposes: readonly Purpose[], shelf = thisComputer()): Requirement[] {
  return REQUIREMENTS.filter(
    ({ tool, neededFor, file, userOnly }) =>
      purposes.some((purpose) => neededFor.includes(purpose)) &&
      !(userOnly && shelf.root) &&
      !(file ? shelf.hasFile(file) : shelf.hasTool(tool)),
  );
}

/** Debian packages that are missing for an engine, each once. */
export function missingPackages(engine: EngineName, builds: Builds = {}, shelf = thisComputer()): string[] {
  return [
    ...new Set(missingFor(purposesOf(engine, builds), shelf).map(({ debianPackage }) => debianPackage)),
  ];
}

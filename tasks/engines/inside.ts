import type { EngineName } from './engine.ts';

/** What differs between engines inside a machine. Vagrant boxes name their network interfaces the classic way. */
export const INSIDE: Record<EngineName, { nic: string; secondDisk: string }> = {
  uml: { nic: 'vec0', secondDisk: '/dev/ubdb' },
  'vagrant-libvirt': { nic: 'eth1', secondDisk: '/dev/vdb' },
  'vagrant-virtualbox': { nic: 'eth1', secondDisk: '/dev/sdb' },
};

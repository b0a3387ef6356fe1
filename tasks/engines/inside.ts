import type { EngineName } from './engine.ts';

/**
 * What differs between engines inside a machine. Vagrant boxes name their network interfaces the classic way. `codeDisk`:
 * the read-only disk with the application's code (LabContext.codeDisk), for engines that give it to machines.
 */
export const INSIDE: Record<EngineName, { nic: string; secondDisk: string; codeDisk?: string }> = {
  uml: { nic: 'vec0', secondDisk: '/dev/ubdb', codeDisk: '/dev/ubdc' },
  'vagrant-libvirt': { nic: 'eth1', secondDisk: '/dev/vdb' },
  'vagrant-virtualbox': { nic: 'eth1', secondDisk: '/dev/sdb' },
};

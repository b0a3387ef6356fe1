import { overlap } from '../../host/networks.ts';
import type { Topology } from '../../topology/model.ts';

/**
 * What the names of a lab's machines start with, wherever the provider lists those of all labs. No name has an
 * underscore in it: two labs never share a prefix.
 */
export function prefixOf(lab: string): string {
  return `ha_${lab}_`;
}

/** Name of a machine for the provider (libvirt's domain, VirtualBox's virtual machine). */
export function providerName(lab: string, machine: string): string {
  return prefixOf(lab) + machine;
}

/** Name of the lab's network for the provider. */
export function networkName(lab: string): string {
  return `ha-${lab}`;
}

/**
 * Networks that the provider needs for itself beside the lab's: Vagrant's way to the machines. Each list starts with
 * the usual choice; the others serve a topology that has taken it.
 */
const MANAGEMENT = [
  { name: 'vagrant-libvirt', cidr: '192.168.121.0/24' },
  { name: 'ha-lab-management', cidr: '172.29.121.0/24' },
];
const NAT = ['10.0.3.0/24', '172.29.3.0/24'];

/** First of the candidates that leaves the lab network alone. The lists hold one of each private range. */
function free<T>(candidates: readonly T[], cidrOf: (candidate: T) => string, topology: Topology): T {
  const found = candidates.find((candidate) => !overlap(cidrOf(candidate), topology.network.cidr));
  if (found === undefined) throw new Error(`no network beside ${topology.network.cidr}`);
  return found;
}

/** libvirt: the network through which vagrant reaches the machines. */
export function managementNetwork(topology: Topology): { name: string; cidr: string } {
  return free(MANAGEMENT, ({ cidr }) => cidr, topology);
}

/** VirtualBox: the network of the NAT adapter, which is 10.0.2.0/24 unless it is moved. */
export function natNetwork(topology: Topology): string {
  return free(NAT, (cidr) => cidr, topology);
}

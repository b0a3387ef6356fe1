import { findTool } from '../base/exec.ts';
import { cacheFolder, ROOT } from '../base/paths.ts';
import { type Computer, freeDisk, readComputer } from './computer.ts';
import { type KvmFacts, probeKvm } from './kvm.ts';
import { type NamespaceFacts, probeNamespaces } from './namespace.ts';
import { type HostNetwork, hostNetworks } from './networks.ts';
import { hasLibvirtPlugin, type LibvirtFacts, probeLibvirt } from './vagrant.ts';
import { probeVirtualBox, type VirtualBoxFacts } from './virtualbox.ts';

/** What choosing an engine depends on. */
export interface EngineFacts {
  platform: NodeJS.Platform;
  arch: string;
  /** Undefined elsewhere than on Linux. */
  namespaces: NamespaceFacts | undefined;
  vagrant: boolean;
  libvirtPlugin: boolean;
  /** Undefined when not looked at: without Vagrant and its libvirt plugin neither matters. */
  libvirt: LibvirtFacts | undefined;
  kvm: KvmFacts | undefined;
  virtualbox: VirtualBoxFacts;
}

/** Facts that checks judge. */
export interface ComputerFacts extends EngineFacts {
  computer: Computer;
  /** Free MiB where labs live and where the cache is. */
  disk: { labs: number; cache: number };
  folders: { labs: string; cache: string };
  networks: HostNetwork[];
}

/**
 * Asks the computer which engines it can run. Usually below 0.1 s; booting something on KVM (15 s at most, once for
 * each boot of the computer) happens only where Vagrant, its libvirt plugin and libvirt are there.
 */
export async function gatherEngineFacts(): Promise<EngineFacts> {
  const linux = process.platform === 'linux';
  const vagrant = findTool('vagrant') !== undefined;
  const libvirtPlugin = linux && vagrant && hasLibvirtPlugin();
  const [namespaces, virtualbox, [libvirt, kvm]] = await Promise.all([
    linux ? probeNamespaces(ROOT) : undefined,
    probeVirtualBox(),
    libvirtPlugin ? libvirtAndKvm() : [undefined, undefined],
  ]);
  return {
    platform: process.platform,
    arch: process.arch,
    namespaces,
    vagrant,
    libvirtPlugin,
    libvirt,
    kvm,
    virtualbox,
  };
}

async function libvirtAndKvm(): Promise<[LibvirtFacts, KvmFacts | undefined]> {
  const libvirt = await probeLibvirt();
  return [libvirt, libvirt.usable ? await probeKvm(cacheFolder()) : undefined];
}

/** Everything `lab doctor` looks at. */
export async function gatherFacts(labs: string): Promise<ComputerFacts> {
  const cache = cacheFolder();
  const [engine, freeLabs, freeCache] = await Promise.all([
    gatherEngineFacts(),
    freeDisk(labs),
    freeDisk(cache),
  ]);
  return {
    ...engine,
    computer: readComputer(),
    disk: { labs: freeLabs, cache: freeCache },
    folders: { labs, cache },
    networks: hostNetworks(),
  };
}

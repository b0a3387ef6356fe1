import { existsSync, readFileSync } from 'node:fs';
import ipaddr from 'ipaddr.js';
import { outputOf, runProgram } from '../base/exec.ts';
import type { Text } from '../base/text.ts';

export interface VirtualBoxFacts {
  installed: boolean;
  /** 7.0.20, for example; undefined when it does not say. */
  version: string | undefined;
  usable: boolean;
  reason: Text;
}

/** Oldest version with the options that the Vagrantfile uses. */
const OLDEST_MAJOR = 6;

/** Where VirtualBox keeps the ranges that host-only networks may use, on Linux and macOS. */
export const NETWORKS_CONF = '/etc/vbox/networks.conf';

/** Allowed without that file, since VirtualBox 6.1.28. */
const DEFAULT_RANGES = ['192.168.56.0/21'];

/** IPv4 ranges that networks.conf(5) allows host-only networks: lines such as `* 10.0.0.0/8 192.168.0.0/16`. */
export function allowedRanges(text: string | undefined): string[] {
  if (text === undefined) return DEFAULT_RANGES;
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('*'))
    .flatMap((line) => line.slice(1).trim().split(/\s+/))
    .filter((range) => ipaddr.IPv4.isValidCIDR(range));
}

/** True when host-only networks on `cidr` are allowed. */
export function isAllowed(cidr: string, ranges: string[]): boolean {
  const [address, bits] = ipaddr.IPv4.parseCIDR(cidr);
  return ranges.some((range) => {
    const [start, length] = ipaddr.IPv4.parseCIDR(range);
    return length <= bits && address.match(start, length);
  });
}

/** Ranges allowed on this computer; undefined on Windows, which has no such limit. */
export function hostOnlyRanges(): string[] | undefined {
  if (process.platform === 'win32') return undefined;
  return allowedRanges(existsSync(NETWORKS_CONF) ? readFileSync(NETWORKS_CONF, 'utf8') : undefined);
}

/** False on Linux when the processor does not offer virtualization, which VirtualBox needs since version 6.1. */
function processorVirtualizes(): boolean {
  if (process.platform !== 'linux') return true;
  return /\b(vmx|svm)\b/.test(readFileSync('/proc/cpuinfo', 'latin1').slice(0, 16_384));
}

/** What `VBoxManage --version` says: warnings about missing kernel modules, then 7.0.20r163906 or 6.1.50_Debianr161033. */
export function judgeVirtualBox(output: string, code: number | undefined): VirtualBoxFacts {
  const version = /^(\d+\.\d+\.\d+)/m.exec(output)?.[1];
  const facts = { installed: true, version, usable: false };
  if (/vboxdrv|WARNING|kernel module/.test(output))
    return {
      ...facts,
      reason: {
        en: 'its kernel modules are not loaded (sudo /sbin/vboxconfig, or sudo modprobe vboxdrv; with Secure Boot they must be signed)',
        fr: 'ses modules du noyau ne sont pas chargés (sudo /sbin/vboxconfig, ou sudo modprobe vboxdrv ; avec Secure Boot ils doivent être signés)',
      },
    };
  if (code !== 0 || !version)
    return {
      ...facts,
      reason: { en: 'VBoxManage --version does not answer', fr: 'VBoxManage --version ne répond pas' },
    };
  if (Number(version.split('.')[0]) < OLDEST_MAJOR)
    return {
      ...facts,
      reason: {
        en: `version ${version} is too old (6.0 or later)`,
        fr: `la version ${version} est trop ancienne (6.0 au moins)`,
      },
    };
  return { ...facts, usable: true, reason: { en: `VirtualBox ${version}`, fr: `VirtualBox ${version}` } };
}

/** At most 5 s; nothing is started when VirtualBox is not installed. */
export async function probeVirtualBox(): Promise<VirtualBoxFacts> {
  const ended = await runProgram('VBoxManage', ['--version'], { seconds: 5 });
  if (ended.missing)
    return {
      installed: false,
      version: undefined,
      usable: false,
      reason: { en: 'VirtualBox is not installed', fr: 'VirtualBox n’est pas installé' },
    };
  const facts = judgeVirtualBox(outputOf(ended), ended.code);
  if (!facts.usable || processorVirtualizes()) return facts;
  return {
    ...facts,
    usable: false,
    reason: {
      en: 'the processor offers no virtualization: turn it on in the firmware (VT-x, AMD-V, SVM)',
      fr: 'le processeur n’offre pas la virtualisation : l’activer dans le firmware (VT-x, AMD-V, SVM)',
    },
  };
}

import { existsSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';

/** A network this computer reaches by itself. */
export interface HostNetwork {
  device: string;
  cidr: string;
  /** The computer's own address on it; undefined for a route. */
  address?: string;
}

/** Routes of /proc/net/route, the default route left out. */
export function parseRoutes(text: string): HostNetwork[] {
  return text
    .trim()
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [device = '', destination = '', , , , , , mask = ''] = line.trim().split(/\s+/);
      // Four bytes, the last one first, in hexadecimal.
      const bytes = Buffer.from(destination, 'hex').reverse();
      const ones = (Number.parseInt(mask, 16) >>> 0).toString(2).replaceAll('0', '').length;
      return bytes.length === 4 && ones > 0 ? [{ device, cidr: `${bytes.join('.')}/${ones}` }] : [];
    });
}

/** Networks of this computer: its interfaces everywhere, its routes too on Linux. */
export function hostNetworks(): HostNetwork[] {
  const found: HostNetwork[] = [];
  for (const [device, addresses] of Object.entries(networkInterfaces()))
    for (const { family, internal, cidr, address } of addresses ?? [])
      if (family === 'IPv4' && !internal && cidr) found.push({ device, cidr, address });
  const routes = existsSync('/proc/net/route') ? parseRoutes(readFileSync('/proc/net/route', 'utf8')) : [];
  return [...found, ...routes];
}

/** True when two networks have an address in common. */
export function overlap(a: string, b: string): boolean {
  const [first, firstBits] = ipaddr.IPv4.parseCIDR(a);
  const [second, secondBits] = ipaddr.IPv4.parseCIDR(b);
  return first.match(second, Math.min(firstBits, secondBits));
}

/**
 * Networks of this computer that the lab's would hide. The bridge of a running lab, which has the lab's host
 * address, is not one of them, nor its routes.
 */
export function overlapping(lab: { cidr: string; host: string }, networks: HostNetwork[]): HostNetwork[] {
  const own = new Set(networks.filter(({ address }) => address === lab.host).map(({ device }) => device));
  const others = networks.filter(({ device, cidr }) => !own.has(device) && overlap(lab.cidr, cidr));
  return others.filter(({ device }, index) => others.findIndex((other) => other.device === device) === index);
}

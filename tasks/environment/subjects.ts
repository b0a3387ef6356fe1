import { X509Certificate } from 'node:crypto';
import type { Machine, Topology } from '../topology/model.ts';

/** Whom a certificate is for. */
export interface Subject {
  commonName: string;
  names: string[];
  addresses: string[];
  /** It also opens connections and shows the certificate there. */
  client: boolean;
}

/** The front door: the service's name, the address that moves, and each load balancer's own for its statistics. */
export function frontSubject(topology: Topology, serviceName: string): Subject {
  const balancers = topology.machines.filter((machine) => machine.roles.includes('lb'));
  const { front } = topology.floating;
  return {
    commonName: serviceName,
    names: [serviceName, 'localhost'],
    addresses: [
      '127.0.0.1',
      ...(front ? [front.address] : []),
      ...balancers.map((balancer) => balancer.address),
    ],
    client: false,
  };
}

/** A machine's services: its name, its address and the addresses it answers at. */
export function machineSubject(machine: Machine, topology: Topology): Subject {
  // Router passes TLS through: a database shows its certificate to those who asked for Router's address.
  const floating = Object.values(topology.floating).filter(
    ({ role }) => machine.roles.includes(role) || (role === 'router' && machine.roles.includes('database')),
  );
  return {
    commonName: machine.name,
    names: [machine.name, ...floating.map((floating) => floating.name)],
    addresses: [machine.address, ...floating.map((floating) => floating.address)],
    client: true,
  };
}

/** Milliseconds before its end from which on a certificate is exchanged: as long as a lab may well go on without another `lab up`. */
const EXCHANGED_BEFORE = 30 * 86_400_000;

/** True when a certificate (PEM) is valid, and still will be in 30 days. */
export function isLasting(cert: string, now: Date): boolean {
  return Date.parse(new X509Certificate(cert).validTo) - now.getTime() > EXCHANGED_BEFORE;
}

/** True when a certificate (PEM) is valid for exactly the names and addresses of the subject. */
export function isFor(cert: string, subject: Subject): boolean {
  const found = (new X509Certificate(cert).subjectAltName ?? '').split(', ');
  const wanted = [
    ...subject.names.map((name) => `DNS:${name}`),
    ...subject.addresses.map((address) => `IP Address:${address}`),
  ];
  return found.sort().join() === wanted.sort().join();
}

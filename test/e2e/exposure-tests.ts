import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { existingEnvironment } from '../../tasks/environment/record.ts';
import { readRoles } from '../../tasks/roles/roles.ts';
import type { Machine, Topology } from '../../tasks/topology/model.ts';
import { LISTENERS, parseListeners, probe, readableBySomebody, unexplained } from './exposure.ts';
import { lab } from './run.ts';

/** What the front door is for, and what administers a machine. */
const VISIBLE = ['80', '443', '8404'];

/** Tests of what a running lab shows to whom; for a lab that is completely up. */
export function exposureTests(name: string): void {
  const on = (machine: string, command: string) => lab(['ssh', '--name', name, machine, '--', command]);
  const everywhere = async <T>(work: (machine: Machine) => Promise<T>): Promise<T[]> => {
    const { topology } = await existingEnvironment(name);
    return Promise.all(topology.machines.map(work));
  };

  it('listens only where a role of the machine says so', async () => {
    const roles = readRoles(join(import.meta.dirname, '../..'));
    const found = await everywhere(async (machine) => {
      const listeners = parseListeners((await on(machine.name, LISTENERS)).stdout);
      expect(listeners.length, machine.name).to.be.greaterThan(0);
      return unexplained(listeners, machine, roles).map(
        ({ address, port, process }) => `${machine.name} ${address}:${port} ${process}`,
      );
    });
    expect(found.flat()).to.deep.equal([]);
  });

  it('shows a visitor the front door, its statistics and ssh, and no other port', async () => {
    const open: string[] = [];
    const tried: string[] = [];
    await everywhere(async ({ name: machine, address }) => {
      const listeners = parseListeners((await on(machine, LISTENERS)).stdout);
      const ports = listeners.flatMap(({ port }) =>
        port.endsWith('/tcp') ? [port.replace('/tcp', '')] : [],
      );
      tried.push(...[...new Set(ports)].map((port) => `${address}:${port}`));
    });
    const { topology } = await existingEnvironment(name);
    for (const floating of Object.values(topology.floating)) {
      if (floating)
        tried.push(...['80', '443', '2049', '3306', '8404'].map((port) => `${floating.address}:${port}`));
    }
    const answer = await on('client', probe(tried));
    open.push(...answer.stdout.split('\n').filter(Boolean));
    expect(open.sort()).to.deep.equal(tried.filter((target) => isPublic(target, topology)).sort());
  });

  it('lets an ordinary user of a machine read none of the secrets', async () => {
    const { folder } = await existingEnvironment(name);
    const secrets = JSON.parse(readFileSync(join(folder, 'secrets.json'), 'utf8')) as Record<string, unknown>;
    const texts = Object.values(secrets).filter((value): value is string => typeof value === 'string');
    expect(texts.length).to.be.greaterThan(4);
    const [first = ''] = texts;
    const leak = '/var/tmp/leak';
    // One is laid open on purpose: a search that does not find it proves nothing about the others.
    await on('client', `echo ${first} > ${leak}`);
    const found = await everywhere(async ({ name: machine }) => {
      const answer = await on(machine, readableBySomebody([...texts, 'PRIVATE KEY-----']));
      expect(answer.code, `${machine}: ${answer.output}`).to.equal(0);
      return answer.stdout
        .split('\n')
        .filter(Boolean)
        .map((file) => `${machine}:${file}`);
    });
    await on('client', `rm ${leak}`);
    expect(found.flat()).to.deep.equal([`client:${leak}`]);
  });

  it('asks for a password before it shows statistics', async () => {
    const ask = "curl -sk -o /dev/null -w '%{http_code}' -m 5 https://lab.test:8404/";
    expect((await on('client', ask)).stdout).to.equal('401');
  });
}

function isPublic(target: string, topology: Topology): boolean {
  const [address = '', port = ''] = target.split(':');
  const front = topology.machines
    .filter(({ roles }) => roles.includes('lb'))
    .map((machine) => machine.address);
  const machine = topology.machines.find((machine) => machine.address === address);
  if (machine) return port === '22' || (front.includes(address) && VISIBLE.includes(port));
  // Floating addresses: those that load balancers hold show what load balancers show.
  const holders = Object.values(topology.floating).find((floating) => floating?.address === address);
  const atBalancer = topology.machines.some(
    ({ roles }) => holders && roles.includes(holders.role) && roles.includes('lb'),
  );
  return atBalancer && VISIBLE.includes(port);
}

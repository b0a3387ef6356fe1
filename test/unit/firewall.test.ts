import { join } from 'node:path';
import { expect } from 'chai';
import { firewallOf } from '../../tasks/environment/provision/context.ts';
import { type AnyRole, type Role, readRoles } from '../../tasks/roles/roles.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { machinesOf, type RoleName, type Topology } from '../../tasks/topology/model.ts';

const root = join(import.meta.dirname, '../..');

describe('what a machine lets in', () => {
  const roles = readRoles(root);
  const only = (...names: AnyRole[]) => new Map([...roles].filter(([name]) => names.includes(name)));
  let seven: Topology;
  before(async () => {
    seven = await loadTopology('seven', root);
  });
  const rules = (name: string, known: Map<AnyRole, Role>, topology = seven) =>
    topology.machines
      .filter((machine) => machine.name === name)
      .flatMap((machine) => firewallOf(machine, topology, known));
  const addresses = (role: RoleName) => machinesOf(seven, role).map((machine) => machine.address);

  it('nobody but the load balancers reaches the pages of a web machine', () => {
    for (const name of ['web1', 'web2']) {
      const [rule, ...others] = rules(name, only('common', 'web'));
      expect(rule).to.include({ proto: 'tcp', port: 80 });
      expect(rule?.sources).to.deep.equal(addresses('lb'));
      expect(others).to.deep.equal([]);
    }
  });

  it('a visitor lets nothing in', () => {
    expect(rules('client', roles)).to.deep.equal([]);
  });

  it('everybody in the lab reaches the front door, and only load balancers agree with each other', () => {
    const found = rules('lb1', only('common', 'lb'));
    expect(found.find((rule) => rule.port === 443)?.sources).to.deep.equal([seven.network.cidr]);
    const vrrp = found.find((rule) => rule.proto === 'vrrp');
    expect(vrrp?.sources).to.deep.equal(
      machinesOf(seven, 'lb')
        .filter(({ name }) => name !== 'lb1')
        .map(({ address }) => address),
    );
  });

  /** A role that opens one port to the given sources. */
  const opening = (from: ('lab' | 'host' | RoleName)[]) => {
    const web = roles.get('web');
    if (!web) throw new Error('no role web');
    const port = {
      port: 99,
      proto: 'tcp',
      from,
      kind: 'service' as const,
      why: { en: 'a test', fr: 'un essai' },
    };
    return new Map<AnyRole, Role>([['web', { ...web, ports: [port] }]]);
  };

  it('host and lab are the topology’s; an address is named once, and a machine’s own never', () => {
    expect(rules('web1', opening(['host', 'lab'])).flatMap(({ sources }) => sources)).to.deep.equal([
      seven.network.host,
      seven.network.cidr,
    ]);
    // lb2 is a load balancer and a sentinel; web1 is a sentinel itself.
    expect(rules('web1', opening(['lb', 'sentinel'])).flatMap(({ sources }) => sources)).to.deep.equal(
      [...new Set([...addresses('lb'), ...addresses('sentinel')])].filter(
        (address) => !rulesAddress('web1').includes(address),
      ),
    );
  });
  const rulesAddress = (name: string) =>
    seven.machines.filter((machine) => machine.name === name).map(({ address }) => address);

  it('a port for machines that do not exist is not opened at all', () => {
    const without = { ...seven, machines: seven.machines.filter(({ roles: own }) => !own.includes('lb')) };
    expect(rules('web1', opening(['lb']), without)).to.deep.equal([]);
  });
});

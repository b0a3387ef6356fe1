import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { renderPayload } from '../../tasks/environment/provision/payload.ts';
import { parseTopology } from '../../tasks/topology/load.ts';
import { machinesOf, type Topology } from '../../tasks/topology/model.ts';
import { parseScale, scaleTopology } from '../../tasks/topology/scale.ts';
import { labFactsOf } from './helpers/lab-facts.ts';

const root = join(import.meta.dirname, '../..');
const SEVEN = readFileSync(join(root, 'topologies/seven.yaml'), 'utf8');
const scale = (text: string, count: number) =>
  scaleTopology(parseTopology(text, 'before.yaml'), text, count, 'after.yaml');
const named = (text: string, count: number) =>
  scale(text, count).added.map(({ name, address }) => `${name} ${address}`);

/** A small topology with these lines as its web machines. */
const small = (...webs: string[]) => `name: small
network: { cidr: 10.0.2.0/24, host: 10.0.2.1 }
floating:
  front: { address: 10.0.2.10, role: lb }
machines:
  lb1: { address: 10.0.2.11, roles: [lb] }
${webs.map((line) => `  ${line}`).join('\n')}
`;

describe('scaling a topology', () => {
  it('a third web machine follows the first two, serves and has no vote', () => {
    const { topology, added, removed } = scale(SEVEN, 3);
    expect(removed).to.deep.equal([]);
    expect(added).to.deep.equal([topology.machines.find(({ name }) => name === 'web3')]);
    expect(added[0]).to.deep.include({ address: '10.0.2.23', memory: 512, roles: ['web'], disk: undefined });
    expect(added[0]?.mac).to.equal('52:54:0a:00:02:17');
    expect(machinesOf(topology, 'sentinel')).to.have.length(3);
    expect(topology.file).to.equal('after.yaml');
  });

  it('stands behind the other web machines, and nothing else changes, comments neither', () => {
    const { text, topology } = scale(SEVEN, 3);
    const before = parseTopology(SEVEN, 'after.yaml');
    expect(topology.machines.map(({ name }) => name).join(' ')).to.equal(
      'client lb1 lb2 web1 web2 web3 db1 db2',
    );
    expect({ ...topology, machines: topology.machines.filter(({ name }) => name !== 'web3') }).to.deep.equal(
      before,
    );
    expect(text.match(/#.*/g)).to.deep.equal(SEVEN.match(/#.*/g));
    expect(text).to.match(/^ {2}web3: \{ address: 10\.0\.2\.23, memory: 512, roles: \[ web \] \}$/m);
  });

  it('there and back is the topology of before', () => {
    const back = scale(scale(SEVEN, 5).text, 2);
    expect(back.topology).to.deep.equal(parseTopology(SEVEN, 'after.yaml'));
    expect(back.removed.map(({ name }) => name)).to.deep.equal(['web5', 'web4', 'web3']);
    expect(scale(SEVEN, 2)).to.deep.include({ added: [], removed: [] });
  });

  it('steps over addresses that others have', () => {
    expect(named(SEVEN, 12).slice(-4)).to.deep.equal([
      'web9 10.0.2.29',
      'web10 10.0.2.33',
      'web11 10.0.2.34',
      'web12 10.0.2.35',
    ]);
  });

  it('fills a gap with the number and the address that belong there', () => {
    const text = small(
      'web1: { address: 10.0.2.21, roles: [web] }',
      'web3: { address: 10.0.2.23, roles: [web] }',
    );
    expect(named(text, 4)).to.deep.equal(['web2 10.0.2.22', 'web4 10.0.2.24']);
  });

  it('names without numbers, and addresses at the end of the network', () => {
    const text = small('front-end: { address: 10.0.2.254, memory: 256, cpus: 2, roles: [web] }');
    expect(named(text, 2)).to.deep.equal(['front-end1 10.0.2.2']);
    expect(scale(text, 2).added[0]).to.include({ memory: 256, cpus: 2 });
    const long = small('a-very-long-name-abc: { address: 10.0.2.21, roles: [web] }');
    expect(named(long, 2)).to.deep.equal(['web-1 10.0.2.22']);
  });

  it('knows web machines that are written with anchors', () => {
    const text = small(
      'web1: &web { address: 10.0.2.21, memory: 300, roles: [web] }',
      'web2: { <<: *web, address: 10.0.2.22 }',
    );
    const three = scale(text, 3);
    expect(three.added[0]).to.include({ name: 'web3', address: '10.0.2.23', memory: 300 });
    expect(scale(three.text, 1).removed.map(({ name }) => name)).to.deep.equal(['web3', 'web2']);
  });

  it('a full network is said', () => {
    const text = small('web1: { address: 10.0.2.21, roles: [web] }').replaceAll('10.0.2.0/24', '10.0.2.0/27');
    expect(() => scale(text, 40)).to.throw(LabError, 'no free address');
  });

  it('machines with votes or data stay, and the message says which and how few are possible', () => {
    expect(() => scale(SEVEN, 1)).to.throw(LabError, 'web2 cannot be removed: it also has session, sentinel');
    try {
      scale(SEVEN, 1);
    } catch (error) {
      expect((error as LabError).fix?.en).to.include('web=2');
    }
    // Of three, the two that vote stay.
    expect(scale(scale(SEVEN, 3).text, 2).removed.map(({ name }) => name)).to.deep.equal(['web3']);
  });

  it('the last free machine goes, wherever it stands', () => {
    const text = small(
      'web1: { address: 10.0.2.21, roles: [web] }',
      'web2: { address: 10.0.2.22, roles: [web, client] }',
    );
    const { removed, topology } = scale(text, 1);
    expect(removed.map(({ name }) => name)).to.deep.equal(['web1']);
    expect(machinesOf(topology, 'web').map(({ name }) => name)).to.deep.equal(['web2']);
  });

  it('a third web machine changes names, filters, exports and load balancers, and restarts nothing that holds state', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'scale-'));
    const render = async (topology: Topology) => {
      const facts = await labFactsOf('x', topology, folder);
      const all = topology.machines.flatMap((machine) =>
        renderPayload(machine, facts).roles.flatMap(({ role, files }) =>
          files.map((file): [string, string] => [
            `${machine.name} ${role.name} ${file.path}`,
            file.content.toString(),
          ]),
        ),
      );
      return new Map(all);
    };
    const before = await render(parseTopology(SEVEN, 'x'));
    const after = await render(scale(SEVEN, 3).topology);
    rmSync(folder, { recursive: true });
    const changed = [...before].filter(([file, text]) => after.get(file) !== text).map(([file]) => file);
    const kinds = new Set(changed.map((file) => file.split(' ')[2]));
    expect([...kinds].sort()).to.deep.equal([
      'common/hosts',
      'common/nftables.conf',
      'lb/haproxy.cfg',
      'storage/lab.exports',
    ]);
    for (const machine of ['lb1', 'lb2'])
      expect(after.get(`${machine} lb lb/haproxy.cfg`)).to.include('server web3 10.0.2.23:80');
    for (const machine of ['lb1', 'db1', 'web1'])
      expect(after.get(`${machine} common common/nftables.conf`), machine).to.include('10.0.2.23');
    expect(after.get('db2 storage storage/lab.exports')).to.include('10.0.2.23(');
  });

  it('reads how many are wanted', () => {
    expect(parseScale('web=3')).to.equal(3);
    for (const word of ['web', 'web=', 'web=x', 'web=-1', 'web=1.5', '3', 'wep=3', 'web=3=4', ''])
      expect(() => parseScale(word), word).to.throw(LabError, 'does not say how many');
    expect(() => parseScale('web=0')).to.throw(LabError, 'nothing would be served');
    expect(() => parseScale('database=3')).to.throw(LabError, 'number of database machines cannot change');
  });
});

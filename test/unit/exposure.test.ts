import { join } from 'node:path';
import { expect } from 'chai';
import { readRoles } from '../../tasks/roles/roles.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import type { Machine } from '../../tasks/topology/model.ts';
import { parseListeners, unexplained } from '../e2e/exposure.ts';

const root = join(import.meta.dirname, '../..');
const OUTPUT = `udp   UNCONN 0      0      10.0.2.31:5405      0.0.0.0:*    users:(("corosync",pid=612,fd=15))
tcp   LISTEN 0      80     10.0.2.31:3306      0.0.0.0:*    users:(("mariadbd",pid=801,fd=27))
tcp   LISTEN 0      128      0.0.0.0:22        0.0.0.0:*    users:(("sshd",pid=300,fd=6))
tcp   LISTEN 0      64             *:2049            *:*
tcp   LISTEN 0      4096        [::]:111          [::]:*    users:(("rpcbind",pid=1,fd=2))
tcp   LISTEN 0      16     127.0.0.1:9999      0.0.0.0:*    users:(("private",pid=5,fd=1))
`;

describe('what machines listen to', () => {
  let machine: Machine;
  before(async () => {
    const found = (await loadTopology('seven', root)).machines.find(({ name }) => name === 'db1');
    if (!found) throw new Error('no db1');
    machine = found;
  });

  it('is read with its port, address and process', () => {
    const listeners = parseListeners(OUTPUT);
    expect(listeners).to.have.length(6);
    expect(listeners[0]).to.deep.equal({ port: '5405/udp', address: '10.0.2.31', process: 'corosync' });
    expect(listeners[3]).to.deep.equal({ port: '2049/tcp', address: '*', process: '' });
    expect(listeners[4]?.address).to.equal('[::]');
  });

  it('a port that no role of the machine names is found; the loopback address is its own business', () => {
    const found = unexplained(parseListeners(OUTPUT), machine, readRoles(root));
    expect(found.map(({ port }) => port)).to.deep.equal(['111/tcp']);
    const visitor = { ...machine, roles: ['client' as const] };
    expect(unexplained(parseListeners(OUTPUT), visitor, readRoles(root)).map(({ port }) => port)).to.include(
      '3306/tcp',
    );
  });
});

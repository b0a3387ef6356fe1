import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ensureSecrets } from '../../tasks/lab/secrets.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import type { Topology } from '../../tasks/topology/model.ts';

const root = join(import.meta.dirname, '../..');

describe('certificates of a lab', () => {
  let folder: string;
  let topology: Topology;
  const secrets = (of = topology) => ensureSecrets(folder, of, [], 'cloud.lab');
  const certificateOf = async (name: string, of = topology) =>
    new X509Certificate((await secrets(of)).tls.machines?.[name]?.cert ?? '');

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-tls-'));
    topology = await loadTopology('seven', root);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('each machine has one of its own, signed by the lab, for its name and address', async () => {
    const authority = new X509Certificate((await secrets()).tls.ca);
    for (const machine of topology.machines) {
      const certificate = await certificateOf(machine.name);
      expect(certificate.verify(authority.publicKey), machine.name).to.equal(true);
      expect(certificate.checkIP(machine.address), machine.name).to.equal(machine.address);
      expect(certificate.checkHost(machine.name), machine.name).to.equal(machine.name);
    }
  });

  it('a database is also known at the address of Router, which passes TLS through; a web machine is not', async () => {
    const address = topology.floating.router?.address ?? '';
    expect((await certificateOf('db1')).checkIP(address)).to.equal(address);
    expect((await certificateOf('web1')).checkIP(address)).to.equal(undefined);
  });

  it('is kept, and issued again for a machine that moved', async () => {
    const before = await certificateOf('db1');
    expect((await certificateOf('db1')).fingerprint256).to.equal(before.fingerprint256);
    const moved = {
      ...topology,
      machines: topology.machines.map((one) => (one.name === 'db1' ? { ...one, address: '10.0.2.39' } : one)),
    };
    expect((await certificateOf('db1', moved)).checkIP('10.0.2.39')).to.equal('10.0.2.39');
    expect((await secrets()).tls.ca).to.equal((await secrets(moved)).tls.ca);
  });
});

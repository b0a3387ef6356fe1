import 'reflect-metadata';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ensureSecrets } from '../../tasks/environment/secrets.ts';
import { machineSubject } from '../../tasks/environment/subjects.ts';
import { issueCertificate } from '../../tasks/environment/tls.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { machineNamed, type Topology } from '../../tasks/topology/model.ts';

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

  const moved = (name: string, address: string): Topology => ({
    ...topology,
    machines: topology.machines.map((machine) => (machine.name === name ? { ...machine, address } : machine)),
  });
  const all = async (of = topology) => {
    const { ca, cert, machines } = (await secrets(of)).tls;
    return {
      ca,
      front: cert,
      ...Object.fromEntries(Object.entries(machines ?? {}).map(([name, { cert }]) => [name, cert])),
    };
  };

  it('are kept from one command to the next', async () => {
    expect(await all()).to.deep.equal(await all());
  });

  it('a machine that moved gets another one, and nobody else does', async () => {
    const before: Record<string, string> = await all();
    const after: Record<string, string> = await all(moved('db1', '10.0.2.39'));
    expect(Object.keys(before).filter((name) => before[name] !== after[name])).to.deep.equal(['db1']);
    expect(new X509Certificate(after.db1 ?? '').checkIP('10.0.2.39')).to.equal('10.0.2.39');
  });

  it('the front door gets another one when a load balancer moved, signed by the same authority', async () => {
    const before: Record<string, string> = await all();
    const after: Record<string, string> = await all(moved('lb2', '10.0.2.19'));
    expect(Object.keys(before).filter((name) => before[name] !== after[name])).to.have.members([
      'front',
      'lb2',
    ]);
    const front = new X509Certificate(after.front ?? '');
    expect(front.checkIP('10.0.2.19')).to.equal('10.0.2.19');
    expect(front.checkIP('10.0.2.12'), 'its address before').to.equal(undefined);
    expect(front.verify(new X509Certificate(after.ca ?? '').publicKey)).to.equal(true);
    // The key belongs to it.
    const { cert, key } = (await secrets(moved('lb2', '10.0.2.19'))).tls;
    expect(new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))).to.equal(true);
  });

  it('the front door and those that answer there get others when the front address or the name changed', async () => {
    const before: Record<string, string> = await all();
    const { front } = topology.floating;
    if (!front) throw new Error('seven has no front address');
    const other = {
      ...topology,
      floating: { ...topology.floating, front: { ...front, address: '10.0.2.9' } },
    };
    const after: Record<string, string> = await all(other);
    expect(Object.keys(before).filter((name) => before[name] !== after[name])).to.have.members([
      'front',
      'lb1',
      'lb2',
    ]);
    const renamed = (await ensureSecrets(folder, topology, [], 'other.lab')).tls;
    expect(new X509Certificate(renamed.cert).checkHost('other.lab')).to.equal('other.lab');
    expect(renamed.ca).to.equal(before.ca);
  });

  it('a machine that is gone leaves none behind, and one that comes gets one', async () => {
    const fewer = { ...topology, machines: topology.machines.filter((machine) => machine.name !== 'web2') };
    expect(await all(fewer)).to.not.have.property('web2');
    expect(await certificateOf('web2')).to.be.instanceOf(X509Certificate);
  });

  describe('that end', () => {
    const DAYS = 86_400_000;
    const begun = new Date('2026-01-01T00:00:00Z');
    const end = begun.getTime() + 3 * 365 * DAYS;
    let place: string;
    beforeEach(async () => {
      place = await mkdtemp(join(tmpdir(), 'lab-tls-end-'));
    });
    afterEach(() => rm(place, { recursive: true, force: true }));
    const at = async (time: number, of = topology) =>
      (await ensureSecrets(place, of, ['app'], 'cloud.lab', new Date(time))).tls;

    it('are kept until 30 days before', async () => {
      const first = await at(begun.getTime());
      expect(Date.parse(new X509Certificate(first.cert).validTo)).to.equal(end);
      expect(await at(end - 31 * DAYS)).to.deep.equal(first);
    });

    for (const [what, days] of [
      ['soon', -29],
      ['or have ended', 400],
    ] as const)
      it(`${what}: all are issued anew, with an authority that signed them; passwords stay`, async () => {
        const first = await at(begun.getTime());
        const { app } = await ensureSecrets(place, topology, ['app'], 'cloud.lab', begun);
        const then = end + days * DAYS;
        const tls = await at(then);
        const authority = new X509Certificate(tls.ca);
        const issued = [tls.cert, ...Object.values(tls.machines ?? {}).map((machine) => machine.cert)];
        expect(issued).to.have.length(topology.machines.length + 1);
        for (const cert of [tls.ca, ...issued]) {
          expect(Date.parse(new X509Certificate(cert).validTo)).to.be.above(then + 365 * DAYS);
          expect(new X509Certificate(cert).verify(authority.publicKey)).to.equal(true);
        }
        expect(tls.ca).to.not.equal(first.ca);
        expect((await ensureSecrets(place, topology, ['app'], 'cloud.lab', new Date(then))).app).to.equal(
          app,
        );
        expect(await at(then)).to.deep.equal(tls);
      });

    it('one of a machine that came later is exchanged alone, when it ends before the others', async () => {
      const year = 365 * DAYS;
      // All others were issued a year later than this one.
      const tls = await at(begun.getTime() + year);
      const own = await issueCertificate(tls, machineSubject(machineNamed(topology, 'db1'), topology), begun);
      const file = join(place, 'secrets.json');
      await writeFile(file, JSON.stringify({ tls: { ...tls, machines: { ...tls.machines, db1: own } } }));
      const after = await at(end - 10 * DAYS);
      expect([after.ca, after.cert]).to.deep.equal([tls.ca, tls.cert]);
      expect(after.machines?.web1).to.deep.equal(tls.machines?.web1);
      expect(Date.parse(new X509Certificate(after.machines?.db1?.cert ?? '').validTo)).to.be.above(end);
    });
  });
});

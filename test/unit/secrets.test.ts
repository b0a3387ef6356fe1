import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { writePrivate } from '../../tasks/base/files.ts';
import { ensureSecrets, password, type Secrets } from '../../tasks/environment/secrets.ts';
import { frontSubject } from '../../tasks/environment/subjects.ts';
import { issueAuthority } from '../../tasks/environment/tls.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { machinesOf, type Topology } from '../../tasks/topology/model.ts';
import { withModes } from './helpers/only.ts';

const root = join(import.meta.dirname, '../..');
const HOST = 'front.example';
const issue = (of: Topology) => issueAuthority(of, frontSubject(of, HOST));

describe('secrets of a lab', () => {
  let topology: Topology;
  let folder = '';
  before(async () => {
    topology = await loadTopology('seven', root);
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const ensure = (names: string[]): Promise<Secrets> => ensureSecrets(folder, topology, names, HOST);

  it('passwords: length, no character that is mistaken for another or means something to a shell', () => {
    for (const length of [1, 8, 24, 100]) expect(password(length)).to.have.length(length);
    const many = password(20_000);
    expect(many).to.match(/^[A-HJ-NP-Za-km-z2-9]+$/);
    expect(new Set(many).size).to.equal(57);
    expect(password()).to.not.equal(password());
  });

  it('no character of a password is likelier than others', () => {
    const counts = new Map<string, number>();
    for (const letter of password(570_000)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    // 10000 of each are expected, with a deviation of 99.
    expect(Math.max(...counts.values())).to.be.below(10_700);
    expect(Math.min(...counts.values())).to.be.above(9_300);
  });

  withModes.it('are in one file that only its owner can read, in a folder nobody else enters', async () => {
    const private_ = join(folder, 'lab');
    await ensureSecrets(private_, topology, ['app'], HOST);
    expect(readdirSync(private_)).to.deep.equal(['secrets.json']);
    expect(statSync(join(private_, 'secrets.json')).mode & 0o777).to.equal(0o600);
    expect(statSync(private_).mode & 0o777).to.equal(0o700);
  });

  it('are kept; new names are added; VRRP passwords have the eight characters that VRRP takes', async () => {
    const first = await ensure(['app', 'vrrpFront']);
    const second = await ensure(['app', 'database']);
    expect(second).to.deep.include({ app: first.app, vrrpFront: first.vrrpFront, tls: first.tls });
    expect(second.database).to.have.length(24);
    expect(first.vrrpFront).to.have.length(8);
    expect(new Set([first.app, second.database]).size).to.equal(2);
    expect(JSON.parse(readFileSync(join(folder, 'secrets.json'), 'utf8'))).to.deep.equal(second);
  });

  it('the file is not written again when nothing is new', async () => {
    await ensure(['app']);
    const before = statSync(join(folder, 'secrets.json')).ino;
    await ensure(['app']);
    expect(statSync(join(folder, 'secrets.json')).ino).to.equal(before);
  });

  withModes.it('a private file replaces a readable one without ever being readable', async () => {
    const file = join(folder, 'f');
    await writePrivate(file, 'one');
    await writePrivate(file, 'two');
    expect([readFileSync(file, 'utf8'), existsSync(`${file}.part`)]).to.deep.equal(['two', false]);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
  });

  it('the certificate is the authority’s, for the front address, each load balancer and the service’s name', async () => {
    const tls = await issue(topology);
    const [ca, cert] = [new X509Certificate(tls.ca), new X509Certificate(tls.cert)];
    expect(cert.verify(ca.publicKey)).to.equal(true);
    expect(cert.checkIssued(ca)).to.equal(true);
    expect(cert.checkPrivateKey(createPrivateKey(tls.key))).to.equal(true);
    expect(ca.checkPrivateKey(createPrivateKey(tls.caKey))).to.equal(true);
    expect([ca.ca, cert.ca]).to.deep.equal([true, false]);
    expect(cert.checkHost(HOST)).to.equal(HOST);
    expect(cert.checkHost('localhost')).to.equal('localhost');
    expect(cert.checkHost('other.example')).to.equal(undefined);
    const front = topology.floating.front?.address ?? '';
    for (const address of [front, ...machinesOf(topology, 'lb').map((machine) => machine.address)])
      expect(cert.checkIP(address), address).to.equal(address);
    for (const web of machinesOf(topology, 'web')) expect(cert.checkIP(web.address)).to.equal(undefined);
  });

  it('both are valid now, for a clock that is some hours behind, and for a year of teaching', async () => {
    const tls = await issue(topology);
    for (const pem of [tls.ca, tls.cert]) {
      const { validFrom, validTo } = new X509Certificate(pem);
      expect(Date.parse(validFrom)).to.be.below(Date.now() - 12 * 3_600_000);
      expect(Date.parse(validTo)).to.be.above(Date.now() + 365 * 86_400_000);
    }
  });

  it('two labs trust different authorities', async () => {
    const [one, other] = [await issue(topology), await issue(topology)];
    expect(new X509Certificate(one.cert).verify(new X509Certificate(other.ca).publicKey)).to.equal(false);
  });

  it('a topology without a front door has a certificate too', async () => {
    const tls = await issue({ ...topology, floating: {}, machines: [] });
    expect(new X509Certificate(tls.cert).checkHost(HOST)).to.equal(HOST);
  });
});

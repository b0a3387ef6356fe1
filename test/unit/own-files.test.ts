import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import tar from 'tar-stream';
import { ROOT } from '../../tasks/base/paths.ts';
import type { Environment } from '../../tasks/environment/record.ts';
import { bringUp } from '../../tasks/exercises/session/bring-up.ts';
import { wakeUp } from '../../tasks/exercises/session/ground.ts';
import { moveTo } from '../../tasks/exercises/session/moves.ts';
import { offersFor } from '../../tasks/exercises/session/offers.ts';
import { keptFiles } from '../../tasks/exercises/session/own-files.ts';
import { clearScript, placeFiles } from '../../tasks/exercises/session/place.ts';
import type { LabSession } from '../../tasks/exercises/session/session.ts';
import { doneByKit, provenanceOf } from '../../tasks/exercises/state/provenance.ts';
import { changeState, readState, remember } from '../../tasks/exercises/state/state.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { labs } from './helpers/facts.ts';
import { fakeEngine } from './helpers/fake-engine.ts';
import { type FakeSsh, fakeSsh } from './helpers/fake-ssh.ts';
import { ofMachines, withFakeSsh } from './helpers/only.ts';

const topology = await loadTopology('seven', ROOT);
const lab08 = labs.find(({ id }) => id === '08');
if (!lab08) throw new Error('no lab 08');
const CFG = '/etc/haproxy/haproxy.cfg';
const VRRP = '/etc/keepalived/keepalived.conf';
const PEM = '/etc/haproxy/front.pem';
const KEY = '-----BEGIN PRIVATE KEY-----\n';

/** What a machine with these files prints when it is asked for them. */
async function told(files: Record<string, string>, left: string[] = []): Promise<string> {
  const pack = tar.pack();
  for (const [name, text] of Object.entries(files))
    pack.entry({ name, mode: 0o644, uname: 'root', gname: 'root' }, text);
  pack.finalize();
  const parts: Buffer[] = [];
  for await (const part of pack) parts.push(part as Buffer);
  return `${Buffer.concat(parts).toString('base64')}\n--\n${left.map((path) => `${path}\n`).join('')}`;
}

withFakeSsh.describe('a student’s files of a lab that he leaves', () => {
  let folder = '';
  let ssh: FakeSsh;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'own-files-'));
    // A machine tells what is in NAME.told, and writes down what it is told to do.
    ssh = fakeSsh(`case $command in
      *'tar -c'*) [ -e $machine.told ] && cat $machine.told || exit 255 ;;
      *'systemctl stop'*) echo "$machine stop" >>acts; echo haproxy ;;
      *'systemctl start'*) echo "$machine start" >>acts; [ ! -e $machine.down ] || echo 'down haproxy' ;;
      *) echo "$machine $command" >>acts ;;
    esac`);
  });
  afterEach(() => {
    ssh.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const tells = async (machine: string, ...what: Parameters<typeof told>) =>
    writeFileSync(join(ssh.folder, `${machine}.told`), await told(...what));
  const acts = () => {
    const log = join(ssh.folder, 'acts');
    return existsSync(log) ? readFileSync(log, 'utf8') : '';
  };
  const snapshots: string[] = [];
  async function session(power: 'running' | 'off' = 'running') {
    snapshots.length = 0;
    const engine = fakeEngine(
      topology.machines.map(({ name }) => name),
      power,
      folder,
      {
        prepare: async () => undefined,
        listSnapshots: async () => snapshots.map((name) => ({ name, taken: '', memory: false })),
        saveSnapshot: async (name) => void snapshots.push(name),
      },
    );
    const record = { topology: 'seven' } as Environment['record'];
    const environment = { folder, root: ROOT, name: 'x', record, topology } as Environment;
    return { environment, engine, labs, host: 'lab.test', state: await readState(folder) };
  }
  /** In lab 04, as this student, after what he did. */
  async function inLab04(
    student = 'alice',
    more: (open: LabSession) => Promise<void> = async () => undefined,
  ) {
    const open = await session();
    await changeState(open, (state) => void Object.assign(state, { student }));
    await moveTo(open, { to: '04' }, async () => undefined);
    await more(open);
    return open;
  }
  const offers = async () => offersFor({ folder, topology, state: await readState(folder) }, labs, lab08);
  const why = async () => (await offers()).refused.find((refused) => refused.labs.includes('04'));

  it('are kept with their values, for their owner alone, without keys', async () => {
    await tells('lb1', { [CFG]: 'mine', [VRRP]: 'vrid', [PEM]: KEY, '/etc/shadow': 'x' });
    await tells('lb2', { [CFG]: 'mine', [VRRP]: 'vrid' });
    await moveTo(await inLab04(), { to: '05' }, async () => undefined);
    const kept = await keptFiles(folder, '04');
    if (!kept || kept === 'unusable') throw new Error('nothing kept');
    expect(Object.keys(kept.machines.lb1?.files ?? {})).to.deep.equal([CFG, VRRP]);
    expect(kept.machines.lb1?.keys).to.deep.equal([PEM]);
    expect(kept.values.router).to.match(/^\d+$/);
    expect([kept.silent, kept.done, kept.faults]).to.deep.equal([[], [], []]);
    const path = join(folder, 'own-files');
    const text = readFileSync(join(path, '04.json'), 'utf8');
    expect(text).to.not.include(Buffer.from(KEY).toString('base64').slice(0, 20));
    if (process.platform !== 'win32') {
      expect(statSync(path).mode & 0o777).to.equal(0o700);
      expect(statSync(join(path, '04.json')).mode & 0o777).to.equal(0o600);
    }
    const {
      offers: [offer],
    } = await offers();
    expect(offer?.machines.map(({ machine, keys, units }) => [machine, keys, units])).to.deep.equal([
      ['lb1', [PEM], ['haproxy', 'keepalived']],
      ['lb2', [], ['haproxy', 'keepalived']],
    ]);
  });

  it('are those of the latest work, and none are of a lab with which nothing can begin', async () => {
    await tells('lb1', { [CFG]: 'first' });
    await tells('lb2', { [CFG]: 'first' });
    await moveTo(await inLab04(), { to: '05' }, async () => undefined);
    const asked = ssh.calls().length;
    await moveTo(await session(), { to: '06' }, async () => undefined);
    expect(ssh.calls()).to.have.length(asked);
    await tells('lb1', { [CFG]: 'second' });
    await moveTo(await inLab04(), { to: '05' }, async () => undefined);
    const kept = await keptFiles(folder, '04');
    expect(JSON.stringify(kept)).to.include(Buffer.from('second').toString('base64'));
    // On the way there is nobody's work.
    await changeState(
      await session(),
      (state) => void Object.assign(state, { current: '04', moving: { to: '05' } }),
    );
    await tells('lb1', { [CFG]: 'half' });
    await moveTo(await session(), { to: '05' }, async () => undefined);
    expect(await keptFiles(folder, '04')).to.deep.equal(kept);
  });

  it('are not laid where they are not whole, and it is said why', async () => {
    expect((await why())?.why.en).to.match(/no files of yours are kept of lab 04/);
    const leave = async (more?: (open: LabSession) => Promise<void>) =>
      moveTo(await inLab04('alice', more), { to: '05' }, async () => undefined);
    await tells('lb1', { [CFG]: 'mine' });
    await leave();
    expect((await why())?.why.en).to.equal('lb2 did not answer when you left lab 04');
    expect((await why())?.machines).to.deep.equal(['lb1', 'lb2']);
    expect((await why())?.fix?.en).to.match(/`lab start 04 --resume`/);
    await tells('lb2', {});
    await leave();
    expect((await why())?.why.en).to.equal('you had written none on lb2');
    await tells('lb2', { [CFG]: 'mine' }, ['/etc/haproxy/huge']);
    await leave();
    expect((await why())?.why.en).to.match(/too large.*lb2:\/etc\/haproxy\/huge/);
    await tells('lb2', { [CFG]: 'mine' });
    await leave((open) =>
      changeState(
        open,
        (state) => void state.faults.push({ lab: '04', name: 'deaf', machine: 'lb1', at: '' }),
      ),
    );
    expect((await why())?.why.en).to.match(/a fault of `lab break` was open .*04\/deaf/);
    await leave();
    expect(await why()).to.equal(undefined);
    await changeState(await session(), (state) => void Object.assign(state, { student: 'bob' }));
    expect((await why())?.why.en).to.match(/values of another student \(router: \d+, yours is \d+\)/);
    writeFileSync(
      join(folder, 'own-files', '04.json'),
      '{"machines": {"lb1": {"files": {"/etc/shadow": 1}}}}',
    );
    expect((await why())?.why.en).to.equal('what was kept of lab 04 cannot be read');
  });

  it('lead nowhere but to where the guide of their lab writes', async () => {
    await tells('lb1', { [CFG]: 'mine' });
    await tells('lb2', { [CFG]: 'mine' });
    await moveTo(await inLab04(), { to: '05' }, async () => undefined);
    const path = join(folder, 'own-files', '04.json');
    const kept = JSON.parse(readFileSync(path, 'utf8')) as {
      machines: Record<string, { files: object; keys: string[] }>;
    };
    const evil = kept.machines.lb1;
    Object.assign(evil?.files ?? {}, { '/etc/shadow': { mode: '0644', owner: 'root:root', data: '' } });
    evil?.keys.push('/root/.ssh/authorized_keys', '/etc/haproxy/../shadow');
    writeFileSync(path, JSON.stringify(kept));
    const {
      offers: [offer],
    } = await offers();
    expect([...(offer?.machines[0]?.files.keys() ?? [])]).to.deep.equal([CFG]);
    expect(offer?.machines[0]?.keys).to.deep.equal([]);
  });

  it('remember what the kit did of them, and a start with them hides nothing and accuses nobody', async () => {
    await tells('lb1', { [CFG]: 'kit' });
    await tells('lb2', { [CFG]: 'kit' });
    const open = await inLab04('alice', async (open) =>
      changeState(open, (state) => remember(state, { kind: 'solve', what: '04' })),
    );
    const own = () => Object.fromEntries([['04', ['lab solve 04']]]);
    await moveTo(open, { to: '08', mine: true }, async () => undefined, { own });
    expect((await offers()).offers[0]?.done).to.deep.equal(['lab solve 04']);
    const { history } = await readState(folder);
    expect(history.find(({ kind, what }) => kind === 'start' && what === '08')?.own).to.deep.equal(own());
    expect(history.some(({ kind, what }) => kind === 'solve' && what === '04')).to.equal(true);
    const provenance = provenanceOf(history);
    expect(doneByKit(provenance, '08', lab08.needs.bare)).to.deep.equal([]);
    // Handed in for lab 04, these machines are still none of its start.
    expect(doneByKit(provenance, '04', ['lb']).map(({ en }) => en)).to.deep.equal([
      'the machines come from the start of lab 08',
    ]);
  });

  it('a start with them that broke off is repeated as one', async () => {
    const open = await session();
    const broken = moveTo(open, { to: '08', mine: true }, async () => Promise.reject(new Error('killed')));
    await broken.catch(() => undefined);
    expect(() => bringUp(open.state, { provision: true })).to.throw(/`lab start 08 --from-mine` broke off/);
  });

  it('are read of machines that are off once these have started, and only of those', async () => {
    await inLab04();
    const off = await session('off');
    await wakeUp(off, () => undefined);
    expect(off.engine.log.sort()).to.deep.equal(['start lb1', 'start lb2']);
    await changeState(off, (state) => void Object.assign(state, { current: '05' }));
    const other = await session('off');
    await wakeUp(other, () => undefined);
    expect(other.engine.log).to.deep.equal([]);
  });

  const machine = (files: Record<string, string>) => ({
    ...{ machine: 'lb1', units: ['haproxy'], left: [] },
    carried: { files: new Set<string>(), folders: new Set(['/etc/haproxy']), kits: new Set<string>() },
    files: new Map(
      Object.entries(files).map(([path, text]) => [
        path,
        { mode: '0644', owner: 'root:root', data: Buffer.from(text).toString('base64') },
      ]),
    ),
  });

  it('take the place of the kit’s on a machine, whose key stands in for theirs', async () => {
    await tells('lb1', { [CFG]: 'kit', '/etc/haproxy/kit.cfg': 'x', '/etc/haproxy/lab.pem': KEY });
    const placed = await placeFiles(await session(), machine({ [CFG]: 'mine' }), {
      alone: true,
      keys: [PEM],
    });
    expect(placed).to.deep.equal({ changed: [CFG, '/etc/haproxy/kit.cfg'], broken: [] });
    const lines = acts().split('\n');
    const at = (pattern: RegExp) => lines.findIndex((line) => pattern.test(line));
    expect(acts()).to.match(/rm -f -- '?\/etc\/haproxy\/kit\.cfg'?;/);
    expect(acts()).to.match(
      /cp -p --remove-destination -- '?\/etc\/haproxy\/lab\.pem'? '?\/etc\/haproxy\/front\.pem'? &&/,
    );
    expect(at(/lb1 stop/)).to.be.below(at(/tar -x/));
    expect(at(/tar -x/)).to.be.below(at(/lb1 start/));
    expect(acts()).to.include('dpkg-query');
    writeFileSync(join(ssh.folder, 'lb1.down'), '');
    const { broken } = await placeFiles(await session(), machine({ [CFG]: 'wrong' }));
    expect(broken).to.deep.equal(['haproxy']);
  });

  it('are refused whole where a key of theirs has none to stand in, or the machine does not tell', async () => {
    const refused = async (keys: string[]) =>
      placeFiles(await session(), machine({ [CFG]: 'mine' }), { keys }).catch(
        (error: Error) => error.message,
      );
    await tells('lb1', { [CFG]: 'kit' });
    expect(await refused([PEM])).to.match(/front\.pem on lb1 is a key or a certificate/);
    await tells('lb1', { [CFG]: 'kit', '/etc/haproxy/a.pem': KEY, '/etc/haproxy/b.pem': KEY });
    expect(await refused([PEM])).to.match(/front\.pem on lb1/);
    rmSync(join(ssh.folder, 'lb1.told'));
    expect(await refused([])).to.match(/could not be placed on lb1/);
    expect(acts()).to.equal('');
  });
});

ofMachines.describe('what the kit has below the folders of a student’s files', () => {
  it('goes, and what a package put there stays', () => {
    const root = mkdtempSync(join(tmpdir(), 'clear-'));
    try {
      const put = (path: string) => {
        mkdirSync(join(root, path, '..'), { recursive: true });
        writeFileSync(join(root, path), 'x');
      };
      const all = [
        'etc/app/top.conf',
        'etc/app/conf.d/kit.conf',
        'etc/app/conf.d/a b.conf',
        'etc/app/errors/400.http',
        'etc/other/x/y',
      ];
      for (const path of all) put(path);
      mkdirSync(join(root, 'bin'));
      writeFileSync(
        join(root, 'bin/dpkg-query'),
        '#!/bin/sh\ncase $2 in */errors/*) exit 0 ;; esac\nexit 1\n',
        { mode: 0o755 },
      );
      const folders = new Set(['/etc/app', '/etc/none']);
      execFileSync('bash', ['-e', '-o', 'pipefail', '-c', clearScript(folders, root)], {
        env: { ...process.env, PATH: `${join(root, 'bin')}:${process.env.PATH}` },
      });
      expect(all.filter((path) => existsSync(join(root, path)))).to.deep.equal([
        ...['etc/app/top.conf', 'etc/app/errors/400.http', 'etc/other/x/y'],
      ]);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});

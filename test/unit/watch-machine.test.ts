import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { poll } from '../../tasks/base/poll.ts';
import { asking } from '../../tasks/inspect/scripts.ts';
import { readRequests } from '../../tasks/watch/channel.ts';
import { Lines, questionAfter } from '../../tasks/watch/lines.ts';
import { ofMachines } from './helpers/only.ts';
import { STAT } from './helpers/well.ts';

const root = join(import.meta.dirname, '../..');
const DRBD = ' 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----\n';

ofMachines.describe('watch: what a machine tells', () => {
  let folder = '';
  let child: ChildProcess | undefined;
  let lines: string[] = [];
  const file = (name: string) => join(folder, name);
  /** Programs that were started, a line each. */
  const started = () =>
    existsSync(file('started')) ? readFileSync(file('started'), 'utf8').trim().split('\n') : [];
  const fake = (name: string, body: string) => {
    writeFileSync(file(`bin/${name}`), `#!/bin/bash\necho "${name} $*" >>'${file('started')}'\n${body}\n`);
    chmodSync(file(`bin/${name}`), 0o755);
  };
  const until = (found: () => boolean) => poll(found, Boolean, { every: 0.05, seconds: 60 });
  const has = (start: string) => () => lines.some((line) => line.startsWith(start));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watch-'));
    for (const name of [
      'bin',
      'proc',
      'run/galera',
      'run/systemd/units',
      'sys/class/net/vec0/statistics',
      'sys/fs/cgroup/system.slice',
    ])
      mkdirSync(file(name), { recursive: true });
    writeFileSync(file('proc/loadavg'), '0.25 0.10 0.05 1/50 99\n');
    writeFileSync(file('proc/drbd'), `version: 8.4.11\n${DRBD}`);
    for (const name of ['rx_bytes', 'tx_bytes'])
      writeFileSync(file(`sys/class/net/vec0/statistics/${name}`), '1000\n');
    writeFileSync(file('run/galera/state'), 'primary synced\n');
    fake(
      'ip',
      // The monitor stays, and tells what is written into a file.
      `case $* in *monitor*) touch '${file('changes')}'; exec tail -n +1 -f '${file('changes')}';; esac
echo '2: vec0    inet 10.0.2.31/24 brd 10.0.2.255 scope global vec0'`,
    );
    fake('journalctl', `touch '${file('journal')}'; exec tail -n +1 -f '${file('journal')}'`);
    fake(
      'systemctl',
      `[[ $1 != is-enabled ]] || { shift; for name; do [[ -e '${file('disabled')}' ]] && echo disabled || echo enabled; done; exit; }
shift; for name; do if [[ -d '${file('sys/fs/cgroup/system.slice')}'/$name.service || -L '${file('run/systemd/units')}'/invocation:$name.service ]]; then echo active; else echo inactive; fi; done`,
    );
    fake('mariadb', `printf 'wsrep_cluster_size\\t3\\nwsrep_cluster_status\\tPrimary\\n'`);
    fake('corosync-quorumtool', `printf 'Quorate:          Yes\\nTotal votes:      3\\n'`);
  });
  afterEach(async () => {
    child?.stdin?.end();
    if (child?.exitCode === null) await new Promise((resolve) => child?.once('close', resolve));
    child = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  function start(env: Record<string, string> = {}, cursor = ''): ChildProcess {
    lines = [];
    const script = `${asking(root, 1)}\n${readFileSync(join(root, 'tasks/watch/machine.sh'), 'utf8')}`;
    child = spawn(
      'bash',
      ['-c', script, 'lab-watch', 'vec0', 'database storage', 'mariadb corosync', cursor, 'mariadbd'],
      {
        env: {
          ...process.env,
          PATH: `${file('bin')}:${process.env.PATH}`,
          ...{ LAB_SYS: file('sys'), LAB_PROC: file('proc'), LAB_RUN: file('run') },
          ...env,
        },
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    return child;
  }

  it('its addresses first, then a beat each second; database, disk, services and votes', async () => {
    start();
    await until(() =>
      ['beat ', 'services ', 'votes galera', 'votes corosync', 'member ', 'replica '].every((word) =>
        has(word)(),
      ),
    );
    expect(lines.find((line) => /^(addresses|beat)/.test(line))).to.equal('addresses 10.0.2.31');
    expect(lines.find(has('beat') && ((line) => line.startsWith('beat')))).to.match(
      /^beat \d+\.\d{6} 0\.25 1000 1000$/,
    );
    expect(lines).to.include('member primary synced');
    expect(lines).to.include('replica cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----');
    expect(lines).to.include('services mariadb=inactive corosync=inactive');
    expect(lines).to.include.members(['votes galera 3 yes', 'votes corosync 3 yes']);
  });

  it('a service that no role has enabled is not set up, which is no failure', async () => {
    writeFileSync(file('disabled'), '');
    mkdirSync(file('sys/fs/cgroup/system.slice/mariadb.service'));
    start();
    await until(has('services'));
    expect(lines).to.include('services mariadb=active corosync=unused');
  });

  it('a service without processes of its own is asked about when systemd has it active', async () => {
    start();
    await until(() => lines.includes('services mariadb=inactive corosync=inactive'));
    symlinkSync('1f2e3d', file('run/systemd/units/invocation:corosync.service'));
    await until(() => lines.includes('services mariadb=inactive corosync=active'));
  });

  it('at rest no program is started; what does not change is not told again', async () => {
    start();
    await until(has('member'));
    // The questions of the beginning are over.
    await until(() => started().filter((line) => line.startsWith('systemctl')).length > 0);
    const beats = () => lines.filter((line) => line.startsWith('beat')).length;
    await until(() => beats() >= 3);
    const before = started();
    const count = beats();
    await until(() => beats() >= count + 4);
    expect(started()).to.deep.equal(before);
    expect(lines.filter((line) => line.startsWith('member'))).to.have.length(1);
    expect(lines.filter((line) => line.startsWith('replica'))).to.have.length(1);
  });

  it('a service that comes is asked about, a state that changes is told, an address that moves is passed on', async () => {
    start();
    await until(has('member'));
    mkdirSync(file('sys/fs/cgroup/system.slice/mariadb.service'));
    writeFileSync(file('run/galera/state'), 'primary donor\n');
    writeFileSync(
      file('proc/drbd'),
      " 0: cs:SyncSource ro:Primary/Secondary ds:UpToDate/Inconsistent C\n\t[=>..] sync'ed: 12.5% (1/2)K\n",
    );
    appendFileSync(file('changes'), 'Deleted 2: vec0    inet 10.0.2.40/24 scope global secondary vec0\n');
    await until(() =>
      ['services mariadb=active corosync=inactive', 'member primary donor'].every((line) =>
        lines.includes(line),
      ),
    );
    await until(has('Deleted 2: vec0'));
    await until(has('replica cs:SyncSource'));
    expect(lines.find((line) => line.startsWith('replica cs:SyncSource'))).to.match(/ synced:12\.5$/);
  });

  it('the journal goes on where it was read to', async () => {
    start({}, 's=abc;i=1');
    await until(() => started().some((line) => line.startsWith('journalctl')));
    expect(started().find((line) => line.startsWith('journalctl'))).to.contain(
      '--after-cursor=s=abc;i=1 --no-tail -t mariadbd',
    );
    appendFileSync(file('journal'), '{"MESSAGE":"x"}\n');
    await until(has('{"MESSAGE":"x"}'));
  });

  it('a question is answered; with the end of its input everything ends', async () => {
    const running = start();
    await until(has('votes galera'));
    const asked = () => started().filter((line) => line.startsWith('mariadb ')).length;
    const before = asked();
    running.stdin?.write('ask galera\n');
    await until(() => asked() === before + 1);
    running.stdin?.end();
    // Its output is closed only when the last program that writes to it has ended.
    await new Promise((resolve) => running.once('close', resolve));
    expect(running.exitCode).to.equal(0);
  });

  it('a watcher that is not heard any more is not told for ever', async () => {
    const running = start({ LAB_PATIENCE: '2' });
    await new Promise((resolve) => running.once('close', resolve));
    expect(running.exitCode).to.equal(0);
  });
});

describe('watch: reading what a machine tells', () => {
  const NOW = 1_700_000_000_000;
  const entry = (seconds: number, message: string, identifier = 'mariadbd') =>
    JSON.stringify({
      ...{ __CURSOR: 's=1', __REALTIME_TIMESTAMP: String(seconds * 1e6), __MONOTONIC_TIMESTAMP: '5000000' },
      ...{ SYSLOG_IDENTIFIER: identifier, MESSAGE: message },
    });
  const VIEW = 'WSREP: New COMPONENT: primary = yes, bootstrap = no, my_idx = 0, memb_num = 3';

  it('a line of the journal is an event, and for the databases a belief', () => {
    const lines = new Lines();
    const told = lines.read(entry(NOW / 1000 - 5, VIEW), NOW);
    expect(told).to.deep.equal([
      {
        t: NOW - 5000,
        happening: { source: 'journal', what: 'said', code: 'database-view', text: 'primary, members: 3' },
      },
      {
        t: NOW - 5000,
        happening: { source: 'votes', what: 'votes', group: 'galera', votes: 3, quorate: true },
      },
    ]);
    expect(lines.cursor).to.equal('s=1');
    expect(lines.read(entry(NOW / 1000, 'nothing of note'), NOW)).to.deep.equal([]);
  });

  it('a clock that is an hour ahead is put right by its beats', () => {
    const lines = new Lines();
    lines.read(`beat ${NOW / 1000 + 3600}.000000 0.1 1 1`, NOW + 20);
    const [told] = lines.read(entry(NOW / 1000 + 3590, VIEW), NOW + 30);
    expect(told?.t).to.equal(NOW - 10_000 + 20);
  });

  it('nothing that a terminal would obey comes through', () => {
    const [told] = new Lines().read(
      entry(NOW / 1000, 'Server web/web1 is DOWN, reason: \x1b]0;title\x07\x9b31m bad.', 'haproxy'),
      NOW,
    );
    expect(JSON.stringify(told)).to.not.match(/\p{Cc}|\\u00/u);
    expect(told?.happening).to.include({ code: 'server-down' });
  });

  it('what is no line of the script says nothing', () => {
    const lines = new Lines();
    for (const wrong of [
      ...[
        '',
        'beat',
        'beat x y z 1',
        'votes galera many yes',
        'votes moon 3 yes',
        'session king up',
        'replica x',
      ],
      ...['{"', '{}', '2: vec0 inet6 fe80::1/64', 'Connection closed'],
    ])
      expect(lines.read(wrong, NOW), wrong).to.deep.equal([]);
    expect(lines.read('services a=active $(x)=y b=failed', NOW)[0]?.happening).to.deep.include({
      services: { a: 'active', b: 'failed' },
    });
    expect(lines.read('addresses 10.0.2.1 evil', NOW)[0]?.happening).to.deep.include({
      addresses: ['10.0.2.1'],
    });
  });

  it('after an event that may change a belief the machine is asked for it', () => {
    expect(
      ['database-view', 'cluster-node', 'redis-moved', 'service-died', 'address-taken'].map(questionAfter),
    ).to.deep.equal([...['galera', 'corosync', 'redis', 'services', undefined]]);
  });

  it('HAProxy’s figures: requests of the front, servers once for both of their ways', () => {
    const csv = STAT.replace('status,weight', 'status,rate,req_rate')
      .replace(/OPEN,$/m, 'OPEN,2,7')
      .replace(/UP,1$/m, 'UP,4,')
      .replace('UP 1/3,1', 'DOWN 1/3,3,')
      .concat('\nfiles,web1,0,0,0,2,16,18,2214,4422,,0,,0,0,0,0,no check,1,');
    expect(readRequests(csv)).to.deep.equal({
      ...{ source: 'haproxy', what: 'requests', rate: 7 },
      servers: { web1: { status: 'UP', rate: 5 }, web2: { status: 'DOWN', rate: 3 } },
    });
    expect(readRequests('')).to.equal(undefined);
  });
});

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { ofMachines } from './helpers/only.ts';

const files = join(import.meta.dirname, '../../roles/storage/files');
const ADDRESS = '192.0.2.40';
const TRIE = (address: string) =>
  `Local:\n  +-- 192.0.2.0/24 2 0 2\n     |-- ${address}\n        /32 host LOCAL\n`;

ofMachines.describe('storage', () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let running: ChildProcess | undefined;
  const at = (name: string) => join(folder, name);
  const write = (name: string, text: string) => {
    mkdirSync(dirname(at(name)), { recursive: true });
    writeFileSync(at(name), text);
  };

  /** What the kernel shows while everything runs here. */
  function serving(): void {
    write('proc/net/fib_trie', TRIE(ADDRESS));
    write('proc/self/mounts', 'proc /proc proc rw 0 0\n/dev/drbd0 /srv/storage ext4 rw,noatime 0 0\n');
    write('proc/fs/nfsd/threads', '8\n');
    for (const unit of ['nfs-mountd', 'nfsdcld'])
      write(`cgroups/${unit}.service/cgroup.events`, 'populated 1\nfrozen 0\n');
    write(
      'proc/drbd',
      'version: 8.4\n 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----\n    ns:1\n',
    );
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'storage-watch-'));
    env = {
      LAB_SHARED: join(files, '../..'),
      LAB_PROC: at('proc'),
      LAB_CGROUPS: at('cgroups'),
      LAB_PATH: `${folder}:/usr/sbin:/usr/bin:/sbin:/bin`,
      LAB_STORAGE_ENV: at('storage.env'),
      LAB_EXPORTS: at('lab.exports'),
    };
    write(
      'storage.env',
      `STORAGE_PEER=other\nSTORAGE_ADDRESS=${ADDRESS}\nSTORAGE_CHANGED_WAIT=0\nSTORAGE_AGENT_LIMIT=5\n`,
    );
    // What it is asked goes into a file; --force-check answers with the code that the test gives for the resource, if any.
    write(
      'crm_resource',
      `#!/bin/bash
echo "$*" >>"${folder}/asked"
case "$*" in
  *--locate*) for word; do :; done; [[ "$*" == *drbd* ]] && echo other; echo "$(hostname)" ;;
  *--force-check*) [[ ! -f "${folder}/rc.\${*: -1}" ]] || echo "Operation force-check for x (ocf:lab:x) returned $(<"${folder}/rc.\${*: -1}") (text)" ;;
esac\n`,
    );
    chmodSync(at('crm_resource'), 0o755);
    serving();
  });
  afterEach(() => {
    running?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const asked = () => (existsSync(at('asked')) ? readFileSync(at('asked'), 'utf8') : '');
  const failures = () =>
    asked()
      .split('\n')
      .filter((line) => line.includes('--fail'));

  /** Starts the watch and waits until it has asked about every resource once. */
  async function watch(): Promise<void> {
    running = spawn('bash', [join(files, 'storage-watch')], { env, stdio: 'ignore' });
    await until(() => asked().includes('--force-check --resource drbd'));
    writeFileSync(at('asked'), '');
  }
  async function until(done: () => boolean, seconds = 20): Promise<boolean> {
    const end = Date.now() + seconds * 1000;
    while (!done() && Date.now() < end) await sleep(50);
    return done();
  }

  it('asks nothing as long as nothing changes', async () => {
    for (const name of ['drbd', 'filesystem', 'nfs-server', 'address'])
      write(`rc.${name}`, name === 'drbd' ? '8' : '0');
    await watch();
    await sleep(2500);
    expect(asked()).to.equal('');
  });

  it('reports the part that its agent finds gone, and no other', async () => {
    for (const name of ['filesystem', 'nfs-server', 'address']) write(`rc.${name}`, '0');
    write('rc.drbd', '8');
    await watch();
    write('rc.nfs-server', '7');
    write('proc/fs/nfsd/threads', '0\n');
    expect(await until(() => failures().length > 0), asked()).to.equal(true);
    await until(() => asked().includes('--force-check --resource drbd'));
    expect(failures()).to.deep.equal([`--fail --resource nfs-server --node ${hostname()}`]);
  });

  it('reports nothing where an agent gives no answer, or one that is not understood', async () => {
    write('rc.drbd', '8');
    write('rc.address', '999');
    await watch();
    write('proc/net/fib_trie', TRIE('192.0.2.31'));
    await until(() => asked().includes('--force-check --resource drbd'));
    expect(asked()).to.include('--force-check --resource address');
    expect(failures()).to.deep.equal([]);
  });

  /** Exit code of one of the lab's agents, asked to do something. */
  const ask = (action: string, agent: string, parameters: Record<string, string> = {}) => {
    const script = readFileSync(join(files, 'agents', agent), 'utf8')
      .replace('/usr/local/lib/lab/storage-common', join(files, 'storage-common'))
      .replaceAll('/usr/libexec/heartbeat', folder);
    const keys = Object.entries(parameters).map(([name, value]) => [`OCF_RESKEY_${name}`, value]);
    return spawnSync('bash', ['-c', script, agent, action], {
      env: { ...env, ...Object.fromEntries(keys) },
    }).status;
  };
  const monitor = (agent: string, parameters: Record<string, string> = {}) =>
    ask('monitor', agent, parameters);
  const programs = (texts: Record<string, string>) => {
    for (const [name, text] of Object.entries(texts)) {
      write(name, `#!/bin/bash\n${text}\n`);
      chmodSync(at(name), 0o755);
    }
  };
  const all = {
    address: () => monitor('address', { ip: ADDRESS, cidr_netmask: '24', nic: 'lo' }),
    filesystem: () =>
      monitor('filesystem', { device: '/dev/drbd0', directory: '/srv/storage', fstype: 'ext4' }),
    nfs: () => monitor('nfs'),
  };

  it('agents see what runs, what does not, and what is broken', () => {
    expect(Object.values(all).map((look) => look())).to.deep.equal([0, 0, 0]);
    write('proc/net/fib_trie', TRIE('192.0.2.140'));
    write('proc/self/mounts', '/dev/drbd0 /srv/storage ext4 ro,noatime 0 0\n');
    write('proc/fs/nfsd/threads', '0\n');
    expect(
      Object.values(all).map((look) => look()),
      'another address, read-only, no threads',
    ).to.deep.equal([7, 1, 1]);
    write('proc/self/mounts', '');
    rmSync(at('cgroups'), { recursive: true });
    expect([all.filesystem(), all.nfs()]).to.deep.equal([7, 7]);
    expect(
      monitor('address', { ip: '$(touch x)', cidr_netmask: '24', nic: 'lo' }),
      'not an address',
    ).to.equal(6);
  });

  it('the machine that takes the address over says so to its neighbours and to every port that a client may have', async () => {
    write('lab.exports', '# who\n/srv/storage/shared 192.0.2.21(rw,sync) 192.0.2.22(rw,sync)\n');
    write('proc/net/fib_trie', TRIE('192.0.2.31'));
    programs({
      ip: `echo "$*" >>"${at('told')}"`,
      send_arp: `echo "arp $*" >>"${at('told')}"`,
      tickle_tcp: `cat >"${at('told.part')}"; mv "${at('told.part')}" "${at('tickled')}"`,
    });
    expect(ask('start', 'address', { ip: ADDRESS, cidr_netmask: '24', nic: 'lo' })).to.equal(0);
    expect(await until(() => existsSync(at('tickled')))).to.equal(true);
    expect(readFileSync(at('told'), 'utf8')).to.match(/^address add 192\.0\.2\.40\/24 dev lo\n/);
    const tickled = readFileSync(at('tickled'), 'utf8').trim().split('\n');
    // Ports of the kernel's NFS client: min_resvport to max_resvport of sunrpc.
    expect(tickled).to.have.length(2 * (1023 - 665 + 1));
    expect(tickled).to.include('192.0.2.40:2049 192.0.2.21:665');
    expect(tickled).to.include('192.0.2.40:2049 192.0.2.22:1023');
  });

  // systemd keeps its own stop of these units back until Pacemaker has ended, and Pacemaker waits for its agents.
  for (const [pacemaker, system, how] of [
    ['active', 'running', ['stop nfs-server nfs-mountd nfsdcld']],
    ['deactivating', 'running', ['kill nfs-mountd nfsdcld', '--no-block stop nfs-server nfs-mountd nfsdcld']],
    ['active', 'stopping', ['kill nfs-mountd nfsdcld']],
  ] as const)
    it(`ends the NFS server while Pacemaker is ${pacemaker} and the machine is ${system}`, () => {
      const ends = `rm -r "${at('cgroups')}"/nfs*.service`;
      programs({
        systemctl: `case "$*" in
is-system-running) echo ${system} ;;
'is-active pacemaker') echo ${pacemaker} ;;
*) echo "$*" >>"${at('done')}"; [[ "$*" != kill* ]] || ${ends} ;;
esac`,
        nfsdctl: `echo 0 >"${at('proc/fs/nfsd/threads')}"`,
        exportfs: '',
      });
      expect(ask('stop', 'nfs')).to.equal(0);
      expect(readFileSync(at('done'), 'utf8').trim().split('\n')).to.deep.equal(how);
    });
});

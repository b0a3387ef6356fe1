import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { findMirror } from '../../../tasks/artifacts/mirror.ts';
import { readVersions } from '../../../tasks/artifacts/versions.ts';
import { quote } from '../../../tasks/remote/ssh.ts';
import { type Printed, roster, type Seen } from '../cluster.ts';

const here = import.meta.dirname;
const root = join(here, '../../..');
const NAME = 'class-servers';
const SERVERS = ['s1', 's2', 's3'];
/** The first one's address: a plain server knows no names of others. */
const CONTROLLER = '10.0.2.51';
const STORE = '/srv/class';
const FOLDER = `${STORE}/ha1`;
const STUDENTS = 6;
const report = (text: string) => console.log(`      ${text} (load ${load()})`);
const load = () => readFileSync('/proc/loadavg', 'utf8').split(' ')[0];
const seconds = (since: number) => `${((Date.now() - since) / 1000).toFixed(0)} s`;

interface Made {
  number: number;
  servers: { host: string; cores: number; memory: number; changed: string[] }[];
}

/** Three machines of the kit, with systemd and an own kernel each, become servers of a class over ssh. */
describe('class: init on plain servers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-class-servers-'));
  const config = join(folder, 'ssh.conf');

  const run = (program: string, args: string[], input?: Buffer): Promise<Printed> =>
    new Promise((resolve) => {
      const env = { ...process.env, LAB_LANG: 'en' };
      const done = (error: Error | null, out: string, err: string) =>
        resolve({ code: error ? Number((error as { code?: number }).code ?? 1) : 0, out, err });
      const child = execFile(program, args, { maxBuffer: 64 << 20, env, cwd: root }, done);
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input);
    });
  const must = async (work: Promise<Printed>): Promise<string> => {
    const { code, out, err } = await work;
    if (code !== 0) throw new Error(err || out);
    return out;
  };
  const lab = (...words: string[]) => run(process.execPath, [join(root, 'bin/lab.js'), ...words]);
  /** A command on a server as root. */
  const on = (server: string, command: string, input?: Buffer) =>
    must(run('ssh', ['-F', config, '-T', server, command], input));
  const administrator = (server: string, words: string[], input?: Buffer) => {
    const script = readFileSync(join(here, 'administrator.sh'));
    const run = `f=$(mktemp); head -c ${script.length} >$f; bash $f ${words.map(quote).join(' ')}`;
    return on(server, run, Buffer.concat([script, input ?? Buffer.alloc(0)]));
  };
  const init = async (...servers: string[]): Promise<Printed> =>
    lab(
      ...['class', 'init', FOLDER, '--servers', servers.join(','), '--ssh-config', config, '--json'],
      ...['--program', `${STORE}/stub-lab.sh`, '--memory', '256', '--cores', '1', '--save-seconds', '10'],
      ...['--grace-seconds', '30', '--scratch', '/var/tmp'],
    );
  /** A command of the class, as the teacher gives it on the first server. */
  const klass = (...words: string[]): Promise<Printed> =>
    run('ssh', [
      ...[
        '-F',
        config,
        '-T',
        's1',
        `sudo -iu lab LAB_CLASS=${FOLDER} LAB_LANG=en lab class ${words.map(quote).join(' ')}`,
      ],
    ]);
  const labs = async (): Promise<Seen[]> => {
    const { out, err } = await klass('status', '--json');
    if (out === '') throw new Error(err);
    return (JSON.parse(out) as { labs: Seen[] }).labs;
  };
  const until = async (good: (all: Seen[]) => boolean, within: number): Promise<void> => {
    const since = Date.now();
    for (;;) {
      const all = await labs();
      if (good(all)) return;
      if (Date.now() - since > within * 1000)
        throw new Error(`not so after ${within} s: ${JSON.stringify(all)}`);
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  };

  before(async () => {
    const since = Date.now();
    const up = ['up', '--name', NAME, '--engine', 'uml', '--app', 'sample', '--no-provision'];
    await must(lab(...up, '--yes', '--topology', join(here, 'servers.yaml')));
    writeFileSync(config, await must(lab('ssh-config', '--name', NAME)));
    report(`three machines: ${seconds(since)}`);
  });
  after(async () => {
    if (process.env.LAB_TEST_KEEP !== '1') await lab('destroy', '--name', NAME, '--yes');
    rmSync(folder, { recursive: true, force: true });
  });

  it('servers that do not know the packages, or have no store: one sentence, and nothing but packages is there', async () => {
    const { code, err } = await init(...SERVERS);
    expect(code).to.equal(1);
    expect(err).to.match(/^s[123] knows no package munge\.\nTo do: /m);
    expect(await on('s1', 'ls -d /etc/slurm /opt/ha-lab 2>/dev/null || true')).to.equal('');
  });

  it('packages without Internet, and a store over NFS: what the administrator brings', async () => {
    const since = Date.now();
    const debs = join(folder, 'debs');
    mkdirSync(debs);
    writeFileSync(join(folder, 'status'), await on('s1', 'cat /var/lib/dpkg/status'));
    const versions = readVersions();
    const { archive } = findMirror(versions, process.env.LAB_MIRROR);
    const names = ['munge', 'slurmd', 'slurmctld', 'slurm-client', 'nodejs', 'zstd'];
    const words = [debs, join(folder, 'status'), archive, versions.suite, ...names];
    await must(run('bash', [join(here, 'packages.sh'), ...words]));
    const tar = join(folder, 'debs.tar');
    await must(run('tar', ['-cf', tar, '-C', debs, '.']));
    const packed = readFileSync(tar);
    for (const server of SERVERS) await administrator(server, ['packages', '/srv/packages'], packed);
    report(`repository of ${(packed.length / 1e6).toFixed(0)} MB on three servers: ${seconds(since)}`);

    const { code, err } = await init(...SERVERS);
    expect(code).to.equal(1);
    expect(err).to.match(/^s1 has no folder \/srv\/class: the store is not there\.$/m);
    await administrator('s1', ['serve', STORE, '10.0.2.0/24']);
    await on('s2', `mkdir -p ${STORE}`);
    const unmounted = await init('s1', 's2');
    expect(unmounted.err).to.match(
      /^s2 does not see in \/srv\/class\/ha1 what the first server writes there\.$/m,
    );
    for (const server of ['s2', 's3']) await administrator(server, ['mount', STORE, CONTROLLER]);
    await on(
      's1',
      `cat >${STORE}/stub-lab.sh && chmod 755 ${STORE}/stub-lab.sh`,
      readFileSync(join(here, '../stub-lab.sh')),
    );
  });

  it('from plain servers to a class', async () => {
    const since = Date.now();
    const made = JSON.parse(await must(init(...SERVERS))) as Made;
    report(
      `lab class init --servers: ${seconds(since)}; ${JSON.stringify(made.servers.map(({ host, cores, memory }) => [host, cores, memory]))}`,
    );
    expect(made.servers.map(({ host }) => host)).to.deep.equal(SERVERS);
    for (const { memory, changed } of made.servers) {
      expect(memory).to.be.within(1000, 1536);
      expect(changed).to.include('slurmd').and.to.include('/opt/ha-lab');
    }
    expect(await on('s3', 'stat -c "%U %a" /etc/munge/munge.key')).to.equal('munge 400\n');
    const keys = await Promise.all(SERVERS.map((server) => on(server, 'cat /etc/munge/munge.key | base64')));
    expect(new Set(keys).size).to.equal(1);
    const digest = createHash('sha256')
      .update(keys[0] ?? '')
      .digest('hex');
    expect(JSON.stringify(made)).to.not.contain((keys[0] ?? 'none').slice(0, 40));
    // The second time: nothing is changed, nothing is started again.
    const running = () => on('s1', "systemctl show -p MainPID --value munge slurmctld slurmd | tr '\\n' ' '");
    const before = await running();
    const again = Date.now();
    const second = JSON.parse(await must(init(...SERVERS))) as Made;
    report(`a second time: ${seconds(again)}`);
    expect(second.servers.flatMap(({ changed }) => changed)).to.deep.equal([]);
    expect(await running()).to.equal(before);
    const after = await on('s2', 'cat /etc/munge/munge.key | base64');
    expect(createHash('sha256').update(after).digest('hex')).to.equal(digest);
  });

  it('the doctor finds nothing wrong but the image, which stubs do without', async () => {
    const since = Date.now();
    const { out } = await klass('doctor', '--json');
    report(`lab class doctor: ${seconds(since)}`);
    const found = JSON.parse(out) as {
      cluster: { status: string; text: { en: string } }[];
      servers: { server: string; findings: { status: string; text: { en: string } }[] }[];
    };
    const wrong = [...found.cluster, ...found.servers.flatMap(({ findings }) => findings)].filter(
      ({ status }) => status !== 'ok',
    );
    expect(found.servers.map(({ server }) => server)).to.deep.equal(SERVERS);
    expect([...new Set(wrong.map(({ text }) => text.en))]).to.deep.equal([
      'Kernel and image are not in the cache on this server.',
    ]);
  });

  it('labs of a class run on all servers, each within its memory', async () => {
    await on('s1', `cat >${STORE}/roster.csv`, Buffer.from(roster(STUDENTS)));
    const since = Date.now();
    await must(klass('up', `${STORE}/roster.csv`, '--lab', '1', '--json'));
    await until(
      (all) => all.length === STUDENTS && all.every(({ condition }) => condition === 'running'),
      300,
    );
    report(`${STUDENTS} labs submitted, placed and running: ${seconds(since)}`);
    const servers = (await labs()).map(({ server }) => server);
    expect([...new Set(servers)].sort()).to.deep.equal(SERVERS);
    for (const server of SERVERS)
      expect(servers.filter((name) => name === server)).to.have.length(STUDENTS / 3);
    const limit = await on(
      's2',
      "find /sys/fs/cgroup/system.slice -path '*job_*' -name memory.max | xargs cat | grep -v max | sort -u",
    );
    expect(limit.split('\n')).to.include(String(256 * 1024 * 1024));
  });

  it('a server without power: its labs run elsewhere, and it serves again when it is back', async () => {
    await until((all) => all.every(({ saved }) => saved !== undefined), 120);
    const lost = (await labs()).filter(({ server }) => server === 's3').map(({ student }) => student);
    const since = Date.now();
    await must(lab('halt', 's3', '--force', '--name', NAME));
    // What the page of the class does while it is served.
    const watch = spawn(
      'ssh',
      ['-F', config, '-tt', 's1', `sudo -iu lab LAB_CLASS=${FOLDER} lab class status --watch`],
      {
        stdio: ['pipe', 'ignore', 'ignore'],
      },
    );
    try {
      await until(
        (all) => all.every(({ condition, server }) => condition === 'running' && server !== 's3'),
        300,
      );
    } finally {
      watch.kill();
    }
    report(`${lost.length} labs of a server without power run elsewhere: ${seconds(since)}`);
    const now = await labs();
    for (const student of lost) expect(now.find((one) => one.student === student)?.restarts).to.equal(1);
    const back = Date.now();
    await must(lab('up', 's3', '--name', NAME, '--no-provision'));
    for (;;) {
      const state = await on('s1', 'sinfo -h -n s3 -o %T');
      if (/^(idle|mixed)$/m.test(state)) break;
      if (Date.now() - back > 300_000) throw new Error(`s3 is ${state}`);
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
    report(`it is back and takes labs: ${seconds(back)}`);
    const third = JSON.parse(await must(init(...SERVERS))) as Made;
    expect(third.servers.flatMap(({ changed }) => changed)).to.deep.equal([]);
    await must(klass('down', '--keep', '--json'));
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../../tasks/base/errors.ts';
import type { Ended } from '../../../tasks/base/exec.ts';
import { ROOT } from '../../../tasks/base/paths.ts';
import { answersIn } from '../../../tasks/class/doctor.ts';
import { configurationOf } from '../../../tasks/class/servers/config.ts';
import { kitArchive } from '../../../tasks/class/servers/kit.ts';
import { changesIn } from '../../../tasks/class/servers/problems.ts';
import { labOn, type Step, setUpServers } from '../../../tasks/class/servers/setup.ts';
import {
  commandOf,
  type Errand,
  type OnServer,
  overSsh,
  serversNamed,
  throwIfNoWay,
} from '../../../tasks/class/servers/ssh.ts';
import { judgeTogether, numberOf, serverIn } from '../../../tasks/class/servers/survey.ts';
import { initServers } from '../../../tasks/cli/commands/class/servers.ts';
import { ofMachines } from '../helpers/only.ts';

const ended = (stdout: string, code = 0, stderr = ''): Ended => ({
  ...{ code, stdout, stderr, missing: false, timedOut: false },
});

const KEY = Buffer.alloc(128, 7).toString('base64');

/** What a plain Debian 13 says of itself. */
const plain = (node: string, at: number, more: Record<string, string> = {}): Record<string, string> => ({
  system: 'debian 13',
  pretty: 'Debian GNU/Linux 13 (trixie)',
  systemd: 'yes',
  groups: 'cgroup2fs',
  controllers: 'cpuset cpu io memory pids',
  node,
  address: `10.9.0.${at}`,
  cores: '8',
  memory: '32000',
  account: 'none',
  taken: '2900 2902',
  slurm: 'none',
  controller: '',
  missing: 'munge slurmd zstd',
  time: '1000.5',
  ...more,
});

const linesOf = (answers: Record<string, string>) =>
  Object.entries(answers)
    .map(([key, value]) => `${key} ${value}`)
    .join('\n');

const seen = (host: string, answers: Record<string, string>) =>
  serverIn(host, answersIn(linesOf(answers)), [1000, 1001]);

/** The sentences of what is thrown, in both languages. */
function thrown(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof LabError)
      return `${error.what.en} / ${error.what.fr} / ${error.fix?.en} / ${error.details.join(' ')}`;
    throw error;
  }
  return 'nothing';
}

async function rejected(work: Promise<unknown>): Promise<LabError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Servers that are asked and told over no ssh: what each verb of server.sh prints, by host. */
class Room {
  readonly calls: { host: string; verb: string; words: string[]; input: string }[] = [];
  private readonly told = new Set<string>();

  constructor(
    readonly servers: Record<string, Record<string, string>>,
    readonly says: (host: string, verb: string) => Ended | undefined = () => undefined,
  ) {}

  readonly on: OnServer = (host, { script, words = [], input = '' }: Errand) => {
    const [verb = '', ...rest] = script.includes('Usage: survey.sh') ? ['survey', ...words] : words;
    this.calls.push({ host, verb, words: rest, input: String(input) });
    return Promise.resolve(this.says(host, verb) ?? this.usual(host, verb, String(input)));
  };

  private usual(host: string, verb: string, input: string): Ended {
    if (verb === 'survey') {
      const done = this.told.has(`${host} packages`);
      return ended(
        linesOf({ ...this.servers[host], ...(done ? { missing: '', slurm: 'ours', account: '2901' } : {}) }),
      );
    }
    if (verb === 'key') return ended(KEY);
    if (verb === 'as') return ended('{"folder":"/srv/class/ha1"}');
    if (verb === 'has-kit') return ended(this.told.has(`${host} take-kit`) ? 'there' : 'missing');
    // As the real one: said once, as long as it is told the same.
    const once = `${host} ${verb}`;
    const before = this.told.has(once);
    this.told.add(once);
    return ended(
      before || ['look', 'unlook', 'nodes'].includes(verb)
        ? ''
        : `changed ${verb}\n${input === '' ? '' : ''}`,
    );
  }

  verbs = (host: string) => this.calls.filter((call) => call.host === host).map(({ verb }) => verb);
}

const three = () => ({
  a: plain('a', 1),
  'admin@b': plain('b', 2),
  c: plain('c', 3, { cores: '4', memory: '1536' }),
});
const wish = { hosts: ['a', 'admin@b', 'c'], folder: '/srv/class/ha1', account: 'lab', kit: '/opt/ha-lab' };
const archive = () => Promise.resolve({ archive: Buffer.from('kit'), digest: 'd1' });

describe('class: the servers of --servers', () => {
  it('names that ssh, a shell and Slurm take for nothing else', () => {
    expect(serversNamed('a, admin@b.example.org,c')).to.deep.equal(['a', 'admin@b.example.org', 'c']);
    for (const bad of [
      '',
      'a,',
      '-oProxyCommand=x',
      'a b',
      'a;b',
      'root@-x',
      'a$(x)',
      '../a',
      'a\nb',
      '@a',
      'a,é',
    ])
      expect(() => serversNamed(bad), bad).to.throw(LabError, /cannot be the name of a server/);
    expect(() => serversNamed('a,b,a')).to.throw(LabError, /a is named twice/);
  });

  it('what a server is: what it has, and how far its clock is ahead', () => {
    const { node, address, cores, memory, room, taken, missing, ahead, account } = seen('x', plain('a', 1));
    expect({ node, address, cores, memory, room }).to.deep.equal({
      ...{ node: 'a', address: '10.9.0.1', cores: 8, memory: 32000, room: 30000 },
    });
    expect([taken, missing, account]).to.deep.equal([[2900, 2902], ['munge', 'slurmd', 'zstd'], undefined]);
    expect(ahead).to.deep.equal([-0.5, 0.5]);
    expect(seen('x', plain('a', 1, { memory: '1536' })).room).to.equal(1280);
  });

  it('one sentence for each server that cannot be one', () => {
    const of = (more: Record<string, string>) => thrown(() => seen('alpha', plain('a', 1, more)));
    expect(of({ system: 'ubuntu 24.04', pretty: 'Ubuntu 24.04.1 LTS' })).to.match(
      /^alpha runs Ubuntu 24\.04\.1 LTS, not Debian 13\. \/ alpha tourne sous Ubuntu/,
    );
    expect(of({ system: 'debian 12', pretty: 'Debian GNU/Linux 12 (bookworm)' })).to.match(
      /bookworm\), not Debian 13/,
    );
    expect(of({ systemd: 'no' })).to.match(/not started by systemd/);
    expect(of({ groups: 'tmpfs', controllers: '' })).to.match(/cgroup v2/);
    expect(of({ controllers: 'cpu io pids' })).to.match(/do not limit memory/);
    expect(of({ slurm: 'other' })).to.match(/somebody else has set up/);
    // What it says is data: nothing of it gets into a configuration that is not of the right form.
    for (const more of [
      { node: 'a\\nNodeName=x' },
      { node: 'a b' },
      { address: '10.0.0.1 State=DOWN' },
      { cores: '8x' },
      { cores: '0' },
      { memory: '' },
      { time: 'now' },
    ])
      expect(of(more as Record<string, string>), JSON.stringify(more)).to.match(/was not understood/);
  });

  it('what only all together show: one computer twice, another class, clocks apart', () => {
    const two = (more: Record<string, string>, first: Record<string, string> = {}) =>
      thrown(() => judgeTogether([seen('x', plain('a', 1, first)), seen('y', plain('b', 2, more))], 'lab'));
    expect(two({})).to.equal('nothing');
    expect(two({ node: 'a' })).to.match(/x and y are one computer/);
    expect(two({ address: '10.9.0.1' })).to.match(/x and y are one computer/);
    expect(two({ slurm: 'ours', controller: 'z' })).to.match(/y belongs to the class whose controller is z/);
    expect(two({ slurm: 'ours', controller: 'a' })).to.equal('nothing');
    expect(two({ time: '1031' })).to.equal('nothing');
    expect(two({ time: '1032.6' })).to.match(/clocks of x and y are 31 s apart/);
    expect(two({ time: '960' })).to.match(/clocks of y and x are 39 s apart/);
  });

  it('the account has one number everywhere: its own, or the first that is free on all', () => {
    const all = (...some: Record<string, string>[]) =>
      some.map((more, at) => seen(`h${at}`, plain(`n${at}`, at + 1, more)));
    expect(numberOf(all({}, { taken: '2901' }), 'lab')).to.equal(2903);
    expect(numberOf(all({}, { account: '2905' }), 'lab')).to.equal(2905);
    expect(thrown(() => numberOf(all({ account: '1001' }, { account: '1002' }), 'lab'))).to.match(
      /1001 on h0 and 1002 on h1/,
    );
    expect(thrown(() => numberOf(all({ account: '2902' }, {}), 'lab'))).to.match(
      /2902 is somebody else's on h1/,
    );
    expect(thrown(() => numberOf(all({ account: '0' }), 'x'))).to.match(/not run as root/);
  });

  it('the configuration has the figures of each server, and keeps labs to their cores where that can be', () => {
    const servers = [seen('x', plain('a', 1)), seen('y', plain('b', 2, { cores: '4', memory: '1536' }))];
    const { slurm, groups } = configurationOf('lab', servers);
    expect(slurm).to.match(/^# Written by lab class init/);
    expect(slurm).to.contain('\nSlurmctldHost=a(10.9.0.1)\n');
    expect(slurm).to.contain(
      '\nNodeName=a NodeAddr=10.9.0.1 CPUs=8 RealMemory=30000 State=UNKNOWN\nNodeName=b NodeAddr=10.9.0.2 CPUs=4 RealMemory=1280 State=UNKNOWN\n',
    );
    expect(slurm).to.match(/\nPartitionName=class Nodes=a,b Default=YES .*OverSubscribe=FORCE:16\n$/);
    expect(groups).to.contain('ConstrainCores=yes').and.to.contain('ConstrainRAMSpace=yes');
    const without = [...servers, seen('z', plain('c', 3, { controllers: 'cpu memory pids' }))];
    expect(configurationOf('lab', without).groups).to.contain('ConstrainCores=no');
  });

  it('from plain servers to a cluster; the second time nothing is changed', async () => {
    const room = new Room(three());
    const steps: Step[] = [];
    const done = await setUpServers(wish, room.on, archive, (step) => steps.push(step));
    expect(steps).to.deep.equal(['survey', 'packages', 'configure', 'store', 'start', 'kit']);
    expect(done.number).to.equal(2901);
    expect(done.servers.map(({ host, node, cores, memory }) => [host, node, cores, memory])).to.deep.equal([
      ['a', 'a', 8, 30000],
      ['admin@b', 'b', 8, 30000],
      ['c', 'c', 4, 1280],
    ]);
    expect(room.verbs('a')).to.deep.equal([
      ...[
        'survey',
        'packages',
        'key',
        'configure',
        'folder',
        'unlook',
        'start',
        'nodes',
        'has-kit',
        'take-kit',
      ],
    ]);
    expect(room.verbs('c')).to.deep.equal([
      'survey',
      'packages',
      'configure',
      'look',
      'start',
      'has-kit',
      'take-kit',
    ]);
    const unitsOf = (host: string) =>
      room.calls.find((call) => call.host === host && call.verb === 'start')?.words;
    expect([unitsOf('a'), unitsOf('c')]).to.deep.equal([
      ['munge', 'slurmctld', 'slurmd'],
      ['munge', 'slurmd'],
    ]);
    // The controller has started before a node looks for it.
    const starts = room.calls.filter(({ verb }) => verb === 'start').map(({ host }) => host);
    expect(starts[0]).to.equal('a');
    const lines = room.calls
      .filter(({ verb }) => verb === 'folder' || verb === 'look')
      .map(({ input }) => input);
    expect(lines).to.have.length(3);
    expect(new Set(lines).size).to.equal(1);

    const again = await setUpServers(wish, room.on, archive);
    expect(again.servers.flatMap(({ changed }) => changed)).to.deep.equal([]);
    expect(room.calls.filter(({ verb }) => verb === 'packages' || verb === 'take-kit')).to.have.length(6);
  });

  it('the key goes to servers by standard input alone, never in a word', async () => {
    const room = new Room(three());
    await setUpServers(wish, room.on, archive);
    const having = room.calls.filter(({ input }) => input.includes(KEY));
    expect(having.map(({ host, verb }) => `${host} ${verb}`).sort()).to.deep.equal([
      ...['a configure', 'admin@b configure', 'c configure'],
    ]);
    for (const { words } of room.calls) expect(words.join(' ')).to.not.contain(KEY.slice(0, 20));
    const line = commandOf({ script: 'read -r key', words: ['configure', 'lab'], input: KEY, seconds: 1 });
    expect(line).to.not.contain(KEY.slice(0, 20));
  });

  it('nothing is changed on any server when one of them cannot be one', async () => {
    const servers = three();
    servers.c.system = 'debian 12';
    const room = new Room(servers);
    expect((await rejected(setUpServers(wish, room.on, archive))).message).to.match(
      /^c runs .*, not Debian 13/,
    );
    expect(new Set(room.calls.map(({ verb }) => verb))).to.deep.equal(new Set(['survey']));
  });

  it('another folder than that of the first server: said, and the line is taken away', async () => {
    const room = new Room(three(), (host, verb) =>
      host === 'c' && verb === 'look' ? ended('problem store-differs /srv/class/ha1\n', 3) : undefined,
    );
    const { what, fix } = await rejected(setUpServers(wish, room.on, archive));
    expect(what.en).to.equal('c does not see in /srv/class/ha1 what the first server writes there.');
    expect(what.fr).to.contain('c ne voit pas');
    expect(fix?.en).to.contain('findmnt');
    expect(room.verbs('a').at(-1)).to.equal('unlook');
    expect(room.calls.some(({ verb }) => verb === 'start')).to.equal(false);
  });

  it('a key that is none is not given on', async () => {
    const room = new Room(three(), (_host, verb) => (verb === 'key' ? ended('') : undefined));
    expect((await rejected(setUpServers(wish, room.on, archive))).message).to.match(/a has no munge key/);
  });

  it('a kit that somebody else has put there stays', async () => {
    const room = new Room(three(), (_host, verb) => (verb === 'has-kit' ? ended('own\n') : undefined));
    await setUpServers(wish, room.on, archive);
    expect(room.calls.some(({ verb }) => verb === 'take-kit')).to.equal(false);
  });

  it('each thing that a server cannot do has a sentence and a way out', () => {
    const script = readFileSync(join(ROOT, 'tasks/class/servers/server.sh'), 'utf8');
    const names = [...script.matchAll(/problem ([a-z-]+)/g)]
      .map(([, name]) => name ?? '')
      .filter((name) => name !== 'x');
    expect(new Set(names).size).to.be.greaterThan(8);
    for (const name of names) {
      const said = thrown(() =>
        changesIn('alpha', ended(`changed x\nproblem ${name} /srv/a 2900\n`, 3, 'E: why')),
      );
      expect(said, name)
        .to.match(/alpha|\/srv\/a/)
        .and.to.not.match(/A step of the setup failed|undefined/);
      expect(said, name).to.contain('E: why');
    }
    expect(thrown(() => changesIn('alpha', ended('', 1, 'bash: line 3: oops')))).to.match(
      /step of the setup failed on alpha.*oops/,
    );
    expect(changesIn('alpha', ended('changed /etc/slurm/slurm.conf\nother\nchanged slurmd\n'))).to.deep.equal(
      [...['/etc/slurm/slurm.conf', 'slurmd']],
    );
  });

  it('no ssh, no answer, no key, no root', () => {
    const of = (more: Partial<Ended>) => thrown(() => throwIfNoWay('beta', { ...ended('', 255), ...more }));
    expect(of({ missing: true })).to.match(/no program ssh/);
    expect(of({ timedOut: true, code: undefined as unknown as number })).to.match(/took too long/);
    expect(of({ code: 77 })).to.match(/not root on beta, and sudo asks/);
    expect(of({ stderr: 'admin@beta: Permission denied (publickey).' })).to.match(
      /cannot be reached.*ssh-copy-id/,
    );
    expect(of({ stderr: 'Host key verification failed.' })).to.match(/once and compare its key/);
    expect(of({ stderr: 'ssh: Could not resolve hostname beta' })).to.match(
      /beta cannot be reached by ssh.*configuration.*resolve/,
    );
    expect(of({ code: 3 })).to.equal('nothing');
  });

  it('the class itself is made on the first server, with the options that labs are given', async () => {
    const room = new Room(three());
    const log = console.log;
    const printed: string[] = [];
    console.log = (text: string) => printed.push(text);
    try {
      const options = { servers: 'a,admin@b,c', memory: '256', saveSeconds: '5', json: true };
      expect(await initServers('/srv/class/ha1', options, room.on, archive)).to.equal(0);
    } finally {
      console.log = log;
    }
    const { words } = room.calls.at(-1) ?? { words: [] };
    expect(words.slice(0, 3)).to.deep.equal(['lab', 'node', '/opt/ha-lab/bin/lab.js']);
    expect(words.join(' ')).to.match(
      /class init \/srv\/class\/ha1 --cluster --json --memory 256 --save-seconds 5$/,
    );
    const out = JSON.parse(printed.join('')) as { number: number; class: { folder: string } };
    expect([out.number, out.class.folder]).to.deep.equal([2901, '/srv/class/ha1']);
    expect(printed.join('')).to.not.contain(KEY.slice(0, 20));
    for (const bad of [
      { user: 'root' },
      { user: 'a b' },
      { kit: 'x' },
      { kit: '/opt/../etc' },
      { kit: '/' },
      { partition: 'p' },
      { cluster: true },
    ])
      await rejected(initServers('/srv/class/ha1', { servers: 'a', ...bad }, room.on, archive));
    await rejected(initServers('class', { servers: 'a' }, room.on, archive));
    const refuses = new Room(three(), (_host, verb) =>
      verb === 'as' ? ended('', 1, 'memory: too much') : undefined,
    );
    const error = await rejected(labOn(refuses.on, { host: 'a', account: 'lab', kit: '/k' }, ['class']));
    expect([error.message, ...error.details].join(' ')).to.match(/class could not be made on a.*too much/);
  });

  it('the kit for servers: equal files, equal archive; with what its commands need', async function () {
    if (!existsSync(join(ROOT, 'dist/build.json'))) return this.skip();
    const [one, two] = [await kitArchive(), await kitArchive()];
    expect(one.digest).to.equal(two.digest);
    expect(one.archive.length).to.be.below(12_000_000);
    const names = execFileSync('tar', ['-tzf', '-'], {
      input: one.archive,
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    }).split('\n');
    for (const name of [
      'bin/lab.js',
      'dist/build.json',
      'tasks/class/job/job.sh',
      'node_modules/ssh2/package.json',
      'package.json',
    ])
      expect(names).to.include(name);
    expect(names.filter((name) => name.startsWith('test/') || name.includes('/.'))).to.deep.equal([]);
  });
});

ofMachines.describe('class: what is run on a server', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lab-servers-'));
    mkdirSync(join(folder, 'bin'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const program = (name: string, body: string) => {
    writeFileSync(join(folder, 'bin', name), `#!/bin/bash\n${body}\n`);
    chmodSync(join(folder, 'bin', name), 0o755);
  };
  const path = () => `${join(folder, 'bin')}${delimiter}${process.env.PATH}`;
  const server = (words: string[], input = '') =>
    spawnSync('bash', [join(ROOT, 'tasks/class/servers/server.sh'), ...words], {
      input,
      encoding: 'utf8',
      env: { ...process.env, PATH: path() },
    });

  it('script and input arrive whole, as root or over sudo, and no file is left', async () => {
    // The stand-in for ssh runs what it is given in a shell, as sshd does.
    program(
      'ssh',
      `echo "$*" >>${folder}/line; shift $(($# - 1)); SSH_CONNECTION='1.2.3.4 5 10.9.0.1 22' TMPDIR=${folder} exec sh -c "$1"`,
    );
    program('id', 'echo 1000');
    program('sudo', 'shift; [ "$1" = true ] || echo sudo; exec "$@"');
    const before = process.env.PATH;
    process.env.PATH = path();
    try {
      const script = 'set -eu\nread -r line\necho "$1|$2|$line|$(wc -c)|$SSH_CONNECTION"\nexit 5\n';
      const input = `secret\n${'x'.repeat(300_000)}`;
      const { code, stdout } = await overSsh('/etc/my conf')('beta', {
        ...{ script, words: ["it's", '$(id)'], input, seconds: 20 },
      });
      expect(stdout).to.equal("sudo\nit's|$(id)|secret|300000|1.2.3.4 5 10.9.0.1 22\n");
      expect(code).to.equal(5);
      expect(readFileSync(join(folder, 'line'), 'utf8'))
        .to.match(/^-F \/etc\/my conf .*BatchMode=yes.* -- beta /)
        .and.to.not.contain('secret');
      program('sudo', 'exit 1');
      const { message } = await rejected(overSsh()('beta', { script: 'echo no', seconds: 20 }));
      expect(message).to.match(/not root on beta/);
    } finally {
      process.env.PATH = before;
    }
    expect(
      execFileSync('ls', [folder], { encoding: 'utf8' })
        .split('\n')
        .filter((name) => name.startsWith('tmp.')),
    ).to.deep.equal([]);
  });

  it('the survey of this computer is understood, whatever it is', () => {
    const words = ['lab-nobody-has-this', '2900', '2999', 'bash', 'no-such-package'];
    const run = spawnSync('bash', [join(ROOT, 'tasks/class/servers/survey.sh'), ...words], {
      ...{ encoding: 'utf8', env: { ...process.env, SSH_CONNECTION: '10.9.0.9 1 10.9.0.1 22' } },
    });
    expect(run.status, run.stderr).to.equal(0);
    const answers = answersIn(run.stdout);
    expect(answers.get('address')).to.equal('10.9.0.1');
    expect(answers.get('account')).to.equal('none');
    expect(answers.get('missing')).to.contain('no-such-package');
    expect(Number(answers.get('cores'))).to.be.greaterThan(0);
    answers
      .set('system', 'debian 13')
      .set('systemd', 'yes')
      .set('groups', 'cgroup2fs')
      .set('controllers', 'memory')
      .set('slurm', 'none');
    const now = Date.now() / 1000;
    const { ahead } = serverIn('here', answers, [now - 60, now + 60]);
    expect(ahead[0]).to.be.below(0);
    expect(ahead[1]).to.be.greaterThan(0);
  });

  it('the class’s folder: made, seen, and every way in which it cannot be', () => {
    program('runuser', 'shift 3; exec "$@"');
    const user = execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();
    const store = join(folder, 'store');
    const room = join(store, 'ha1');
    expect(server(['folder', room, user], 'n1\n').stdout).to.equal(`problem no-store ${store}\n`);
    mkdirSync(store);
    expect(server(['folder', room, user], 'n1\n').stdout).to.equal(`changed ${room}\n`);
    expect(statSync(room).mode & 0o777).to.equal(0o700);
    expect(server(['look', room, user], 'n1\n')).to.deep.include({ status: 0, stdout: '' });
    program('sleep', ':');
    expect(server(['look', room, user], 'n2\n')).to.deep.include({
      status: 3,
      stdout: `problem store-differs ${room}\n`,
    });
    program('flock', 'exit 1');
    expect(server(['look', room, user], 'n1\n').stdout).to.equal(`problem store-locks ${room}\n`);
    expect(server(['unlook', room, user])).to.deep.include({ status: 0, stdout: '' });
    chmodSync(room, 0o755);
    expect(server(['folder', room, user], 'n3\n').stdout).to.equal(`changed ${room}\n`);
    expect(server(['folder', room, user], 'n3\n').stdout).to.equal('');
    expect(server(['folder', room, 'nobody'], 'n3\n').stdout).to.match(/^problem store-owner /);
  });

  it('the kit: taken, known again, and not taken over what is somebody’s own', async () => {
    const kit = join(folder, 'kit');
    program('ln', ':');
    expect(server(['has-kit', kit, 'd1']).stdout).to.equal('missing\n');
    mkdirSync(join(folder, 'src/bin'), { recursive: true });
    writeFileSync(join(folder, 'src/bin/lab.js'), '1');
    const archive = execFileSync('tar', ['-czf', '-', '-C', join(folder, 'src'), 'bin']);
    const take = (digest: string) =>
      spawnSync('bash', [join(ROOT, 'tasks/class/servers/server.sh'), 'take-kit', kit, digest], {
        ...{ input: archive, encoding: 'utf8', env: { ...process.env, PATH: path() } },
      });
    expect(take('d1').stdout).to.contain(`changed ${kit}\n`);
    expect(server(['has-kit', kit, 'd1']).stdout).to.equal('there\n');
    expect(server(['has-kit', kit, 'd2']).stdout).to.equal('missing\n');
    expect(take('d2').status).to.equal(0);
    expect(server(['has-kit', kit, 'd2']).stdout).to.equal('there\n');
    expect(existsSync(`${kit}.old`)).to.equal(false);
    rmSync(join(kit, '.copied'));
    expect(server(['has-kit', kit, 'd2']).stdout).to.equal('own\n');
  });

  it('packages: not known, not installable, installed', () => {
    program('apt-cache', '[ "$2" != none ]');
    program(
      'apt-get',
      `[ "$2" = update ] && exit 1; for w; do [ "$w" != broken ] || { echo E: broken deps; exit 100; }; done; echo "$*" >>${folder}/apt`,
    );
    expect(server(['packages', 'munge', 'none']).stdout).to.equal('problem no-package none\n');
    const broken = server(['packages', 'broken']);
    expect([broken.stdout, broken.stderr]).to.deep.equal(['problem install broken\n', 'E: broken deps\n']);
    expect(server(['packages', 'munge', 'slurmd']).stdout).to.equal('changed packages munge slurmd\n');
    expect(server(['packages'])).to.deep.include({ status: 0, stdout: '' });
  });

  it('units: started when they do not run, again when their configuration changed, else left alone', () => {
    // The folder of what is to be done is the server's own.
    const script = readFileSync(join(ROOT, 'tasks/class/servers/server.sh'), 'utf8').replace(
      '/var/lib/lab-class',
      folder,
    );
    writeFileSync(join(folder, 'server.sh'), script);
    program(
      'systemctl',
      `echo "$*" >>${folder}/calls; [ "$2" != is-active ] || [ -e ${folder}/active ] || exit 3; [ "$1 $2" != "restart bad" ]`,
    );
    program('journalctl', 'echo why');
    const start = (...units: string[]) =>
      spawnSync('bash', [join(folder, 'server.sh'), 'start', ...units], {
        encoding: 'utf8',
        env: { ...process.env, PATH: path() },
      });
    expect(start('munge', 'slurmd').stdout).to.equal('changed munge\nchanged slurmd\n');
    writeFileSync(join(folder, 'active'), '');
    expect(start('munge', 'slurmd').stdout).to.equal('');
    writeFileSync(join(folder, 'restart-slurmd'), '');
    expect(start('munge', 'slurmd').stdout).to.equal('changed slurmd\n');
    expect(start('munge', 'slurmd').stdout).to.equal('');
    rmSync(join(folder, 'active'));
    const bad = start('bad');
    expect([bad.status, bad.stdout, bad.stderr]).to.deep.equal([3, 'problem unit bad\n', 'why\n']);
  });
});

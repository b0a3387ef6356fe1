import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ofMachines } from './helpers/only.ts';

const { answersOf, machineFacts } = await import('../../tasks/exercises/checks/answers.ts');
const { collect } = await import('../../tasks/exercises/checks/collect.ts');
const { FactsView, Unknown, Unmet } = await import('../../tasks/exercises/checks/expectation.ts');
const { parseFormats, renderResult } = await import('../../tasks/exercises/checks/format/index.ts');
const { probeScript } = await import('../../tasks/exercises/checks/script.ts');
const { scriptCommand } = await import('../../tasks/remote/ssh.ts');
const { probeKey } = await import('../../tasks/exercises/checks/probe.ts');
const { rootCauses, stepsOf } = await import('../../tasks/exercises/checks/result.ts');
const { told } = await import('../../tasks/exercises/checks/vocabulary/pattern.ts');
const { Vocabulary } = await import('../../tasks/exercises/checks/vocabulary/index.ts');
const { factsOf, lab01, resultOf, topology } = await import('./helpers/facts.ts');
const { LabError } = await import('../../tasks/base/errors.ts');
const { setLanguage } = await import('../../tasks/base/text.ts');

type Probe = import('../../tasks/exercises/checks/probe.ts').Probe;
type Expectation = import('../../tasks/exercises/checks/expectation.ts').Expectation;

const lab = new Vocabulary(topology, lab01, undefined, 'lab.test');

/** Two web servers on one port: each says its address. Prints the port. */
const WEB = `const { createServer } = require('node:http');
const serve = (address, port, then) => createServer((_, response) => response.end(address)).listen(port, address, then);
const first = serve('127.0.0.1', 0, () => {
  const { port } = first.address();
  serve('127.0.0.2', port, () => console.log(port));
});`;

/** Judges one expectation on an answer: passed, or what was thrown. */
function verdict(
  expectation: Expectation,
  answer: { code: number | null; out: string; err?: string } | undefined,
): string {
  const [need] = expectation.needs;
  if (!need) throw new Error('it needs nothing');
  const answers = answer ? { [probeKey(need.probe)]: answer } : {};
  const machine = { state: 'answered' as const, took: 1, identity: {}, answers };
  try {
    expectation.judge(new FactsView({ collected: '', machines: { [need.machine]: machine } }));
    return 'passed';
  } catch (error) {
    if (error instanceof Unknown) return 'unknown';
    return error instanceof Unmet ? `unmet ${error.found.en}` : String(error);
  }
}

const page = '<dl><dt>who</dt><dd class="x" id="who">web1</dd></dl>';

describe('vocabulary of checks', () => {
  const web1 = lab.machine('web1');
  const ok = (out: string) => ({ code: 0, out });
  const unit = (active: string, enabled = 'enabled', load = 'loaded') =>
    ok(`Id=x.service\nLoadState=${load}\nActiveState=${active}\nSubState=y\nUnitFileState=${enabled}`);
  const response = (entry: object) =>
    ok(JSON.stringify([{ status: 200, time: 0.1, exit: 0, error: '', headers: {}, body: '', ...entry }]));
  const mounts = '10.0.2.40:/ /srv/shared nfs4 rw,hard,vers=4.2 0 0\nsystemd-1 /srv/other autofs rw 0 0';
  const galera = (status: string, size: number) =>
    ok(`wsrep_cluster_size\t${size}\nwsrep_cluster_status\t${status}\nwsrep_ready\tON`);

  const cases: [string, Expectation, { code: number | null; out: string; err?: string }, RegExp][] = [
    ['a service that runs', web1.service('x').isRunning(), unit('active'), /passed/],
    ['one that does not', web1.service('x').isRunning(), unit('inactive', 'disabled'), /unmet inactive/],
    ['one that failed', web1.service('x').isRunning(), unit('failed'), /unmet failed/],
    ['one that is not there', web1.service('x').isRunning(), unit('inactive', '', 'not-found'), /no unit/],
    ['nonsense from systemd', web1.service('x').isRunning(), ok('hello'), /no usable answer/],
    ['stopped is stopped', web1.service('x').isStopped(), unit('inactive'), /passed/],
    ['stopped is not running', web1.service('x').isStopped(), unit('active'), /unmet active/],
    ['enabled', web1.service('x').isEnabled(), unit('active', 'enabled'), /passed/],
    ['not enabled', web1.service('x').isEnabled(), unit('active', 'disabled'), /unmet disabled/],
    ['listening', web1.listens(80), ok('tcp LISTEN 0 1 *:80 *:*'), /passed/],
    [
      'on this address',
      web1.listens(80, { address: '10.0.2.21' }),
      ok('tcp LISTEN 0 1 10.0.2.21:80 *:*'),
      /passed/,
    ],
    [
      'on another',
      web1.listens(80, { address: '10.0.2.21' }),
      ok('tcp LISTEN 0 1 127.0.0.1:80 *:*'),
      /unmet 127/,
    ],
    ['on 8080', web1.listens(80), ok('tcp LISTEN 0 1 *:8080 *:*'), /nobody/],
    ['udp is not tcp', web1.listens(80), ok('udp UNCONN 0 1 *:80 *:*'), /nobody/],
    ['http 200', web1.http('http://x/').answers(), response({}), /passed/],
    ['http 503', web1.http('http://x/').answers(), response({ status: 503 }), /unmet 503/],
    [
      'no http',
      web1.http('http://x/').answers(),
      response({ status: 0, exit: 7, error: 'refused' }),
      /no answer \(refused/,
    ],
    ['no http wanted', web1.http('http://x/').isRefused(), response({ status: 0 }), /passed/],
    ['a body', web1.http('http://x/').contains(/b.d/), response({ body: 'bad' }), /passed/],
    ['an element', web1.http('http://x/').shows('who', 'web1'), response({ body: page }), /passed/],
    [
      'the whole of it',
      web1.http('http://x/').shows('who', 'web'),
      response({ body: page }),
      /unmet who web1/,
    ],
    ['another one', web1.http('http://x/').shows('who', /^lb/), response({ body: page }), /unmet who web1/],
    ['none', web1.http('http://x/').shows('whose', 'web1'), response({ body: page }), /unmet no whose/],
    ['another body', web1.http('http://x/').contains('good'), response({ body: 'bad' }), /unmet bad/],
    [
      'a header',
      web1.http('http://x/').header('X-A', 'b'),
      response({ headers: { 'x-a': 'abc' } }),
      /passed/,
    ],
    ['no header', web1.http('http://x/').header('X-A', 'b'), response({}), /unmet no header X-A/],
    [
      'a redirection',
      web1.http('http://x/').redirectsTo('https:'),
      response({ status: 307, headers: { location: 'https://x/' } }),
      /passed/,
    ],
    ['no redirection', web1.http('http://x/').redirectsTo('https:'), response({}), /unmet 200/],
    ['slow', web1.http('http://x/').takesAtMost(0.05), response({}), /unmet 0.1 s/],
    ['one of two', web1.http('http://x/').isServedBy(['a', 'b']), response({ body: 'a' }), /only a/],
    [
      'brackets in a page',
      web1.http('http://x/').isServedBy(['>a<', '>b<']),
      response({ body: '<b>a</b>' }),
      /only a,/,
    ],
    ['no JSON from the collector', web1.http('http://x/').answers(), ok('<html>'), /no usable answer/],
    [
      'mounted',
      web1.mount('/srv/shared').isMounted({ type: 'nfs', options: ['hard'] }),
      ok(mounts),
      /passed/,
    ],
    ['mounted soft', web1.mount('/srv/shared').isMounted({ options: ['soft'] }), ok(mounts), /unmet .*hard/],
    ['only an automount', web1.mount('/srv/other').isMounted(), ok(mounts), /unmet/],
    ['a file’s text', web1.file('/x').contains('a'), ok('644 root:root\nabc'), /passed/],
    ['not its mode', web1.file('/x').contains('644'), ok('644 root:root\nabc'), /unmet abc/],
    ['no file', web1.file('/x').contains('a'), { code: 1, out: '\n' }, /no such file/],
    ['a mode', web1.file('/x').hasMode('0640', 'root:www'), ok('640 root:www\n'), /passed/],
    ['another mode', web1.file('/x').hasMode('0640'), ok('644 root:www\n'), /unmet 0644/],
    ['a package', web1.hasPackage('x'), ok('installed'), /passed/],
    ['half a package', web1.hasPackage('x'), ok('half-configured'), /unmet/],
    ['a command', web1.command('true').succeeds(), { code: 1, out: '', err: 'no' }, /unmet no \(code 1/],
    ['its output', web1.command('x').prints('b'), ok('abc'), /passed/],
    ['a row', web1.sql('x').returns(3), ok('3\n'), /passed/],
    ['another row', web1.sql('x').returns(3), ok('30\n'), /unmet 30/],
    ['an SQL error', web1.sql('x').returns(3), { code: 1, out: '', err: 'ERROR 1047' }, /unmet ERROR 1047/],
    ['a majority', lab.quorum('galera', 'db1').holds(), galera('Primary', 3), /passed/],
    ['no majority', lab.quorum('galera', 'db1').holds(), galera('non-Primary', 1), /unmet 1 \(no majority/],
    ['votes', lab.quorum('galera', 'db1').hasVotes(3), galera('Primary', 2), /unmet 2/],
    [
      'corosync',
      lab.quorum('corosync', 'db1').holds(),
      ok('Quorate:          Yes\nTotal votes:      3'),
      /passed/,
    ],
    [
      'nobody to ask',
      lab.quorum('corosync', 'db1').isLost(),
      { code: 1, out: '', err: 'cannot connect' },
      /unmet cannot/,
    ],
    ['a reached port', web1.reaches('db1', 3306), { code: 0, out: '' }, /passed/],
    ['a closed port', web1.doesNotReach('db1', 3306), { code: 0, out: '' }, /unmet a connection/],
    ['no answer in time', web1.command('x').succeeds(), { code: null, out: '' }, /did not answer in time/],
    [
      'survived',
      lab.survives('f', { url: 'x' }).withOutageOfAtMost(1),
      ok('{"requests":9,"failed":2,"longest":0.4,"outages":[{"end":1}]}'),
      /passed/,
    ],
    [
      'never back',
      lab.survives('f', { url: 'x' }).withOutageOfAtMost(1),
      ok('{"requests":9,"failed":2,"longest":0,"outages":[{"end":null}]}'),
      /∞/,
    ],
  ];
  for (const [what, one, answer, wanted] of cases)
    it(what, () => {
      expect(verdict(one, answer)).to.match(wanted);
    });

  it('what nobody asked is unknown, not failed', () => {
    expect(verdict(web1.listens(80), undefined)).to.equal('unknown');
  });

  it('an expression that is only words is told as these words', () => {
    const patterns = [/^lb1$/, /^https:/, /\/health/, 'a|b', /^(a|b)$/, /lb\d/];
    expect(patterns.map(told)).to.deep.equal(['lb1', 'https:', '/health', 'a|b', '/^(a|b)$/', '/lb\\d/']);
  });

  it('a floating address has one holder; a silent machine leaves it open', () => {
    const held = (...names: string[]) => ({
      collected: '',
      machines: Object.fromEntries(
        topology.machines.map(({ name }) => {
          const out = `2: vec0 inet ${names.includes(name) ? '10.0.2.10' : '10.0.2.99'}/24`;
          const state =
            name === 'lb2' && names.includes('silent') ? ('silent' as const) : ('answered' as const);
          const answers = state === 'silent' ? {} : { addresses: { code: 0, out } };
          return [name, { state, took: 1, identity: {}, answers }];
        }),
      ),
    });
    const judge = (facts: ReturnType<typeof held>) => () =>
      lab.floating('front').isHeldByOne().judge(new FactsView(facts));
    expect(judge(held('lb1'))).to.not.throw();
    expect(judge(held('lb1', 'lb2'))).to.throw(Unmet);
    expect(judge(held())).to.throw(Unmet);
    expect(judge(held('silent'))).to.throw(Unknown);
  });
});

ofMachines.describe('collecting', () => {
  const ask = (probes: Probe[], factor = 1) => {
    const { command, input } = scriptCommand(probeScript(probes, 'n0nce', factor), [], tmpdir());
    const run = spawnSync('sh', ['-c', command], { input, encoding: 'utf8' });
    return machineFacts(probes, 'n0nce', { code: run.status ?? 255, stdout: run.stdout }, 1);
  };

  it('one script answers files and commands; what it prints can hold anything', () => {
    const folder = mkdtempSync(join(tmpdir(), "it's "));
    writeFileSync(join(folder, 'a'), '@@ no frame\n');
    const probes: Probe[] = [
      { kind: 'file', path: join(folder, 'a') },
      { kind: 'file', path: join(folder, 'b') },
      { kind: 'command', command: "echo '$x' \"it's\"; echo e >&2; exit 3" },
      { kind: 'command', command: 'sleep 5', timeout: 1 },
    ];
    const { state, answers, identity } = ask(probes);
    rmSync(folder, { recursive: true });
    const [a, b, echo, sleep] = probes.map((probe) => answers[probeKey(probe)]);
    expect(state).to.equal('answered');
    expect(identity.now).to.match(/^\d{10}$/);
    expect(a?.out).to.match(/^\d+ \S+:\S+\n@@ no frame\n/);
    expect(b?.code).to.equal(1);
    expect(echo).to.deep.equal({ code: 3, out: "$x it's\n", err: 'e' });
    expect(sleep?.code).to.equal(null);
  });

  it('on a slow machine everything may take longer', () => {
    const probes: Probe[] = [
      { kind: 'command', command: 'sleep 1.8; within 1 sleep 1.5', timeout: 1 },
      { kind: 'http', url: 'http://192.0.2.1/' },
      { kind: 'sql', query: 'SELECT 1', host: '192.0.2.2' },
    ];
    const script = (factor?: number) => probeScript(probes, 'n0nce', factor);
    expect(script(2)).to.include('max-time = 12').and.include('connect-timeout = 3\n').and.include('=16\n');
    expect(script(2)).to.include('--connect-timeout=6 ').and.include('limit[$!]=24');
    expect(script())
      .to.include('max-time = 6')
      .and.include('connect-timeout = 1.5')
      .and.include('limit[$!]=12');
    const [slow] = probes.slice(0, 1);
    if (!slow) throw new Error('no probe');
    const codeAt = (factor: number) => ask([slow], factor).answers[probeKey(slow)]?.code;
    expect(codeAt(5)).to.equal(0);
    expect(codeAt(1)).to.equal(null);
  });

  it('commands that end while others are started are answered too', () => {
    const probes = Array.from({ length: 30 }, (_, at): Probe => ({ kind: 'command', command: `: ${at}` }));
    const since = performance.now();
    const { answers } = ask(probes);
    expect(probes.map((probe) => answers[probeKey(probe)]?.code)).to.deep.equal(probes.map(() => 0));
    expect(performance.now() - since).to.be.below(10_000);
  });

  it('a command that is late or wrong harms no other, and nothing of it stays', () => {
    const own = `77.${process.pid}`;
    const probes: Probe[] = [
      { kind: 'command', command: `trap '' TERM; echo begun; sleep ${own}; sleep ${own}`, timeout: 1 },
      { kind: 'command', command: `(sleep ${own} & sleep ${own})`, timeout: 1 },
      { kind: 'command', command: 'if then' },
      { kind: 'command', command: 'd=/none; set -eu; unset job; exit 124' },
      { kind: 'command', command: 'echo last' },
    ];
    const { state, answers } = ask(probes);
    const [deaf, children, wrong, variables, last] = probes.map((probe) => answers[probeKey(probe)]);
    expect(state).to.equal('answered');
    expect(deaf).to.include({ code: null, out: 'begun\n' });
    expect(children?.code).to.equal(null);
    expect(wrong?.err).to.match(/syntax error/);
    expect([wrong?.code, variables?.code]).to.deep.equal([2, null]);
    expect(last).to.deep.equal({ code: 0, out: 'last\n' });
    expect(spawnSync('pgrep', ['-f', `sleep ${own}`], { encoding: 'utf8' }).stdout).to.equal('');
  });

  it('a name that one request looks for elsewhere is where it was for the others', async () => {
    const web = spawn(process.execPath, ['-e', WEB], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [port] = (await once(web.stdout, 'data')).map(String).map((line) => line.trim());
    const at = (address?: string): Probe => ({
      ...{ kind: 'http', url: `http://name.invalid:${port}/` },
      ...(address ? { resolve: `name.invalid:${port}:${address}` } : {}),
    });
    const probes = [at('127.0.0.1'), at('127.0.0.2'), at()];
    const { answers } = ask(probes);
    web.kill();
    const [first, second, nobody] = probes.map((probe) => JSON.parse(answers[probeKey(probe)]?.out ?? '[]'));
    expect([first, second].map(([{ body }]) => body)).to.deep.equal(['127.0.0.1', '127.0.0.2']);
    expect(nobody[0].exit).to.equal(6);
  });

  it('each query gets its own rows, the first one too', () => {
    const folder = mkdtempSync(join(tmpdir(), 'client-'));
    // Prints what it is asked to select, a row for each query.
    writeFileSync(join(folder, 'mariadb'), `#!/bin/bash\nsed -n "s/^SELECT '\\(.*\\)';/\\1/p"\n`, {
      mode: 0o755,
    });
    const probes: Probe[] = ['first', 'second'].map((word) => ({ kind: 'sql', query: `SELECT '${word}'` }));
    const path = process.env.PATH;
    process.env.PATH = `${folder}:${path}`;
    const { answers } = ask(probes);
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
    expect(probes.map((probe) => answers[probeKey(probe)]?.out.trim())).to.deep.equal(['first', 'second']);
  });

  it('an error of a query is told for that query only', () => {
    const probes: Probe[] = ['a', 'b', 'c'].map((query) => ({ kind: 'sql', query }));
    const output =
      '@@n sqls0! 1\nERROR 1146 (42S02) at line 4: no table\n@@n sqls0 1\n@@n sql0 0\n1\n@@n sql1 0\n@@n sql2 0\n3\n';
    const answers = Object.values(answersOf(probes, output, 'n'));
    expect(answers.map((answer) => [answer.code, answer.out])).to.deep.equal([
      [0, '1'],
      [1, ''],
      [0, '3'],
    ]);
  });

  const probes: Probe[] = [{ kind: 'mounts' }];
  for (const [what, result, state] of [
    ['nothing and a time limit', { code: 124, stdout: '' }, 'silent'],
    ['no ssh', { code: 255, stdout: '' }, 'silent'],
    ['something else', { code: 0, stdout: 'Welcome!\n@@other 0 0\n' }, 'garbled'],
    ['a part of it', { code: 124, stdout: '@@n identity 0\nhostname=x\n' }, 'late'],
    ['megabytes of noise', { code: 137, stdout: 'x'.repeat(1e6) }, 'garbled'],
  ] as const)
    it(`a machine that says ${what} is ${state}`, () => {
      expect(machineFacts(probes, 'n', result, 1).state).to.equal(state);
    });

  it('machines that are off or frozen are not waited for', async () => {
    const engine = {
      states: async () =>
        new Map([
          ['web1', 'off'],
          ['web2', 'frozen'],
        ] as const),
      sshHosts: async () =>
        ['web1', 'web2'].map((Host) => ({
          Host,
          HostName: '127.0.0.1',
          User: 'root',
          IdentityFile: '/none',
        })),
    };
    const facts = await collect(
      engine,
      new Map([
        ['web1', probes],
        ['web2', probes],
        ['web3', probes],
      ]),
    );
    expect(Object.values(facts.machines).map((machine) => machine.state)).to.deep.equal([
      'off',
      'silent',
      'off',
    ]);
  });

  it('asks all machines at once, of a slow lab two', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ssh-'));
    const names = ['web1', 'web2', 'lb1', 'lb2', 'db1'];
    const engine = {
      states: async () => new Map(names.map((name) => [name, 'running' as const])),
      sshHosts: async () =>
        names.map((Host) => ({ Host, HostName: '127.0.0.1', User: 'root', IdentityFile: '/none' })),
    };
    const [was, log] = [process.env.PATH, join(folder, 'log')];
    writeFileSync(
      join(folder, 'ssh'),
      // However slow this computer is, each waits for as many others as there may be, for ten seconds.
      `#!/bin/sh\necho begun >>${log}\nfor try in $(seq 100); do\n[ "$(grep -c begun ${log})" -lt "$(cat ${log}.together)" ] || break\nsleep 0.1\ndone\nsleep 0.5\necho ended >>${log}\nexit 255\n`,
      {
        mode: 0o755,
      },
    );
    const most = async (timeoutFactor: number, together: number) => {
      writeFileSync(log, '');
      writeFileSync(`${log}.together`, String(together));
      await collect(engine, new Map(names.map((name) => [name, []])), { timeoutFactor });
      let [now, found] = [0, 0];
      for (const word of readFileSync(log, 'utf8').trim().split('\n')) {
        now += word === 'begun' ? 1 : -1;
        found = Math.max(found, now);
      }
      return found;
    };
    process.env.PATH = `${folder}:${was}`;
    try {
      expect(await most(1, names.length)).to.equal(names.length);
      expect(await most(2, 2)).to.equal(2);
    } finally {
      process.env.PATH = was;
      rmSync(folder, { recursive: true });
    }
  });
});

describe('results', () => {
  const broken = async () => {
    const facts = await factsOf();
    for (const [key, answer] of Object.entries(facts.machines.web1?.answers ?? {}))
      if (key.startsWith('unit')) answer.out = answer.out.replace('=active', '=inactive');
    return resultOf(facts);
  };
  before(() => setLanguage('en'));

  it('steps that wait are not judged, and the cause comes first', async () => {
    const result = await broken();
    expect(stepsOf(result).map((step) => step.outcome)).to.deep.equal([
      'passed',
      'failed',
      'passed',
      'not-judged',
      'passed',
    ]);
    expect(rootCauses(result)).to.deep.equal([
      {
        cause: {
          id: '01.2',
          text: { en: 'apache2 runs on web1: inactive', fr: 'apache2 tourne sur web1 : inactive' },
        },
        waiting: ['01.4'],
      },
    ]);
    const text = await renderResult('text', result, false);
    expect(text.split('\n')[0]).to.equal('→ 1 step waits for 01.2: apache2 runs on web1: inactive');
    expect(text)
      .to.match(/expected: +apache2 active\n.*found: +inactive\n.*look: +lab ssh web1/)
      .and.include('hint:      lab hint 01.2');
    expect(text).to.include('3 passed, 1 failed, 1 not judged: 5 of 10 points');
  });

  it('commands that are proposed name the lab, where it is not the usual one', async () => {
    const text = await renderResult('text', { ...(await broken()), lab: 'other' }, false);
    expect(text)
      .to.match(/look: +lab ssh web1 --name other -- /)
      .and.include('lab hint 01.2 --name other');
    expect(await renderResult('text', { ...(await broken()), lab: 'lab' }, false)).not.to.include('--name');
  });

  it('in French', async () => {
    setLanguage('fr');
    const text = await renderResult('text', await broken(), false);
    setLanguage('en');
    expect(text)
      .to.include('1 étape attend 01.2')
      .and.match(/attendu : .*\n.*trouvé :/);
    expect(text).to.not.match(/expected|found|not judged/);
  });

  it('JSON, CSV, JUnit and HTML say the same', async () => {
    const result = await broken();
    expect(JSON.parse(await renderResult('json', result, false)).labs[0].steps[1].outcome).to.equal('failed');
    expect(await renderResult('csv', result, false)).to.include(
      '01.2,A page on one machine,failed,2,0,apache2 runs on web1: inactive',
    );
    const junit = await renderResult('junit', result, false);
    expect(junit)
      .to.include('tests="5" failures="1" skipped="1"')
      .and.include('<failure message="apache2 runs on web1');
    expect(await renderResult('html', result, false))
      .to.include('<title>')
      .and.not.match(/<script|src=|href=/);
  });

  it('what a machine says cannot break out of XML or HTML', async () => {
    const facts = await factsOf();
    for (const answer of Object.values(facts.machines.client?.answers ?? {}))
      answer.out = '644 x\n</failure><script>\u0000';
    const result = await resultOf(facts);
    for (const format of ['junit', 'html'] as const)
      expect(await renderResult(format, result, false), format)
        .to.not.include('<script>')
        .and.not.include('\u0000');
  });

  it('strange facts fail a step; they do not end the check', async () => {
    const facts = await factsOf();
    for (const machine of Object.values(facts.machines))
      for (const answer of Object.values(machine.answers)) answer.out = '\u0000[{"status":1}]';
    expect(stepsOf(await resultOf(facts)).map((step) => step.outcome)).to.not.include('passed');
  });

  it('formats: one on the screen, the others in files', () => {
    expect(parseFormats('text,json=a.json')).to.deep.equal([
      { format: 'text', file: undefined },
      { format: 'json', file: 'a.json' },
    ]);
    for (const wrong of ['text,json', 'xml', '', 'text,'])
      expect(() => parseFormats(wrong)).to.throw(LabError);
  });
});

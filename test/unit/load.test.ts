import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import { LOADS as OFFERED } from '../../tasks/cli/measure.ts';
import { bottleneckOf, resourcesOf } from '../../tasks/measure/load/bottleneck.ts';
import { findLimit, sustained } from '../../tasks/measure/load/limit.ts';
import { type Generated, LOADS, type LoadRun, type Resource } from '../../tasks/measure/load/model.ts';
import { durationOption, numberOption, streamsOf, webOption } from '../../tasks/measure/load/plan.ts';
import { bottleneckText, renderRuns } from '../../tasks/measure/load/text.ts';
import { busyShare, parseUsage, serverUse } from '../../tasks/measure/load/usage.ts';
import { drainCommand } from '../../tasks/measure/load/web.ts';
import { ofMachines } from './helpers/only.ts';

const root = join(import.meta.dirname, '../..');
const times = (p99: number) => ({ p50: 0.01, p90: 0.02, p99, p999: p99, mean: 0.01, max: p99 });

function generated(p99: number, failed = 0, requests = 1000): Generated {
  return {
    seconds: 10,
    generator: 0.1,
    streams: [
      {
        ...{ name: 'page', rate: 100, requests, sent: requests, served: requests - failed, failed, bytes: 0 },
        ...{ seconds: 10, throughput: 100, busy: 1, causes: {}, servedBy: { web1: requests - failed } },
        ...{ latency: times(p99), service: times(p99), lateness: times(0.001) },
      },
    ],
  };
}

const runOf = (result: Generated, resources: Resource[] = []): LoadRun => ({
  ...{ web: ['web1'], generated: result, machines: [], servers: [], computer: { processors: 2, busy: 0.5 } },
  ...{ resources, bottleneck: bottleneckOf(resources) },
});

describe('load: what is asked for', () => {
  const target = { url: 'https://lab.test', page: '/', file: '/files/x-{slot}', login: 'a:b' };
  const options = { rate: 20, connections: 8, size: 1024 };

  it('the command table offers the kinds that there are', () => {
    expect(OFFERED).to.deep.equal([...LOADS]);
  });

  it('rates and connections add up to what was asked for', () => {
    for (const kind of LOADS) {
      const streams = streamsOf(target, { kind, ...options });
      expect(
        streams.reduce((sum, stream) => sum + stream.rate, 0),
        kind,
      ).to.equal(20);
      expect(
        streams.reduce((sum, stream) => sum + stream.connections, 0),
        kind,
      ).to.equal(8);
    }
    expect(streamsOf(target, { kind: 'mixed', ...options }).map(({ rate }) => rate)).to.deep.equal([18, 2]);
  });

  it('durations and numbers; a mistake names its option', () => {
    expect(['30', '30s', '1.5m', '1h'].map((value) => durationOption('--for', value))).to.deep.equal([
      30, 30, 90, 3600,
    ]);
    for (const wrong of ['', '0', 's', '5d', '-3', '999h'])
      expect(() => durationOption('--for', wrong), wrong).to.throw(LabError, /--for/);
    expect(numberOption('--rate', '0.5', 0.1, 10)).to.equal(0.5);
    for (const wrong of ['', 'ten', '11', '0'])
      expect(() => numberOption('--rate', wrong, 0.1, 10), wrong).to.throw(LabError, /--rate/);
  });

  it('numbers of web machines: as many as the lab has', () => {
    expect(webOption(undefined, ['web1', 'web2'])).to.deep.equal([2]);
    expect(webOption('1,2', ['web1', 'web2'])).to.deep.equal([1, 2]);
    expect(() => webOption('1,3', ['web1', 'web2'])).to.throw(
      LabError,
      /2 web machines \(web1, web2\), not 3/,
    );
    for (const wrong of ['0', 'two', '1,', '1.5'])
      expect(() => webOption(wrong, ['web1']), wrong).to.throw(LabError);
  });
});

describe('load: the limit', () => {
  const limit = { p99: 1, failed: 0.001 };

  it('sustained: hardly any failure, and the slowest percent in time', () => {
    expect(sustained(runOf(generated(0.9)), limit)).to.equal(true);
    expect(sustained(runOf(generated(1.1)), limit)).to.equal(false);
    expect(sustained(runOf(generated(0.1, 1)), limit)).to.equal(true);
    expect(sustained(runOf(generated(0.1, 2)), limit)).to.equal(false);
    const nothing = generated(0.1);
    for (const stream of nothing.streams) stream.latency = null;
    expect(sustained(runOf(nothing), limit)).to.equal(false);
  });

  /** A service that carries up to `capacity` requests a second; the rates that the search tried. */
  async function search(start: number, capacity: number) {
    const tried: number[] = [];
    const found = await findLimit(
      start,
      0.1,
      (run) => sustained(run, limit),
      async (rate) => {
        tried.push(rate);
        return runOf(generated(rate <= capacity ? 0.1 : 5));
      },
    );
    return { ...found, tried };
  }

  it('is found from below and from above, to a tenth', async () => {
    expect((await search(10, 97)).tried).to.deep.equal([10, 20, 40, 80, 160, 120, 100, 90, 95]);
    expect((await search(100, 13)).tried).to.deep.equal([100, 50, 25, 12, 19, 16, 14, 13]);
  });

  it('a service that sustains no rate ends the search', async () => {
    const { best, above, tried } = await search(8, 0);
    expect([best, tried]).to.deep.equal([undefined, [8, 4, 2, 1]]);
    expect(above).to.not.equal(undefined);
  });
});

describe('load: what is used up', () => {
  const facts = (name: string) => readFileSync(join(root, 'test/unit/load', name), 'utf8');

  it('counters of a load balancer, in the form in which it prints them', () => {
    const usage = parseUsage(facts('lb1.txt'));
    expect(usage?.servers.map(({ name, status }) => `${name} ${status}`)).to.deep.equal([
      'web1 UP',
      'web2 UP',
    ]);
    expect(usage?.servers[0]).to.include({ limit: 16, total: 156, time: 59 });
    expect(usage?.all).to.be.above(usage?.busy ?? 0);
    expect(parseUsage('')).to.equal(undefined);
    expect(parseUsage('bash: /proc/stat: nothing\n')).to.equal(undefined);
  });

  it('shares and averages are those of the time between', () => {
    const cpu = (busy: number, idle: number) =>
      parseUsage(`cpu ${busy} 0 0 ${idle} 0 0 0 0 0 0\n1.5 1 1 1/2 3\n`);
    const [before, after] = [cpu(100, 900), cpu(175, 925)];
    expect(before && after && busyShare(before, after)).to.equal(0.75);
    expect(after?.load).to.equal(1.5);
    const server = (total: number) => [
      { name: 'web1', total, time: 100, limit: 16, queueMax: 3, status: 'UP' },
    ];
    // 200 requests of 0.1 s in 10 s: two at a time. The second load balancer had nothing to do.
    const [use] = serverUse([server(50), server(7)], [server(250), server(7)], 10);
    expect(use).to.deep.equal({ server: 'web1', requests: 200, working: 2, room: 16, queued: 3 });
    // Started anew meanwhile: what it counted since then.
    expect(serverUse([server(500)], [server(20)], 10)[0]?.requests).to.equal(20);
  });

  it('the one behind is named, not the queue in front of it', () => {
    const full = (kind: Resource['kind'], name = ''): Resource => ({ kind, name, share: 0.99 });
    expect(bottleneckOf([full('visitors'), full('connections', 'web1')])?.kind).to.equal('connections');
    expect(bottleneckOf([full('visitors'), full('computer'), full('machine', 'web1')])).to.include({
      name: 'web1',
    });
    expect(bottleneckOf([full('generator'), full('computer')])?.kind).to.equal('generator');
    expect(bottleneckOf([{ kind: 'computer', name: '', share: 0.8 }])).to.equal(undefined);
  });

  it('all resources are there, the most used first', () => {
    const machines = [{ machine: 'web1', roles: ['web'], busy: 0.95, load: 4, taken: 0.5 }];
    const servers = [{ server: 'web1', requests: 10, working: 8, room: 16, queued: 0 }];
    const all = resourcesOf({
      generated: generated(1),
      machines,
      servers,
      computer: { busy: 0.7 },
      connections: 10,
    });
    expect(all.map(({ kind, share }) => `${kind} ${share}`)).to.deep.equal([
      ...['machine 0.95', 'computer 0.7', 'connections 0.5', 'generator 0.1', 'visitors 0.1'],
    ]);
  });

  it('is told in both languages, and for uml what it means', () => {
    const run = runOf(generated(0.5, 3), [{ kind: 'computer', name: '', share: 0.97 }]);
    const lab = { engine: 'uml', app: 'sample' };
    try {
      setLanguage('en');
      expect(renderRuns([run], { p99: 1, failed: 0.001 }, lab))
        .to.match(/Bottleneck: this computer's processors \(97 % busy\)/)
        .and.match(/share this computer's 2 processors/)
        .and.match(/500 ms/);
      expect(
        renderRuns([run], { p99: 1, failed: 0.001 }, { ...lab, engine: 'vagrant-libvirt' }),
      ).to.not.match(/pinned/);
      setLanguage('fr');
      expect(bottleneckText(undefined, run)).to.equal("rien n'est épuisé");
      expect(renderRuns([run], { p99: 1, failed: 0.001 }, lab)).to.match(
        /Goulot d'étranglement : les processeurs de cet ordinateur/,
      );
    } finally {
      setLanguage('en');
    }
  });
});

ofMachines.describe('load: web machines out of service', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'drain-'));
    writeFileSync(join(folder, 'socat'), `#!/bin/sh\ncat >> ${folder}/log\n`, { mode: 0o755 });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('return when the connection ends, whatever ended it', () => {
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
    const ran = spawnSync('sh', ['-c', drainCommand(['web2', 'web3'])], { env, input: '', encoding: 'utf8' });
    expect(ran.stdout).to.equal('drained\n');
    const both = (state: string) =>
      `set server web/web2 state ${state}; set server web/web3 state ${state}\n`;
    expect(readFileSync(join(folder, 'log'), 'utf8')).to.equal(both('drain') + both('ready'));
  });
});

import { expect } from 'chai';
import { judge } from '../../tasks/exercises/checks/judge.ts';
import { checksOf } from '../../tasks/exercises/checks/plan.ts';
import { type Answer, type Facts, type Probe, probeKey } from '../../tasks/exercises/checks/probe.ts';
import { stepsOf } from '../../tasks/exercises/checks/result.ts';
import { labNamed } from '../../tasks/exercises/guides/load.ts';
import { variedValue } from '../../tasks/exercises/guides/values.ts';
import type { DrillNote, LoadNote } from '../../tasks/exercises/state/records.ts';
import { contextOf, labs } from './helpers/facts.ts';

/** Labs 09 and 10 on facts as they would be, and with what each of their faults changes in them. */
interface Told {
  files: Record<string, string>;
  drills: DrillNote[];
  loads: LoadNote[];
  /** When each step was found to hold first; without it step 1 of lab 09 before every drill. */
  passed?: Record<string, string>;
  /** What a command says on a machine; undefined: it is not known. */
  command: (machine: string, command: string) => string | undefined;
}

async function passed(id: string, told: Told, student?: string): Promise<string[]> {
  const lab = labNamed(labs, id);
  const checks = await checksOf(lab, contextOf(student));
  const answer = (machine: string, probe: Probe): Answer => {
    const ok = (out: string) => ({ code: 0, out });
    if (probe.kind === 'kit')
      return ok(
        JSON.stringify(
          { drills: told.drills, passed: told.passed ?? { '09.1': '2025' }, started: true }[
            probe.what as string
          ] ?? told.loads,
        ),
      );
    if (probe.kind === 'http')
      return ok('[{"status":200,"time":0.01,"exit":0,"error":"","headers":{},"body":""}]');
    if (probe.kind === 'file') {
      const text = told.files[probe.path];
      return text === undefined ? { code: 1, out: '' } : ok(`644 root:root\n${text}`);
    }
    const said = probe.kind === 'command' ? told.command(machine, probe.command) : undefined;
    return said === undefined ? { code: 1, out: '' } : ok(said);
  };
  const facts: Facts = { collected: '', machines: {} };
  for (const { machine, probe } of [...checks.expectations.values()]
    .flat()
    .flatMap((expectation) => expectation.needs)) {
    facts.machines[machine] ??= { state: 'answered', took: 1, identity: {}, answers: {} };
    const { answers } = facts.machines[machine];
    answers[probeKey(probe)] = answer(machine, probe);
  }
  const results = judge([checks], facts);
  return stepsOf({ labs: results }).flatMap((step) => (step.outcome === 'passed' ? [step.id] : []));
}

describe('lab 09 judges predictions and measurements', () => {
  const balancer = (advert: number, priority: number) =>
    `front.advert ${advert} s front.conf\nfront.priority ${priority} - front.conf\n`;
  const database =
    'galera.suspect_timeout 2 s x\ngalera.inactive_check_period 0.5 s x\ngalera.join_retrans_period 1 s x\n' +
    'corosync.token 1000 ms x\ncorosync.consensus 1200 ms x\nstorage.fencing 5 s x\n';
  const timers: Record<string, string> = {
    lb1: balancer(0.25, 250),
    lb2: balancer(0.25, 240),
    ...{ db1: database, db2: database, web1: 'nfs.timeo 10 ds x\n' },
  };
  const drill = (fault: DrillNote['fault'], outage: number, more: Partial<DrillNote> = {}): DrillNote => ({
    ...{ id: 'x', begun: '2026', fault, machine: 'lb1', held: ['front'], verdict: 'pass', load: 1 },
    kinds: ['page.new', 'upload'].map((kind) => ({
      ...{ kind: kind as 'upload', requests: 300, failed: 0, longest: outage },
    })),
    predicted: [{ kind: 'page.new', atLeast: 0.5, seconds: 0.77 }],
    ...{ acknowledged: 412, lost: 0, ...more },
  });
  const slow = (seconds: number) =>
    drill('power', 3.5, { predicted: [{ kind: 'page.new', atLeast: 2.6, seconds }] });
  const good: Told = {
    files: {
      '/root/predictions': 'front 0.77\ndatabase 3.50\nstorage 10.30\n',
      '/root/measured': 'kill 0.1\npower 0.61\nfiles 10.8\nacknowledged 412\nlost 0\nslow 3.5\n',
    },
    drills: [
      drill('kill', 0.1, { service: 'haproxy' }),
      drill('power', 0.61),
      drill('power', 10.8, { held: ['storage', 'database'], machine: 'db1' }),
      slow(3 + 156 / 256),
    ],
    loads: [],
    command: (machine) => timers[machine] ?? '',
  };
  const all = ['09.1', '09.2', '09.3', '09.4'];
  const with_ = (file: string, from: RegExp, to: string): Told => ({
    ...good,
    files: { ...good.files, [file]: (good.files[file] ?? '').replace(from, to) },
  });
  const but = (...ids: string[]) => all.filter((id) => !ids.includes(id));

  it('passes when all was done, and nothing of it was at the start', async () => {
    expect(await passed('09', good)).to.deep.equal(all);
    expect(await passed('09', { ...good, files: {}, drills: [] })).to.deep.equal([]);
  });

  it('a prediction has to follow from the timers that are in force', async () => {
    expect(await passed('09', with_('/root/predictions', /storage .*/, 'storage 1'))).to.deep.equal(
      but('09.1', '09.4'),
    );
    expect(await passed('09', with_('/root/predictions', /front .*/, 'front 3.1'))).to.deep.equal(
      but('09.1', '09.4'),
    );
    expect(await passed('09', with_('/root/predictions', /0.77/, '0,77 s'))).to.deep.equal(all);
    // The least that it can be is right as well.
    expect(await passed('09', with_('/root/predictions', /0.77/, '0.52'))).to.deep.equal(all);
    for (const machine of ['lb1', 'lb2']) {
      const command = (name: string) => (name === machine ? balancer(1, 240) : timers[name]);
      expect(await passed('09', { ...good, command }), machine).to.deep.equal(['09.2', '09.3']);
    }
  });

  it('drills count once the predictions were checked: what was written down after them predicts nothing', async () => {
    expect(await passed('09', { ...good, passed: { '09.1': '2027' } })).to.deep.equal(['09.1']);
    expect(await passed('09', { ...good, passed: { '09.2': '2025' } })).to.deep.equal(['09.1']);
    const early = good.drills.map((drill, at) => (at === 2 ? { ...drill, begun: '2024' } : drill));
    expect(await passed('09', { ...good, drills: early })).to.deep.equal(but('09.3'));
  });

  it('a figure has to be that of a recorded drill of its kind', async () => {
    const file = '/root/measured';
    expect(await passed('09', with_(file, /power .*/, 'power 0.011'))).to.deep.equal(but('09.2'));
    expect(await passed('09', with_(file, /acknowledged /, 'acknowledged 9'))).to.deep.equal(but('09.3'));
    expect(await passed('09', with_(file, /lost 0/, 'lost 1'))).to.deep.equal(but('09.3'));
    expect(await passed('09', with_(file, /slow 3.5/, 'slow 0.61'))).to.deep.equal(but('09.4'));
    const without = (index: number) => ({ ...good, drills: good.drills.filter((_, at) => at !== index) });
    for (const [index, step] of [
      [0, '09.2'],
      [1, '09.2'],
      [2, '09.3'],
      [3, '09.4'],
    ] as const)
      expect(await passed('09', without(index)), `without drill ${index}`).to.deep.equal(but(step));
  });

  it('what was not read back proves nothing', async () => {
    const unread = good.drills.map((drill) => ({ ...drill, lost: null }));
    expect(await passed('09', { ...good, drills: unread })).to.deep.equal(but('09.3'));
  });

  it('the slow drill is made with the priority of this student', async () => {
    const priority = Number(priorityOf('alice'));
    expect(await passed('09', good, 'alice')).to.deep.equal(but('09.4'));
    const own = [...good.drills.slice(0, 3), slow(3 + (256 - priority) / 256)];
    expect(await passed('09', { ...good, drills: own }, 'alice')).to.deep.equal(all);
  });
});

describe('lab 10 judges loads, drains and scaling', () => {
  const load = (web: number, rate: number, more: Partial<LoadNote> = {}): LoadNote => ({
    ...{ begun: '2026', kind: 'page', search: false, web, rate, throughput: rate, requests: 60, failed: 0 },
    ...{ p99: 0.1 * web, sustained: true, bottleneck: null, ...more },
  });
  const found = { search: true, p99: 1.1 };
  const beyond = { search: true, p99: 3, sustained: false, bottleneck: 'computer' };
  const stat = (states: Record<string, string>) =>
    [
      '# pxname,svname,status,check_status,addr,',
      ...Object.entries(states).map(([name, state]) => {
        const check = state === 'MAINT' ? '' : 'L7OK';
        return `web,${name},${state},${check},10.0.2.2${name.slice(3)}:80,\nfiles,${name},${state},,10.0.2.2${name.slice(3)}:80,`;
      }),
    ].join('\n');
  const up = { web1: 'UP', web2: 'UP', web3: 'UP' };
  interface State {
    lb1: Record<string, string>;
    lb2: Record<string, string>;
    drain: object;
    scale: object;
    starts: string;
  }
  const state: State = {
    ...{ lb1: up, lb2: up },
    drain: { requests: 225, failed: 0, machines: ['web1', 'web2'] },
    scale: { requests: 600, failed: 0, machines: ['web1', 'web2', 'web3'] },
    starts: '900\n980\n',
  };
  const commands =
    (changes: Partial<State> = {}): Told['command'] =>
    (machine, command) => {
      const now = { ...state, ...changes };
      if (command.includes('drain.json')) return `1000\n${JSON.stringify(now.drain)}\n`;
      if (command.includes('scale.json')) return `2000\n${JSON.stringify(now.scale)}\n`;
      if (command.includes('journalctl')) return now.starts;
      return stat(machine === 'lb1' ? now.lb1 : now.lb2);
    };
  const good: Told = {
    files: {
      '/root/capacity': 'p99-1 0.1\np99-2 0.2\nlimit-2 24\nlimit-3 26\nbottleneck computer\n',
    },
    drills: [],
    loads: [
      ...[load(1, 6), load(2, 6), load(2, 24, found), load(2, 27, beyond)],
      ...[load(3, 26, found), load(3, 28, beyond)],
    ],
    command: commands(),
  };
  const all = ['10.1', '10.2', '10.3', '10.4'];
  const but = (...ids: string[]) => all.filter((id) => !ids.includes(id));
  const noted = (from: RegExp, to: string): Told => ({
    ...good,
    files: { '/root/capacity': (good.files['/root/capacity'] ?? '').replace(from, to) },
  });

  it('passes when all was done, and nothing of it was at the start', async () => {
    expect(await passed('10', good)).to.deep.equal(all);
    const two = { web1: 'UP', web2: 'UP' };
    const command = (machine: string, words: string) =>
      words.includes('.json') ? undefined : commands({ lb1: two, lb2: two })(machine, words);
    expect(await passed('10', { ...good, files: {}, loads: [], command })).to.deep.equal([]);
  });

  it('what was noted has to be what was measured', async () => {
    expect(await passed('10', noted(/p99-2 .*/, 'p99-2 0.05'))).to.deep.equal(but('10.1'));
    expect(await passed('10', noted(/limit-3 .*/, 'limit-3 4999'))).to.deep.equal(but('10.4'));
    expect(await passed('10', noted(/computer/, 'machine'))).to.deep.equal(but('10.4'));
    expect(await passed('10', { ...good, loads: good.loads.slice(1) })).to.deep.equal(but('10.1'));
    expect(await passed('10', { ...good, loads: good.loads.slice(0, 4) })).to.deep.equal(but('10.4'));
  });

  it('a drain costs no request, is made for work that was done, and is taken back on both', async () => {
    const drained = { ...up, web1: 'DRAIN' };
    for (const changes of [
      { lb2: drained },
      { lb1: drained },
      { drain: { requests: 225, failed: 1, machines: ['web2'] } },
      { drain: { requests: 20, failed: 0, machines: ['web2'] } },
      { starts: '700\n1100\n' },
      { starts: '' },
    ])
      expect(
        await passed('10', { ...good, command: commands(changes) }),
        JSON.stringify(changes),
      ).to.deep.equal(but('10.2'));
  });

  it('three machines are well for both, and the third one answered while nothing failed', async () => {
    for (const changes of [
      { lb1: { ...up, web3: 'MAINT' } },
      { lb2: { web1: 'UP', web2: 'UP' } },
      { scale: { requests: 600, failed: 2, machines: ['web1', 'web2', 'web3'] } },
      { scale: { requests: 600, failed: 0, machines: ['web1', 'web2', '?'] } },
    ])
      expect(
        await passed('10', { ...good, command: commands(changes) }),
        JSON.stringify(changes),
      ).to.deep.equal(but('10.3', '10.4'));
  });
});

function priorityOf(student: string): string {
  const vary = labNamed(labs, '09').vary.priority;
  if (!vary) throw new Error('lab 09 varies no priority');
  return variedValue(vary, '09', 'priority', student);
}

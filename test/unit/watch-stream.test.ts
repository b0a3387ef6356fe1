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
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { poll } from '../../tasks/base/poll.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import type { PowerState } from '../../tasks/engines/engine.ts';
import { readRoles } from '../../tasks/roles/roles.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { applyAll } from '../../tasks/watch/model/apply.ts';
import type { LabEvent } from '../../tasks/watch/model/event.ts';
import { writeEvent } from '../../tasks/watch/model/ndjson.ts';
import type { Broken } from '../../tasks/watch/model/state.ts';
import { holdings, machineViews } from '../../tasks/watch/model/view.ts';
import { watcherSocket } from '../../tasks/watch/place.ts';
import { planOf } from '../../tasks/watch/plan.ts';
import { record, replay } from '../../tasks/watch/recording.ts';
import { serve } from '../../tasks/watch/server.ts';
import { events, note } from '../../tasks/watch/stream.ts';
import { renderLine, renderPicture } from '../../tasks/watch/terminal.ts';
import { Watcher } from '../../tasks/watch/watcher.ts';
import { onPosix, withFakeSsh, withModes } from './helpers/only.ts';

const root = join(import.meta.dirname, '../..');
const plan = planOf('lab', 'uml', await loadTopology('seven', root), readRoles(root));
const until = (found: () => boolean) => poll(found, Boolean, { every: 0.02, seconds: 60 });

describe('watch: what a lab consists of', () => {
  it('is told with its machines, addresses and votes', () => {
    expect(plan.machines.map(({ name }) => name)).to.deep.equal([
      'client',
      'lb1',
      'lb2',
      'web1',
      'web2',
      'db1',
      'db2',
    ]);
    expect(plan.floating.map(({ address }) => address)).to.deep.equal([
      '10.0.2.10',
      '10.0.2.30',
      '10.0.2.40',
    ]);
    expect(plan.votes.map(({ group, majority, voters }) => [group, majority, voters.length])).to.deep.equal([
      ...[
        ['galera', 2, 3],
        ['corosync', 2, 3],
        ['sentinel', 2, 3],
      ],
    ]);
    expect(plan.machines[1]?.services).to.include.members(['haproxy', 'keepalived', 'garb']);
  });
});

withFakeSsh.describe('watch: one watcher, many who look', () => {
  let folder = '';
  let path = '';
  const before = process.env.PATH;
  const power = new Map<string, PowerState>();
  let planned: typeof plan | undefined = plan;
  let command: string | undefined;
  let broken: Broken[] = [];
  let watcher: Watcher;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watch-'));
    path = watcherSocket(folder);
    mkdirSync(join(folder, 'bin'));
    // The machine at the other end: what it says stands in a file; it ends with its input.
    writeFileSync(
      join(folder, 'bin', 'ssh'),
      `#!/bin/bash
machine=\${*: -2:1}
echo "$machine" >>'${folder}/calls'
[[ ! -e '${folder}'/$machine.refuses ]] || exit 255
echo 'addresses 10.0.2.11 10.0.2.10'
echo 'addresses 10.0.2.11 10.0.2.10'
while printf 'beat %s 0.1 1 1\\n' "$EPOCHREALTIME"; do
  [[ ! -e '${folder}'/$machine.mute ]] || { IFS= read -r; exit; }
  read -r -t 0.1 word
  (($? == 0 || $? > 128)) || exit
done
`,
    );
    chmodSync(join(folder, 'bin', 'ssh'), 0o755);
    process.env.PATH = `${join(folder, 'bin')}:${before}`;
    for (const { name } of plan.machines) power.set(name, name === 'lb1' ? 'running' : 'off');
    planned = plan;
    command = undefined;
    watcher = new Watcher({
      root,
      plan: async () => planned,
      states: async () => new Map(power),
      statesEvery: 20,
      hosts: async () =>
        plan.machines.map(({ name }) => ({
          Host: name,
          HostName: '192.0.2.1',
          User: 'root',
          IdentityFile: join(folder, 'key'),
        })),
      command: async () => command,
      broken: async () => broken,
      nic: 'vec0',
      timeoutFactor: 0.2,
    });
  });
  afterEach(() => {
    watcher.end();
    process.env.PATH = before;
    setLanguage('en');
    rmSync(folder, { recursive: true, force: true });
  });
  const mark = (name: string) => machineViews(watcher.state).find((view) => view.name === name)?.mark;
  const calls = () =>
    existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n') : [];

  it('hears the machines that run, and only those', async () => {
    const told: string[] = [];
    watcher.listen(({ what }) => told.push(what));
    await watcher.begin();
    expect(mark('lb1')).to.equal('unknown');
    await until(() => mark('lb1') === 'well');
    expect(mark('lb2')).to.equal('off');
    // What is known already is not told again.
    expect(told.filter((what) => what === 'addresses')).to.have.length(1);
    expect(holdings(watcher.state)[0]).to.deep.include({ status: 'one', holders: ['lb1'] });
    expect(new Set(calls())).to.deep.equal(new Set(['lb1']));
    power.set('lb2', 'running');
    await until(() => mark('lb2') === 'well');
    expect(holdings(watcher.state)[0]?.status).to.equal('several');
  });

  it('one that says nothing any more is unknown since its last word; without power it is off', async () => {
    await watcher.begin();
    await until(() => mark('lb1') === 'well');
    writeFileSync(join(folder, 'lb1.mute'), '');
    await until(() => mark('lb1') === 'unknown');
    const { heard, unknownSince } = watcher.state.machines.lb1 ?? {};
    expect(unknownSince).to.equal(heard);
    power.set('lb1', 'off');
    await until(() => mark('lb1') === 'off');
    expect(holdings(watcher.state)[0]).to.deep.include({ status: 'none', perhaps: [] });
  });

  it('a line that is lost is opened again while the machine has power', async () => {
    writeFileSync(join(folder, 'lb1.refuses'), '');
    await watcher.begin();
    await until(() => calls().length >= 2);
    expect(mark('lb1')).to.equal('unknown');
    rmSync(join(folder, 'lb1.refuses'));
    await until(() => mark('lb1') === 'well');
  });

  it('commands that change the lab are in the stream; when one has ended the lab may have other machines, or be gone', async () => {
    await watcher.begin();
    command = 'lab scale web=3';
    await until(() => watcher.state.command === 'lab scale web=3');
    planned = { ...plan, machines: plan.machines.slice(0, 2) };
    command = undefined;
    await until(() => machineViews(watcher.state).length === 2);
    command = 'lab destroy';
    await until(() => watcher.state.command !== undefined);
    planned = undefined;
    command = undefined;
    await until(() => watcher.state.ended);
    expect(
      watcher.state.lines.map(({ code }) => code).filter((code) => code.startsWith('command')),
    ).to.deep.equal([...['command-begun', 'command-ended', 'command-begun', 'command-ended']]);
  });

  it('what is broken and what is undone is in the stream, an event each', async () => {
    const fault = (machine: string, since: number): Broken => ({
      ...{ machine, since, by: 'user' },
      words: { en: machine, fr: machine },
    });
    await watcher.begin();
    broken = [fault('lb1', 1000), fault('db1', 2000)];
    await until(() => watcher.state.broken?.length === 2);
    broken = [];
    await until(() => watcher.state.broken === undefined);
    const said = watcher.state.lines.filter(({ code }) => code.startsWith('fault-'));
    expect(said.map(({ code, machine }) => `${code} ${machine}`)).to.deep.equal([
      ...['fault-made lb1', 'fault-made db1', 'fault-undone lb1', 'fault-undone db1'],
    ]);
    expect(said[0]?.t).to.equal(1000);
  });

  it('everyone who looks gets the state so far and then each event; whoever looks last turns off the light', async () => {
    await watcher.begin();
    const over = serve(watcher, path, 200);
    const stop = new AbortController();
    const seen: LabEvent[] = [];
    await until(() => existsSync(path));
    const looking = (async () => {
      for await (const event of events({ name: 'lab', folder, root }, stop.signal)) seen.push(event);
    })();
    await until(() => seen.length >= 3);
    await note(folder, 'lb1', 'fault', 'power of lb1 cut');
    await until(() => seen.some(({ what }) => what === 'note'));
    // Twice: one that comes later knows the same.
    const second = new AbortController();
    for await (const event of events({ name: 'lab', folder, root }, second.signal)) {
      expect(event.what).to.equal('snapshot');
      break;
    }
    stop.abort();
    await looking;
    expect(seen[0]?.what).to.equal('snapshot');
    expect(seen.slice(1).map(({ seq }) => seq)).to.deep.equal(
      seen.slice(1).map((_, index) => (seen[0]?.seq ?? 0) + index + 1),
    );
    expect(applyAll(seen).machines.lb1?.addresses).to.include('10.0.2.10');
    expect(await over).to.equal(true);
    expect(existsSync(path)).to.equal(false);
  });

  it('a second watcher leaves the lab to the first; a socket that a killed one left is taken over', async () => {
    writeFileSync(join(folder, 'x'), '');
    mkdirSync(join(folder, 'run'));
    writeFileSync(path, '');
    await watcher.begin();
    const over = serve(watcher, path, 300);
    const answers = () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(path, () => {
          socket.destroy();
          resolve(true);
        });
        socket.on('error', () => resolve(false));
      });
    await poll(answers, Boolean, { every: 0.02, seconds: 60 });
    expect(await serve(watcher, path, 300)).to.equal(false);
    expect(await over).to.equal(true);
  });

  it('what a client says that is none of its business changes nothing', async () => {
    await watcher.begin();
    const over = serve(watcher, path, 100);
    await until(() => existsSync(path));
    const lines = watcher.state.lines.length;
    const socket = connect(path);
    socket.write('x\n{"note":5}\n{"note":{"machine":1}}\nnull\n');
    socket.end();
    socket.resume();
    await over;
    expect(watcher.state.lines).to.have.length(lines);
  });

  withModes.it('nobody else may look', async () => {
    await watcher.begin();
    const over = serve(watcher, path, 100);
    await until(() => existsSync(path));
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    await over;
  });

  it('a note where nobody watches is for nobody, and no error', async () => {
    await note(folder, 'lb1', 'fault', '');
  });
});

onPosix('Windows has pipes with names').it('watch: a socket whose path is too long has a short one', () => {
  expect(watcherSocket('/lab')).to.equal('/lab/run/watch.sock');
  expect(watcherSocket(`/${'x'.repeat(120)}`).length).to.be.below(100);
});

describe('watch: recordings and the picture in a terminal', () => {
  let folder = '';
  beforeEach(() => {
    setLanguage('en');
    folder = mkdtempSync(join(tmpdir(), 'watch-'));
  });
  afterEach(() => {
    setLanguage('en');
    rmSync(folder, { recursive: true });
  });
  const T = Date.parse('2026-01-01T10:00:00Z');
  const place = (seq: number, machine: string) => ({ seq, t: T + seq * 1000, machine });
  const recorded: LabEvent[] = [
    { ...place(1, ''), source: 'watch', what: 'plan', plan },
    { ...place(2, 'lb1'), source: 'engine', what: 'power', power: 'running' },
    { ...place(3, 'lb1'), source: 'address', what: 'addresses', addresses: ['10.0.2.11', '10.0.2.10'] },
    { ...place(4, 'lb1'), source: 'beat', what: 'beat', load: 0.5, received: 1, sent: 1 },
    { ...place(5, 'lb2'), source: 'engine', what: 'power', power: 'off' },
    { ...place(6, 'lb1'), source: 'journal', what: 'said', code: 'address-taken', text: 'front' },
  ];
  const read = async (file: string) => {
    const all: LabEvent[] = [];
    for await (const event of replay(file)) all.push(event);
    return all;
  };
  const failure = async (file: string) =>
    read(file).then(
      () => undefined,
      (error: unknown) => error,
    );

  it('a recording is read back as it was, without a last line that broke off', async () => {
    const file = join(folder, 'one.ndjson');
    const recorder = await record(file);
    for (const event of recorded) await recorder.add(event);
    await recorder.close();
    expect(await read(file)).to.deep.equal(recorded);
    writeFileSync(file, recorded.map(writeEvent).join('').slice(0, -20));
    expect(await read(file)).to.deep.equal(recorded.slice(0, -1));
  });

  it('a file that is there is not overwritten; one that is no recording is named, with the line', async () => {
    const file = join(folder, 'two');
    writeFileSync(file, 'hello\n');
    expect(
      await record(file).then(
        () => undefined,
        (error: unknown) => error,
      ),
    ).to.be.instanceOf(LabError);
    expect(await failure(file))
      .to.be.instanceOf(LabError)
      .and.to.have.property('message')
      .that.contains('(line 1)');
    const [first, second] = recorded.map(writeEvent);
    writeFileSync(file, `${first}{"seq":2}\n${second}`);
    expect(await failure(file))
      .to.have.property('message')
      .that.contains('(line 2)');
    writeFileSync(file, String(second));
    expect(await failure(file)).to.be.instanceOf(LabError);
    writeFileSync(file, '');
    expect(await failure(file)).to.be.instanceOf(LabError);
    expect(await failure(join(folder, 'none'))).to.be.instanceOf(LabError);
  });

  it('the picture has a shape and a word for each state, in both languages', () => {
    const state = applyAll(recorded);
    const english = renderPicture(state, 60).join('\n');
    expect(english).to.match(/^● +lb1 +running +load 0\.50 .*10\.0\.2\.10$/m);
    expect(english).to.match(/^○ +lb2 +off$/m);
    expect(english).to.match(/^\? +db1 +unknown$/m);
    expect(english).to.match(/^● +10\.0\.2\.10 +load balancer +lb1$/m);
    expect(english).to.match(/^\? +databases \(Galera\) +\? of 3 votes, 2 needed: unknown +● lb1 {2}\? db1/m);
    expect(english).to.contain('takes the address: front');
    setLanguage('fr');
    const french = renderPicture(state, 60).join('\n');
    expect(french).to.match(/^○ +lb2 +éteinte$/m);
    expect(french).to.contain("prend l'adresse : front");
    expect(french.split('\n')).to.have.length(english.split('\n').length);
  });

  it('events give way in a low terminal; the newest stay', () => {
    const state = applyAll(recorded);
    const low = renderPicture(state, 10);
    const tall = renderPicture(state, 100);
    expect(low.at(-1)).to.equal(tall.at(-1));
    expect(low.length).to.be.at.most(tall.length);
    expect(renderLine({ seq: 1, t: T, machine: 'lb1', code: 'power-off', text: '' })).to.match(
      /^\d\d:\d\d:\d\d lb1 is off$/,
    );
  });
});

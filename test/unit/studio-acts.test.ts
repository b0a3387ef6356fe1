import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { poll } from '../../tasks/base/poll.ts';
import type { DrillSite } from '../../tasks/measure/drill/site.ts';
import { breakable, commandOf, readAct } from '../../tasks/studio/acts.ts';
import { LabChecks } from '../../tasks/studio/checks.ts';
import { doorOf } from '../../tasks/studio/door.ts';
import { holdsOf } from '../../tasks/studio/holds.ts';
import { LabActs } from '../../tasks/studio/lab-acts.ts';
import type { Act, Checks, Work } from '../../tasks/studio/page/protocol.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { applyAll } from '../../tasks/watch/model/apply.ts';
import { votesWithout } from '../../tasks/watch/model/loss.ts';
import { onPosix } from './helpers/only.ts';
import { atRest, CUT, LOSS, T, after as then } from './studio/made.ts';

const root = join(import.meta.dirname, '../..');
const topology = await loadTopology('seven', root);
const until = (found: () => boolean) => poll(found, Boolean, { every: 0.02, seconds: 60 });
const language = 'en';

describe('studio: what a page may have done', () => {
  const door = {
    ...{ lab: 'second', exists: true, topologies: ['seven', 'spread'] },
    ...{ labs: ['04', '08'], continues: { '08': ['04'] } },
  };
  const offer = { ...breakable(topology, { name: 'uml' }), door };

  it('is the faults of drills on every machine but the client, and who holds what', () => {
    expect(offer.holders).to.deep.equal(['front', 'router', 'storage', 'database', 'redis']);
    expect(offer.targets.some(({ machine }) => machine === 'client')).to.equal(false);
    expect(offer.targets).to.deep.include({ kind: 'kill', machine: 'lb1', service: 'haproxy' });
  });

  it('becomes words of the kit’s own commands', () => {
    const words = (act: unknown) => {
      const read = readAct(act, offer);
      return read && commandOf(read, 'second')?.join(' ');
    };
    const target = { kind: 'kill', machine: 'lb1', service: 'haproxy' };
    expect(words({ do: 'fault', target, language })).to.equal(
      'fault lb1 --fault kill --service haproxy --name second',
    );
    expect(
      words({ do: 'drill', target: { kind: 'cable', holder: 'front' }, language, expect: 2.5 }),
    ).to.equal('drill --fault cable --holder front --expect 2.5 --name second');
    expect(words({ do: 'fault', target: { kind: 'pair', machine: 'db1', peer: 'db2' }, language })).to.equal(
      'fault db1 --fault pair --from db2 --name second',
    );
    expect(words({ do: 'undo', language })).to.equal('fault --undo --name second');
  });

  it('of the lab as a whole: what there is now, its own name, and names that can be a snapshot’s', () => {
    const words = (act: object, exists = true) => {
      const read = readAct({ ...act, language }, { ...offer, door: { ...door, exists } });
      return read && commandOf(read, 'second')?.join(' ');
    };
    expect(words({ do: 'up', topology: 'spread' }, false)).to.equal('up --topology spread --name second');
    expect(words({ do: 'up' })).to.equal('up --name second');
    for (const topology of ['/etc/passwd', '../seven', '--yes'])
      expect(words({ do: 'up', topology }, false)).to.equal(undefined);
    expect(words({ do: 'up', topology: 'spread' })).to.equal(undefined);
    expect(words({ do: 'start', lab: '04', resume: true })).to.equal('start 04 --resume --name second');
    const start = { do: 'start', lab: '04', resume: false };
    const mine = { ...start, lab: '08', fromMine: true };
    expect(words(mine)).to.equal('start 08 --from-mine --name second');
    expect(words({ ...mine, fromMine: false })).to.equal('start 08 --name second');
    // Not where the lab does not say that such files fit, and not with the work of the lab itself.
    expect(words({ ...mine, lab: '04' })).to.equal(undefined);
    expect(words({ ...mine, resume: true })).to.equal(undefined);
    expect(words(mine, false)).to.equal(undefined);
    expect(words({ ...start, student: 'alice', code: 'abcd efgh' })).to.equal(
      'start 04 --student alice --code abcd efgh --name second',
    );
    for (const owner of [{ student: '--resume' }, { student: '' }, { student: 'a b' }, { code: '--name' }])
      expect(words({ ...start, ...owner })).to.equal(undefined);
    for (const lab of ['00', '4', '--help'])
      expect(words({ do: 'start', lab, resume: false })).to.equal(undefined);
    expect(words({ do: 'destroy', lab: 'second' })).to.equal('destroy --yes --name second');
    expect(words({ do: 'destroy', lab: 'other' })).to.equal(undefined);
    const snapshot = { do: 'snapshot', action: 'restore', snapshot: 'mine' };
    expect(words(snapshot)).to.equal('snapshot restore mine --name second');
    for (const change of [
      { snapshot: '--discard' },
      { snapshot: 'a b' },
      { action: 'list' },
      { discard: true },
    ])
      expect(words({ ...snapshot, ...change })).to.equal(undefined);
    for (const act of [{ do: 'halt' }, { do: 'destroy', lab: 'second' }, snapshot])
      expect(words(act, false)).to.equal(undefined);
  });

  it('offers a student’s own files where a lab says of which labs they may be', () => {
    expect(doorOf('second', undefined).continues).to.deep.equal({ '08': ['04'] });
  });

  it('who holds what is known from the picture; of a machine that is not heard it is not', () => {
    const rest = atRest();
    expect(holdsOf(applyAll(rest))).to.deep.equal({
      ...{ front: 'lb1', router: 'lb1', storage: 'db1', database: 'db1', redis: 'web1' },
    });
    const loss = then(rest, LOSS);
    expect(holdsOf(applyAll([...rest, ...loss, ...then([...rest, ...loss], CUT)]))).to.deep.equal({
      ...{ front: 'lb2', router: 'lb2', database: 'db2', redis: 'web1' },
    });
  });

  it('votes that would be left are of those that are there now', () => {
    const rest = applyAll(atRest());
    const left = (machine: string, service?: string) =>
      votesWithout(rest, machine, service).map(({ group, left: count }) => `${group} ${count}`);
    expect(left('db1')).to.deep.equal(['galera 2', 'corosync 2']);
    expect(left('db1', 'mariadb')).to.deep.equal(['galera 2']);
    expect(left('lb1', 'haproxy')).to.deep.equal([]);
    const [galera] = votesWithout(applyAll([...atRest(), ...then(atRest(), LOSS)]), 'db2');
    expect(galera).to.deep.equal({ group: 'galera', left: 1, of: 3, majority: 2 });
  });
});

onPosix('a program that hears SIGINT').describe('studio: a command that a page began', () => {
  let folder: string;
  let told: Work[];
  let acts: LabActs;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'acts-'));
    told = [];
    const site = { topology, engine: { name: 'uml' } };
    const door = { lab: 'second', exists: true, topologies: [], labs: [], continues: {} };
    // In the place of the kit: says what it was asked for, and ends as its first word wants it.
    writeFileSync(
      join(folder, 'kit.mjs'),
      `import { appendFileSync } from 'node:fs';
appendFileSync('${folder}/calls', process.argv.slice(2).join(' ') + '\\n');
const word = process.argv[2];
if (word === 'drill') {
  process.on('SIGINT', () => {
    appendFileSync('${folder}/signals', 'SIGINT\\n');
    console.error('Interrupted.');
    setTimeout(() => process.exit(130), 100);
  });
  setInterval(() => {}, 1000);
}
// After it can be stopped: whoever hears this may do so at once.
console.log('begun \\x1b[31m' + word);
if (word !== 'drill' && process.argv[3] === 'lb1') { console.error('No.'); console.error('To do: this.'); process.exitCode = 1; }
`,
    );
    const state = () => applyAll(atRest());
    acts = new LabActs(
      { name: 'second', root },
      () => door,
      state,
      (work) => told.push(work),
      [process.execPath, join(folder, 'kit.mjs')],
    );
    acts.enter(site as unknown as DrillSite);
  });
  afterEach(async () => {
    await acts.end();
    rmSync(folder, { recursive: true });
  });
  const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
  const drill: Act = { do: 'drill', target: { kind: 'power', machine: 'lb1' }, language };

  it('is told with what it says, without what a terminal would obey', async () => {
    expect(acts.begin({ do: 'undo', language: 'fr' })).to.equal(true);
    await until(() => told.at(-1)?.state === 'done');
    expect(calls()).to.deep.equal(['fault --undo --name second --lang fr']);
    expect(told.at(-1)).to.deep.equal({
      ...{ command: 'npx lab fault --undo --name second', what: 'undo', state: 'done' },
      said: ['begun  [31mfault'],
    });
  });

  it('shows nobody a student’s code, and gives it to the kit', async () => {
    acts.begin({ do: 'start', lab: '04', resume: false, student: 'alice', code: 'secret', language });
    await until(() => told.at(-1)?.state === 'done');
    expect(calls()).to.deep.equal(['start 04 --student alice --code secret --name second --lang en']);
    expect(JSON.stringify(told)).to.not.contain('secret');
    expect(told.at(-1)?.command).to.equal('npx lab start 04 --student alice --code … --name second');
  });

  it('that failed says why, with the command', async () => {
    acts.begin({ do: 'fault', target: { kind: 'power', machine: 'lb1' }, language });
    await until(() => told.at(-1)?.state === 'failed');
    expect(told.at(-1)).to.include({ command: 'npx lab fault lb1 --fault power --name second' });
    expect(told.at(-1)?.said).to.deep.equal(['No.', 'To do: this.']);
  });

  it('of checks that go on: what they find is told as it is found, until no more is wanted', async () => {
    const result = (outcome: string) =>
      JSON.stringify({
        collected: '2026-01-01T10:00:00.000Z',
        labs: [
          {
            steps: [
              {
                id: '04.1',
                outcome,
                findings: [
                  { title: 'x', outcome },
                  { title: 'y', outcome: 'passed' },
                ],
              },
            ],
          },
        ],
      });
    writeFileSync(
      join(folder, 'check.mjs'),
      `import { appendFileSync } from 'node:fs';
appendFileSync('${folder}/calls', process.argv.slice(2).join(' ') + '\\n');
console.log('something else');
console.log(${JSON.stringify(result('failed'))});
if (process.argv[3] === '05') { console.error('No lab.'); process.exitCode = 1; }
else setTimeout(() => console.log(${JSON.stringify(result('passed'))}), 50), setInterval(() => {}, 1000);
`,
    );
    const found: Checks[] = [];
    const checks = new LabChecks({ name: 'second', root }, (one) => found.push(one), [
      process.execPath,
      join(folder, 'check.mjs'),
    ]);
    checks.check('04', 'fr');
    await until(() => found.at(-1)?.steps[0]?.outcome === 'passed');
    expect(found.map(({ steps }) => steps[0]?.missing.length)).to.deep.equal([undefined, 1, 0]);
    expect(found.at(-1)).to.include({ lab: '04', running: true, at: T });
    checks.check(undefined, 'fr');
    await until(() => found.at(-1)?.running === false);
    expect(found.at(-1)?.problem).to.equal(undefined);
    checks.check('05', 'en');
    await until(() => found.at(-1)?.lab === '05' && found.at(-1)?.running === false);
    expect(found.at(-1)?.problem).to.deep.equal(['No lab.']);
    expect(calls()).to.deep.equal([
      'check 04 --watch --format json --name second --lang fr',
      'check 05 --watch --format json --name second --lang en',
    ]);
  });

  it('is alone; a drill is stopped before all is undone, and at the end', async () => {
    acts.begin(drill);
    await until(() => told.some(({ said }) => said.length > 0));
    expect(acts.begin(drill)).to.equal(false);
    // A second signal would end it before it has undone its fault.
    expect(acts.begin({ do: 'stop', language })).to.equal(true);
    expect(acts.begin({ do: 'undo', language })).to.equal(true);
    await until(() => told.at(-1)?.what === 'undo' && told.at(-1)?.state === 'done');
    expect(told.filter(({ what }) => what === 'drill').at(-1)?.state).to.equal('done');
    expect(calls().map((line) => line.split(' ').slice(0, 2).join(' '))).to.deep.equal([
      'drill lb1',
      'fault --undo',
    ]);
    expect(readFileSync(join(folder, 'signals'), 'utf8')).to.equal('SIGINT\n');
    const before = told.length;
    acts.begin(drill);
    await until(() => told.length > before + 1);
    await acts.end();
    expect(told.at(-1)).to.include({ what: 'drill', state: 'done' });
  });
});

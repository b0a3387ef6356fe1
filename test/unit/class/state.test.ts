import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../../tasks/base/errors.ts';
import { answersIn, judgeServer } from '../../../tasks/class/doctor.ts';
import type { ClusterEngine, Job, Order } from '../../../tasks/class/engine.ts';
import { placesOf } from '../../../tasks/class/places.ts';
import {
  type ClassRecord,
  classFolder,
  mergeRoster,
  readClass,
  type Settings,
  writeSettings,
  writeStudents,
} from '../../../tasks/class/record.ts';
import { endLabs, giveLabs, releaseLost } from '../../../tasks/class/run.ts';
import { conditionOf, jobsByStudent, stateIn, statusOf } from '../../../tasks/class/state.ts';
import { ago, statusLines, summaryLine } from '../../../tasks/class/status-text.ts';
import { toldLines, toldOf } from '../../../tasks/class/tell.ts';
import type { LabGuide } from '../../../tasks/exercises/guides/model.ts';
import type { LabsState } from '../../../tasks/exercises/state/state.ts';
import { withModes } from '../helpers/only.ts';

const settings: Settings = {
  ...{
    version: 1,
    name: 'net',
    engine: 'slurm',
    memory: 3500,
    cores: 2,
    minutes: 480,
    graceSeconds: 10,
    saveSeconds: 600,
    extraMinutes: 120,
    idleSeconds: 3600,
  },
  ...{ scratch: '/var/tmp', app: 'sample', program: '/kit/uml.sh' },
};
const job = (more: Partial<Job> = {}): Job => ({
  id: '17',
  student: 'alice',
  phase: 'running',
  server: 's1',
  reason: '',
  ...more,
});

/** A cluster that is a list. */
class FakeEngine implements ClusterEngine {
  readonly name = 'fake';
  jobs: Job[] = [];
  readonly calls: string[] = [];
  refuse: string | undefined;
  async submit({ student, script }: Order): Promise<string> {
    if (student === this.refuse) throw new LabError({ en: 'no', fr: 'non' });
    this.calls.push(`submit ${student} ${script[3]}`);
    const id = String(100 + this.jobs.length);
    this.jobs.push(job({ id, student }));
    return id;
  }
  list = async () => [...this.jobs];
  async signal(id: string, wish: string): Promise<void> {
    this.calls.push(`${wish} ${id}`);
    if (id !== '66') this.jobs = this.jobs.filter((one) => one.id !== id);
  }
  async cancel(id: string): Promise<void> {
    this.calls.push(`cancel ${id}`);
    this.jobs = this.jobs.filter((one) => one.id !== id);
  }
  release = async ({ id }: Job) => void this.calls.push(`release ${id}`);
  avoid = async (id: string, servers: string[]) => void this.calls.push(`avoid ${id} ${servers}`);
  attach = () => ({ program: '', args: [] });
  probe = () => ({ program: '', args: [] });
  servers = async () => [];
  judge = async () => [];
}

describe('class: record', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'class-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const record = (...ids: string[]): ClassRecord => ({
    ...{ folder, settings, avoid: [] },
    students: ids.map((id) => ({ id, name: id, generation: 0 })),
  });

  it('comes back as it was written', async () => {
    expect(await readClass(folder)).to.equal(undefined);
    await writeSettings(folder, settings);
    await writeStudents(record('alice', 'bob'));
    expect(await readClass(folder)).to.deep.equal(record('alice', 'bob'));
  });

  withModes.it('is its owner’s alone', async () => {
    await writeSettings(folder, settings);
    await writeStudents(record('alice'));
    for (const file of [placesOf(folder).settings, placesOf(folder).students])
      expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(statSync(placesOf(folder).labs).mode & 0o777).to.equal(0o700);
  });

  it('damaged, it is one sentence and where', async () => {
    await writeSettings(folder, settings);
    for (const text of [
      '{',
      '{}',
      JSON.stringify({ ...settings, memory: -1 }),
      JSON.stringify({ ...settings, scratch: '/a b; rm' }),
    ]) {
      writeFileSync(placesOf(folder).settings, text);
      const error = await readClass(folder).catch((thrown: unknown) => thrown);
      expect(error, text).to.be.instanceOf(LabError);
      expect((error as LabError).what.en).to.include('class.json is damaged');
    }
  });

  it('a folder that machines cannot be in is refused', () => {
    for (const wish of ['/srv/a b', '/srv/a,b', '/srv/a:b', '/srv/é', '/srv/%j'])
      expect(() => classFolder(wish), wish).to.throw(LabError);
    expect(classFolder('/srv/class/net-1')).to.equal('/srv/class/net-1');
  });

  it('a roster adds who is new, takes names over, and says who is not on it', () => {
    const before = [
      { id: 'alice', name: 'A', generation: 3, lab: '02' },
      { id: 'old', name: 'Old', generation: 1 },
    ];
    const roster = [
      { id: 'bob', name: 'Bob' },
      { id: 'alice', name: 'Alice' },
    ];
    const { students, absent } = mergeRoster(before, roster);
    expect(students.map(({ id, name, generation, lab }) => [id, name, generation, lab])).to.deep.equal([
      ['bob', 'Bob', 0, undefined],
      ['alice', 'Alice', 3, '02'],
      ['old', 'Old', 1, undefined],
    ]);
    expect(absent.map(({ id }) => id)).to.deep.equal(['old']);
  });

  it('labs are given once, with a generation that is written down before', async () => {
    const engine = new FakeEngine();
    const klass = record('alice', 'bob', 'eve');
    engine.jobs = [job({ student: 'bob' }), job({ id: '18', student: 'eve', phase: 'ending' })];
    expect(await giveLabs(klass, engine, klass.students)).to.deep.equal({
      given: ['alice', 'eve'],
      there: ['bob'],
    });
    // Several are given side by side: which of them the cluster hears of first is not said.
    expect(engine.calls).to.have.members(['submit alice 1', 'submit eve 1']);
    expect((await giveLabs(klass, engine, klass.students)).given).to.deep.equal([]);
    engine.jobs = [];
    engine.refuse = 'alice';
    expect(
      await giveLabs(klass, engine, klass.students.slice(0, 1)).catch((thrown) => thrown),
    ).to.be.instanceOf(LabError);
    await writeSettings(folder, settings);
    // What was refused may have been taken all the same: its generation is used up.
    expect((await readClass(folder))?.students[0]?.generation).to.equal(2);
  });

  it('labs end when they have saved; those that wait are taken back, those that do not end are cut off', async () => {
    const engine = new FakeEngine();
    engine.jobs = [
      job(),
      job({ id: '18', student: 'bob', phase: 'waiting' }),
      job({ id: '66', student: 'eve' }),
      job({ id: '19', student: 'other' }),
    ];
    const klass = record('alice', 'bob', 'eve');
    const ended = await endLabs(klass, engine, klass.students, { seconds: 0, force: true });
    expect(ended).to.deep.equal({ ended: ['alice', 'bob'], cut: ['eve'] });
    expect(engine.calls.sort()).to.deep.equal(['cancel 18', 'cancel 66', 'end 17', 'end 66']);
    expect(engine.jobs.map(({ student }) => student)).to.deep.equal(['other']);
  });

  it('jobs of a lost server are released, those that wait for a place or are held by somebody are not', async () => {
    const engine = new FakeEngine();
    engine.jobs = [
      job({ id: '1', student: 'a', phase: 'delayed', reason: 'BeginTime' }),
      job({ id: '2', student: 'b', phase: 'waiting', reason: 'Resources' }),
      job({ id: '3', student: 'c', phase: 'held', reason: 'JobHeldUser' }),
      job({ id: '4', student: 'd', phase: 'waiting' }),
    ];
    expect(await releaseLost(record('a', 'b', 'c', 'd'), engine)).to.deep.equal(['a']);
    // With what the class avoids now, and not when the job was given.
    expect(engine.calls).to.deep.equal(['avoid 1 ', 'release 1']);
    expect(existsSync(placesOf(folder).state('d'))).to.equal(false);
  });
});

describe('class: status', () => {
  it('what a job says is data: what is none of it is left out', () => {
    const said = stateIn(
      'state running\nsince 5\njob 17\nserver s1\npassed 2\nlab 01\nhome /x\nnote a\u001b[2Jb\nchecked 1e9\nserver $(x)\nstate rm\n__proto__ 5\nfaults -1\n',
    );
    expect(said).to.deep.equal({
      state: 'running',
      since: 5,
      job: '17',
      server: 's1',
      passed: 2,
      lab: '01',
      note: 'a[2Jb',
    });
  });

  it('in one word, from what the cluster and the job say', () => {
    const cases: [Job | undefined, string, string][] = [
      [undefined, '', 'absent'],
      [undefined, 'state ended', 'ended'],
      [undefined, 'state failed', 'failed'],
      [undefined, 'state running', 'lost'],
      [job({ phase: 'waiting' }), 'state running\njob 17', 'waiting'],
      [job({ phase: 'delayed' }), 'state running\njob 17', 'delayed'],
      [job(), '', 'starting'],
      [job(), 'state running\njob 16\nserver s1', 'starting'],
      [job(), 'state running\njob 17\nserver s2', 'starting'],
      [job(), 'state waiting\njob 17\nserver s1', 'turn'],
      [job(), 'state restoring\njob 17\nserver s1', 'starting'],
      [job(), 'state running\njob 17\nserver s1', 'running'],
      [job(), 'state saving\njob 17\nserver s1', 'saving'],
      [job(), 'state ended\njob 17\nserver s1', 'ending'],
    ];
    for (const [one, text, expected] of cases)
      expect(conditionOf(one, stateIn(text)), `${one?.phase} ${text}`).to.equal(expected);
  });

  it('a table, a line a student, and who is where', () => {
    const all = [
      statusOf(
        { id: 'alice', name: 'Alice' },
        job(),
        stateIn(
          'state running\njob 17\nserver s1\nlab 01\npassed 2\nsteps 5\nprogressed 1000\nsaved 1300\nrestarts 1',
        ),
      ),
      statusOf({ id: 'bob', name: 'Bob' }, undefined, {}),
    ];
    const lines = statusLines(all, ['s2'], 1_600_000);
    expect(lines[1]).to.match(/^alice +Alice +runs \(1\) +s1 +01 +2\/5 +10 min +5 min/);
    expect(lines[2]).to.match(/^bob +Bob +not started/);
    expect(lines.join('\n')).to.include('keeps away from: s2').and.include(summaryLine(all));
    expect(summaryLine(all)).to.equal('2 labs: 1 runs, 1 not started (s1 1)');
    expect([5, 90, 7200, 200_000].map(ago)).to.deep.equal(['5 s', '1 min', '2 h', '2 d']);
  });

  it('of two jobs of one student the newer one counts', () => {
    const jobs = [job({ id: '9' }), job({ id: '10', server: 's2' })];
    expect(jobsByStudent(jobs).get('alice')?.server).to.equal('s2');
    expect(jobsByStudent(jobs.toReversed()).get('alice')?.server).to.equal('s2');
  });

  it('how far a lab is, from what it remembers', () => {
    const guide = { id: '01', steps: ['01.1', '01.2', '01.3'].map((id) => ({ id })) } as unknown as LabGuide;
    const at = (second: number) => new Date(second * 1000).toISOString();
    const state = {
      ...{ current: '01', startedAt: at(100), hints: { '01.2': 2, '02.1': 1 }, starts: [] },
      faults: [{ lab: '01', name: 'x', machine: 'web1', at: at(1) }],
      history: [
        { at: at(200), kind: 'check', what: '01', passed: ['01.1'], before: '' },
        { at: at(300), kind: 'check', what: '01', passed: ['01.1', '02.1'], before: '' },
      ],
    } as unknown as LabsState;
    expect(toldLines(toldOf(state, [guide], 1))).to.deep.equal([
      ...['faults 2', 'checked 300', 'lab 01', 'passed 1', 'steps 3', 'progressed 200', 'hints 2'],
    ]);
    expect(toldOf({ ...state, current: '99' }, [guide], 0)).to.deep.equal({ faults: 1, checked: 300 });
    // What the job writes down is what is read of it.
    expect(stateIn(toldLines(toldOf(state, [guide], 1)).join('\n'))).to.include({
      lab: '01',
      passed: 1,
      hints: 2,
    });
  });
});

describe('class: a server, looked at from inside a job', () => {
  const good =
    'kit yes\nnode v20.19.0\nmissing \nnamespaces works\ntun usable\nmemory 3500\ncores 2\ninstalled 8\nscratch 90000\nclass works\nimage there\n';
  const limits = { memory: 3500, cores: 2, minutes: 480, graceSeconds: 180 };
  const bad = (text: string) => judgeServer(answersIn(text), limits).filter(({ status }) => status !== 'ok');

  it('one that suits', () => {
    expect(bad(good)).to.deep.equal([]);
  });

  const cases: [string, string, RegExp][] = [
    ['kit yes', 'kit no', /kit is not at/],
    ['v20.19.0', 'v18.19.0', /too old or missing \(v18/],
    ['missing ', 'missing zstd', /Missing: zstd/],
    ['namespaces works', 'namespaces refused: tap failed', /private network \(tap failed\)/],
    ['memory 3500', 'memory none', /not limited as asked \(none/],
    ['cores 2', 'cores 1', /has 1 cores, asked: 2/],
    ['scratch 90000', 'scratch no', /no room/],
    ['class works', 'class no', /written, renamed in or locked/],
    ['image there', 'image missing', /not in the cache/],
  ];
  for (const [from, to, expected] of cases)
    it(`${to}: said once, with what to change`, () => {
      const found = bad(good.replace(from, to));
      expect(found).to.have.length(1);
      expect(found[0]?.text.en).to.match(expected);
      expect(found[0]?.fix?.en).to.match(/\w/);
      expect(found[0]?.fix?.fr).to.match(/\w/);
    });

  it('nothing that it says is taken for granted', () => {
    expect(bad('').length).to.equal(9);
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { HistoryEntry } from '../../tasks/exercises/state/state.ts';
import type { Story } from './helpers/facts.ts';

const { packBundle } = await import('../../tasks/exercises/grading/bundle.ts');
const { grade } = await import('../../tasks/exercises/grading/grade.ts');
const { bundlesIn } = await import('../../tasks/exercises/grading/handed-in.ts');
const { teachersTopologies } = await import('../../tasks/exercises/grading/topology.ts');
const { ROOT } = await import('../../tasks/base/paths.ts');
const { scaleTopology } = await import('../../tasks/topology/scale.ts');
const { readFileSync } = await import('node:fs');
const { anchorOf } = await import('../../tasks/exercises/state/state.ts');
const { codeOf } = await import('../../tasks/exercises/guides/student.ts');
const { begunRecord, contentOf, identityOf, labs, newKey, note, NOW, rechecked, topology } = await import(
  './helpers/facts.ts'
);

type Content = Awaited<ReturnType<typeof contentOf>>;

const AT = '2026-01-01T09:40:00.000Z';

/** What honest students do between two checks, and how their bundles differ; each of them by its name. */
const STORIES: Record<string, Story & { content?: (content: Content) => void }> = {
  'in one go': {},
  'twenty checks': {
    meanwhile: (history) => {
      for (let count = 0; count < 20; count += 1)
        note(history, { kind: 'check', what: '01.2', facts: String(count).repeat(32) }, AT);
    },
  },
  'a start that broke off and was repeated': {
    meanwhile: (history) => {
      note(history, { kind: 'save', what: 'work-01' }, AT);
      note(history, { kind: 'start', what: '01' }, AT);
    },
  },
  'lab 02 in between, and back with --resume': {
    meanwhile: (history) => {
      note(history, { kind: 'save', what: 'work-01' }, AT);
      note(history, { kind: 'start', what: '02' }, AT);
      note(history, { kind: 'solve', what: '02' }, AT);
      note(history, { kind: 'save', what: 'work-02' }, AT);
      note(history, { kind: 'restore', what: '01', from: 'work-01' }, AT);
    },
  },
  'a snapshot of his own work, brought back after a mistake': {
    meanwhile: (history) => {
      note(history, { kind: 'save', what: 'before-nftables' }, AT);
      note(history, { kind: 'snapshot', what: 'before-nftables' }, AT);
    },
  },
  'gave up once, and began again': {
    meanwhile: (history) => {
      note(history, { kind: 'solve', what: '01' }, AT);
      note(history, { kind: 'save', what: 'work-01' }, AT);
      note(history, { kind: 'start', what: '01' }, AT);
    },
  },
  'the whole stack before the lab': {
    meanwhile: (history) => {
      note(history, { kind: 'up', what: '', roles: ['client', 'lb', 'web', 'database'] }, AT);
      note(history, { kind: 'start', what: '01' }, AT);
    },
  },
  'a role again that the lab begins with': {
    meanwhile: (history) => note(history, { kind: 'apply', what: 'client', roles: ['client'] }, AT),
  },
  'faults made and undone': {
    meanwhile: (history) => {
      note(history, { kind: 'break', what: '01/web1-down' }, AT);
      note(history, { kind: 'undo', what: '01/web1-down' }, AT);
    },
  },
  'machines eight minutes ahead of the computer': {
    facts: ({ machines }) => {
      for (const { identity } of Object.values(machines)) identity.now = String(Number(identity.now) + 480);
    },
  },
  'a computer whose clock was put back by six minutes': {
    meanwhile: (history) => {
      note(history, { kind: 'check', what: '01', facts: 'a'.repeat(32) }, '2026-01-01T10:06:00.000Z');
      note(history, { kind: 'hint', what: '01.4 1' }, '2026-01-01T09:59:30.000Z');
    },
  },
  'scaled to four, and checked so': {
    content: (content) => {
      content.topology = scaleTopology(
        topology,
        readFileSync(topology.file, 'utf8'),
        4,
        topology.file,
      ).topology;
      for (const name of ['web3', 'web4']) {
        const identity = identityOf(name, content.student);
        content.facts.machines[name] = {
          ...{ state: 'answered', took: 10, answers: {} },
          identity: { ...identity, mark: '', record: '' },
        };
      }
      for (const [name, answer] of Object.entries(content.facts.machines.client?.answers ?? {}))
        if (name.includes('/root/inventory')) answer.out += 'web3 10.0.2.23\nweb4 10.0.2.24\n';
    },
  },
  'scaled and back before the lab': {
    meanwhile: (history) => {
      note(history, { kind: 'scale', what: 'web=3', roles: ['web', 'lb'] }, AT);
      note(history, { kind: 'scale', what: 'web=2', roles: ['web', 'lb'] }, AT);
      note(history, { kind: 'start', what: '01' }, AT);
    },
  },
  'a machine that was off at an earlier check, and remembers less': {
    facts: ({ machines }) => {
      const web2 = machines.web2;
      if (web2) web2.identity.record = web2.identity.record?.split(' ')[0] ?? '';
    },
  },
  'a database that is not made yet': {
    facts: ({ machines }) => {
      for (const { identity } of Object.values(machines))
        Object.assign(identity, { galera: '00000000-0000-0000-0000-000000000000', drbd: '0000000000000004' });
    },
  },
  'a bundle long after the last command': {
    meanwhile: (history) => note(history, { kind: 'hint', what: '01.1 1' }, '2026-01-01T09:31:00.000Z'),
  },
};

describe('grading: honest bundles have no flag', () => {
  let folder: string;
  const cache = process.env.LAB_CACHE;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'honest-'));
    process.env.LAB_CACHE = folder;
  });
  after(() => {
    if (cache === undefined) delete process.env.LAB_CACHE;
    else process.env.LAB_CACHE = cache;
    rmSync(folder, { recursive: true });
  });

  /** A bundle in a folder of the student's, under a name that all have. */
  const handIn = async (student: string, story: (typeof STORIES)[string], file = 'lab.lab') => {
    const key = story.key ?? newKey();
    const content = await contentOf(student, { ...story, key });
    if (story.content) {
      story.content(content);
      rechecked(content);
    }
    mkdirSync(join(folder, 'class', student), { recursive: true });
    const path = join(folder, 'class', student, file);
    writeFileSync(path, packBundle(content, key));
    return path;
  };
  const judged = (paths: string[], more = {}) =>
    grade(bundlesIn(paths), labs, { host: 'lab.test', topologyOf: teachersTopologies(ROOT), ...more });

  it('a class of 32, each with a story, all files of one name; two of them with two computers', async () => {
    const stories = Object.entries(STORIES);
    const class_ = Array.from({ length: 32 }, (_, at) => `student${at}`);
    for (const [at, student] of class_.entries())
      await handIn(student, stories[at % stories.length]?.[1] ?? {});
    for (const student of ['student3', 'student30'])
      await handIn(student, { computer: 'at home' }, 'at-home.lab');
    const enrolled = class_.map((student) => ({ student, key: undefined }));
    const { grades, unreadable, missing } = await judged([join(folder, 'class')], { enrolled });
    expect([grades.length, unreadable.length, missing]).to.deep.equal([34, 0, []]);
    for (const { student, earned, possible, flags } of grades) {
      const [story] = stories[Number(student.slice(7)) % stories.length] ?? [];
      expect(
        flags.map(({ kind, text }) => `${kind}: ${text.en}`),
        `${student}: ${story}`,
      ).to.deep.equal([]);
      expect(`${earned}/${possible}`, `${student}: ${story}`).to.equal('8/8');
    }
  });

  it('two computers whose keys the teacher knows both', async () => {
    const keys = [newKey(), newKey()];
    const files = await Promise.all(
      keys.map((key, at) => handIn('zoe', { key, computer: `${at}` }, `zoe-${at}.lab`)),
    );
    const { grades } = await judged(files);
    const enrolled = grades.map(({ student, key }) => ({ student, key }));
    const again = await judged(files, { enrolled });
    expect(again.grades.map(({ flags }) => flags)).to.deep.equal([[], []]);
    const other = await judged(files, { enrolled: enrolled.slice(0, 1) });
    expect(other.grades.flatMap(({ flags }) => flags.map(({ kind }) => kind))).to.deep.equal(['key']);
  });

  it('a class with a seed of its own', async () => {
    const seed = 'a seed that nobody else knows';
    const files = await Promise.all(
      ['anna', 'ben'].map((student) => handIn(student, { code: codeOf(seed, student) }, 'coded.lab')),
    );
    const { grades } = await judged(files, { seed });
    expect(grades.map(({ earned, flags }) => [earned, flags])).to.deep.equal([
      [8, []],
      [8, []],
    ]);
  });

  it('a lab that is half done has its points; what fails anyway was not tried, and is no reproach', async () => {
    const key = newKey();
    const content = await contentOf('xena', {
      key,
      untried: true,
      facts: ({ machines }) => {
        for (const answer of Object.values(machines.web2?.answers ?? {}))
          answer.out = answer.out.replace('ActiveState=active', 'ActiveState=inactive');
      },
    });
    const path = join(folder, 'xena.lab');
    writeFileSync(path, packBundle(content, key));
    const { grades } = await judged([path]);
    expect([grades[0]?.earned, grades[0]?.flags]).to.deep.equal([3, []]);
  });

  it('a record that was begun in the middle, by a lab of an earlier version', async () => {
    const key = newKey();
    const content = await contentOf('wanda', { key });
    const [record, ...rest] = content.history.splice(0);
    for (const { at, before: _, ...entry } of [...rest.slice(0, 1), record as HistoryEntry, ...rest.slice(1)])
      note(content.history, entry, at);
    for (const { identity } of Object.values(content.facts.machines))
      identity.record = content.history.slice(1, 2).map(anchorOf).join(' ');
    const path = join(folder, 'wanda.lab');
    writeFileSync(path, packBundle(rechecked(content), key));
    expect((await judged([path])).grades[0]?.flags).to.deep.equal([]);
  });

  it('a lab whose check broke off: what was not kept is in no record, and nothing of it is missed', async () => {
    const key = newKey();
    const { history, anchors } = begunRecord('yann', key);
    // The machines were asked twice before an entry was written.
    const content = await contentOf('yann', {
      key,
      record: [...anchors, ...history.slice(-1).map(anchorOf)],
    });
    const path = join(folder, 'yann.lab');
    writeFileSync(path, packBundle(content, key));
    const { grades } = await judged([path]);
    expect(grades[0]?.flags).to.deep.equal([]);
    expect(grades[0]?.created).to.equal(NOW);
  });

  it('each story is one that would be told if it were worse', () => {
    // The stories change histories or facts: one that changes nothing proves nothing.
    const changing = Object.entries(STORIES).filter(([, story]) => Object.keys(story).length > 0);
    expect(changing.length).to.be.above(14);
    const history: HistoryEntry[] = [];
    for (const [, { meanwhile }] of changing) meanwhile?.(history);
    expect(new Set(history.map(({ kind }) => kind)).size).to.be.above(9);
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { HistoryEntry } from '../../tasks/exercises/state/state.ts';
import type { HonestStory } from './helpers/honest.ts';

const { packBundle } = await import('../../tasks/exercises/grading/bundle.ts');
const { grade } = await import('../../tasks/exercises/grading/grade.ts');
const { bundlesIn } = await import('../../tasks/exercises/grading/handed-in.ts');
const { teachersTopologies } = await import('../../tasks/exercises/grading/topology.ts');
const { ROOT } = await import('../../tasks/base/paths.ts');
const { anchorOf } = await import('../../tasks/exercises/state/state.ts');
const { codeOf } = await import('../../tasks/exercises/guides/student.ts');
const { begunRecord, contentOf, labs, newKey, note, NOW, rechecked } = await import('./helpers/facts.ts');
const { honestBundle, STORIES } = await import('./helpers/honest.ts');

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
  const handIn = async (student: string, story: HonestStory, file = 'lab.lab') => {
    mkdirSync(join(folder, 'class', student), { recursive: true });
    const path = join(folder, 'class', student, file);
    writeFileSync(path, await honestBundle(student, story, story.key));
    return path;
  };
  const judged = (paths: string[], more = {}) =>
    grade(bundlesIn(paths), labs, { host: 'lab.test', topologyOf: teachersTopologies(ROOT), ...more });

  it('a class of 40, each with a story, all files of one name; two of them with two computers', async () => {
    const stories = Object.entries(STORIES);
    const class_ = Array.from({ length: 40 }, (_, at) => `student${at}`);
    for (const [at, student] of class_.entries())
      await handIn(student, stories[at % stories.length]?.[1] ?? {});
    for (const student of ['student3', 'student30'])
      await handIn(student, { computer: 'at home' }, 'at-home.lab');
    const enrolled = class_.map((student) => ({ student, key: undefined }));
    const { grades, unreadable, missing } = await judged([join(folder, 'class')], { enrolled });
    expect([grades.length, unreadable.length, missing]).to.deep.equal([42, 0, []]);
    for (const { student, earned, possible, flags } of grades) {
      const [story] = stories[Number(student.slice(7)) % stories.length] ?? [];
      expect(
        flags.map(({ kind, text }) => `${kind}: ${text.en}`),
        `${student}: ${story}`,
      ).to.deep.equal([]);
      expect(`${earned}/${possible}`, `${student}: ${story}`).to.equal('10/10');
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
      [10, []],
      [10, []],
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
    expect([grades[0]?.earned, grades[0]?.flags]).to.deep.equal([5, []]);
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
    expect(changing.length).to.be.above(18);
    const history: HistoryEntry[] = [];
    for (const [, { meanwhile }] of changing) meanwhile?.(history);
    expect(new Set(history.map(({ kind }) => kind)).size).to.be.above(9);
  });
});

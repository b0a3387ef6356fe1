import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'csv-parse/sync';
import { LabError } from '../../tasks/base/errors.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import type { HonestStory } from './helpers/honest.ts';

const { packBundle } = await import('../../tasks/exercises/grading/bundle.ts');
const { grade } = await import('../../tasks/exercises/grading/grade.ts');
const { bundlesIn, participantOf } = await import('../../tasks/exercises/grading/handed-in.ts');
const { fillWorksheet, readWorksheet, worksheetFor } = await import(
  '../../tasks/exercises/grading/moodle.ts'
);
const { teachersTopologies } = await import('../../tasks/exercises/grading/topology.ts');
const { ROOT } = await import('../../tasks/base/paths.ts');
const { main } = await import('../../tasks/cli/main.ts');
const { contentOf, labs, newKey, note } = await import('./helpers/facts.ts');
const { honestBundle, STORIES } = await import('./helpers/honest.ts');
const { handInToMoodle } = await import('./helpers/moodle.ts');

const fixture = (name: string) => readFileSync(join(ROOT, 'test', 'fixtures', 'moodle', name), 'utf8');

const HELPED: HonestStory = {
  meanwhile: (history) => note(history, { kind: 'solve', what: '01' }, '2026-01-01T09:40:00.000Z'),
};

describe('grading: a class that handed in to Moodle', () => {
  let folder: string;
  const cache = process.env.LAB_CACHE;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'moodle-'));
    process.env.LAB_CACHE = folder;
    setLanguage('en');
    for (const list of ['submissions', 'submissions-flat']) await unpack(list);
  });
  after(() => {
    if (cache === undefined) delete process.env.LAB_CACHE;
    else process.env.LAB_CACHE = cache;
    rmSync(folder, { recursive: true });
  });

  /** The bundle of whoever a path is of: Bob had the lab solved, Dan's first one was without trials, Eve's is no bundle. */
  const bytesOf = async (path: string): Promise<Buffer> => {
    const student = (path.split(' ')[0] ?? '').toLowerCase().replace('é', 'e');
    if (student === 'eve') return Buffer.from('a photograph of the screen');
    if (path.endsWith('.html')) return Buffer.from('<p>here it is</p>');
    const key = newKey();
    const content = await contentOf(student, {
      key,
      untried: path.includes('first'),
      ...(student === 'bob'
        ? { meanwhile: (history) => note(history, { kind: 'solve', what: '01' }, '2026-01-01T09:40:00.000Z') }
        : {}),
    });
    if (path.includes('first')) content.created = '2026-01-01T09:58:00.000Z';
    return packBundle(content, key);
  };
  /** The archive of all submissions, unpacked; its files have the names that Moodle gives them. */
  const unpack = async (list: string) => {
    for (const path of fixture(`${list}.txt`).trim().split('\n')) {
      mkdirSync(dirname(join(folder, list, path)), { recursive: true });
      writeFileSync(join(folder, list, path), await bytesOf(path));
    }
  };
  const judged = (list: string, more = {}) =>
    grade(bundlesIn([join(folder, list)]), labs, {
      ...{ host: 'lab.test', topologyOf: teachersTopologies(ROOT), ...more },
    });
  const read = (csv: string) => parse(csv, { columns: true, bom: true }) as Record<string, string>[];

  it('names of folders and files are read as they are; texts typed into Moodle are no bundles', async () => {
    const all = bundlesIn([join(folder, 'submissions')]);
    expect(all.map(({ participant }) => `${participant?.id} ${participant?.name}`)).to.deep.equal([
      '1203377 Alice Martin',
      '1203378 Bob Durand',
      "1203379 Chloé N'Diaye-Lefèvre",
      '1203380 Dan O_Neil',
      '1203380 Dan O_Neil',
      '1203381 Eve Petit',
    ]);
    expect(
      bundlesIn([join(folder, 'submissions-flat')]).map(({ participant }) => participant?.id),
    ).to.deep.equal(['1203377', '1203379']);
    expect(participantOf('class/alice.lab')).to.equal(undefined);
    mkdirSync(join(folder, 'empty'));
    expect(() => bundlesIn([join(folder, 'empty')])).to.throw(LabError, /no bundle/);
  });

  it('equal names of files accuse nobody; what is no bundle is said and stops nothing', async () => {
    const { grades, unreadable } = await judged('submissions');
    expect(grades.map(({ student, flags }) => [student, flags.map(({ kind }) => kind).join()])).to.deep.equal(
      [
        ['alice', ''],
        ['bob', 'solved'],
        ['chloe', ''],
        ['dan', 'incomplete'],
        ['dan', ''],
      ],
    );
    expect(unreadable.map(({ file }) => file)).to.have.length(1);
  });

  it("grades go back in Moodle's own worksheet, in English", async () => {
    const { grades } = await judged('submissions');
    const sheet = readWorksheet(fixture('worksheet-en.csv'), 'worksheet.csv');
    const { csv, filled, left } = fillWorksheet(sheet, grades);
    expect([filled, left]).to.deep.equal([3, ['Bob Durand']]);
    const rows = read(csv);
    expect(rows.map((row) => [row['Full name'], row.Grade])).to.deep.equal([
      ['Alice Martin', '20.00'],
      // His bundle is in doubt: the teacher decides.
      ['Bob Durand', ''],
      ["Chloé N'Diaye-Lefèvre", '20.00'],
      // Of two bundles the later one, in place of the grade of before.
      ["Dan O'Neil", '20.00'],
      ['Eve Petit', ''],
      ['Farid Benali', ''],
    ]);
    expect(rows[0]?.['Feedback comments']).to.equal(
      '10 of 10 points. 01.1: 1/1, 01.2: 2/2, 01.3: 2/2, 01.4: 3/3, 01.5: 2/2',
    );
    // Everything else is as Moodle gave it: it looks at the identifier and at when the grade was last modified.
    const before = read(fixture('worksheet-en.csv'));
    for (const [at, row] of rows.entries())
      for (const [title, cell] of Object.entries(before[at] ?? {}))
        if (title !== 'Grade' && title !== 'Feedback comments') expect(row[title]).to.equal(cell);
    expect(rows[1]?.['Feedback comments'], 'nothing of a suspicion').to.equal('');
  });

  it('in French, with its decimal comma', async () => {
    const { grades } = await judged('submissions-flat');
    const [alice] = grades;
    if (alice) alice.earned = 5;
    const { csv } = fillWorksheet(readWorksheet(fixture('worksheet-fr.csv'), 'feuille.csv'), grades);
    expect(read(csv).map(({ Note }) => Note)).to.deep.equal(['10,00', '20,00']);
    expect(read(csv)[0]?.['Dernière modification (note)']).to.equal('-');
  });

  it('without a worksheet a table is made that Moodle takes', async () => {
    const { grades } = await judged('submissions-flat');
    const { csv } = fillWorksheet(worksheetFor(grades), grades);
    const [first] = read(csv);
    expect(first).to.include({ Identifier: 'Participant 1203377', Grade: '100.00' });
    expect(Object.keys(first ?? {})).to.include.members(['Last modified (grade)', 'Feedback comments']);
  });

  it('another table is refused in a sentence', () => {
    for (const text of ['student,points\nalice,3\n', '', 'Identifier,"x\n'])
      expect(() => readWorksheet(text, 'x.csv')).to.throw(
        LabError,
        /x\.csv is not a grading worksheet of Moodle/,
      );
  });

  it('lab grade does it all', async () => {
    const [sheet, out] = [join(folder, 'worksheet.csv'), join(folder, 'import.csv')];
    writeFileSync(sheet, fixture('worksheet-en.csv'));
    const said: string[] = [];
    const kept = [console.log, console.error];
    console.log = console.error = (...words) => void said.push(words.join(' '));
    try {
      const words = [
        'grade',
        join(folder, 'submissions'),
        '--lab',
        '1',
        '--worksheet',
        sheet,
        '--lang',
        'en',
      ];
      expect(await main([...words, '--moodle', out])).to.equal(1);
      expect(said.join('\n')).to.include('import.csv: 3 grades for Moodle');
      expect(said.join('\n')).to.include('for you to decide: Bob Durand.');
      expect(read(readFileSync(out, 'utf8'))).to.have.length(6);
      said.length = 0;
      expect(await main(words)).to.equal(1);
      expect(said.join('\n')).to.include('add --moodle FILE');
      said.length = 0;
      const list = join(folder, 'list.csv');
      writeFileSync(list, 'student,name\nalice,Alice Martin\nfarid,Farid Benali\n');
      await main(['grade', join(folder, 'submissions-flat'), '--students', list, '--lang', 'en']);
      expect(said.join('\n')).to.include('Nothing from: farid.').and.include('chloe is not on the list');
    } finally {
      [console.log, console.error] = kept as [typeof console.log, typeof console.error];
    }
  });

  it('a class of 30 in one go: all have their grade in what Moodle imports, and one who had help has not', async () => {
    const stories = Object.values(STORIES);
    const bundles = await Promise.all(
      Array.from({ length: 30 }, async (_, at) => {
        const student = `student${at}`;
        const story = at === 7 ? HELPED : (stories[at % stories.length] ?? {});
        return { student, bundle: await honestBundle(student, story) };
      }),
    );
    const class_ = join(folder, 'class');
    const worksheet = handInToMoodle(class_, bundles);
    const out = join(folder, 'class.csv');
    const said: string[] = [];
    const kept = [console.log, console.error];
    console.log = console.error = (...words) => void said.push(words.join(' '));
    try {
      const words = ['grade', class_, '--lab', '1', '--worksheet', worksheet, '--moodle', out];
      expect(await main([...words, '--lang', 'en'])).to.equal(1);
    } finally {
      [console.log, console.error] = kept as [typeof console.log, typeof console.error];
    }
    expect(said.join('\n')).to.include('class.csv: 29 grades for Moodle').and.include('decide: student7.');
    const before = read(readFileSync(worksheet, 'utf8'));
    const after = read(readFileSync(out, 'utf8'));
    expect(after.map(({ Identifier }) => Identifier)).to.deep.equal(
      before.map(({ Identifier }) => Identifier),
    );
    expect(after.map(({ Grade }) => Grade)).to.deep.equal(
      bundles.map(({ student }) => (student === 'student7' ? '' : '20.00')),
    );
  });
});

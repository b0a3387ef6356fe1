import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { HistoryEntry } from '../../tasks/exercises/state/state.ts';

const { packBundle, unpackBundle } = await import('../../tasks/exercises/grading/bundle.ts');
const { grade } = await import('../../tasks/exercises/grading/grade.ts');
const { gradesCsv, gradesHtml, gradesXlsx } = await import('../../tasks/exercises/grading/output.ts');
const { bundlesIn } = await import('../../tasks/exercises/grading/handed-in.ts');
const { readEnrolled } = await import('../../tasks/exercises/grading/students.ts');
const { teachersTopologies } = await import('../../tasks/exercises/grading/topology.ts');
const { ROOT } = await import('../../tasks/base/paths.ts');
const { contentOf, factsOf, KEY, labs, newKey, note, rechecked, resultOf } = await import(
  './helpers/facts.ts'
);
const { LabError } = await import('../../tasks/base/errors.ts');

type Content = Awaited<ReturnType<typeof contentOf>>;

describe('grading', () => {
  let folder: string;
  const cache = process.env.LAB_CACHE;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'grading-'));
    process.env.LAB_CACHE = folder;
  });
  after(() => {
    if (cache === undefined) delete process.env.LAB_CACHE;
    else process.env.LAB_CACHE = cache;
    rmSync(folder, { recursive: true });
  });

  const key = KEY;
  const write = (name: string, bytes: Buffer) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const topologyOf = teachersTopologies(ROOT);
  const judgeAll = (files: string[], more = {}) =>
    grade(bundlesIn(files), labs, { host: 'lab.test', topologyOf, ...more });
  const kinds = async (file: string, more = {}) => {
    const { grades } = await judgeAll([file], more);
    return grades[0]?.flags.map((flag) => flag.kind);
  };
  /** A bundle with a change made before it is signed: by a student who has the lab's key, as every student has. */
  const signed = async (name: string, change: (content: Content) => void) => {
    const content = structuredClone(await contentOf('alice'));
    change(content);
    return write(name, packBundle(content, key));
  };

  it('an honest bundle has all its points and no flag', async () => {
    const file = await signed('honest.lab', () => undefined);
    const { grades, unreadable } = await judgeAll([file]);
    expect(unreadable).to.deep.equal([]);
    expect(grades[0]).to.include({ student: 'alice', earned: 10, possible: 10, hints: 1 });
    expect(grades[0]?.flags).to.deep.equal([]);
  });

  describe('tampering is noticed', () => {
    it('1. content changed after it was signed', async () => {
      const honest = readFileSync(await signed('a.lab', () => undefined));
      const outer = JSON.parse(gunzipSync(honest).toString());
      outer.content = outer.content.replace('inactive', 'active').replace('"earned":3', '"earned":10');
      expect(await kinds(write('changed.lab', gzipSync(JSON.stringify(outer))))).to.include('signature');
    });

    it('2. results that do not follow from the facts, signed again with the right key', async () => {
      const file = await signed('results.lab', (content) => {
        const web1 = content.facts.machines.web1;
        for (const answer of Object.values(web1?.answers ?? {}))
          answer.out = answer.out.replace('=active', '=inactive');
      });
      expect(await kinds(file)).to.include('results');
      // What counts is what the facts say.
      expect((await judgeAll([file])).grades[0]?.earned).to.be.below(10);
    });

    it('3. another student’s bundle under a new name', async () => {
      const file = await signed('renamed.lab', (content) => {
        content.student = 'bob';
        content.result.student = 'bob';
      });
      const { grades } = await judgeAll([file, await signed('alice.lab', () => undefined)]);
      const bob = grades.find((grade) => grade.student === 'bob');
      const copied = bob?.flags.find((flag) => flag.kind === 'copied');
      expect(copied?.text.en).to.match(/those of alice/);
      expect(bob?.earned, 'the planted values are those of alice').to.be.below(10);
      expect(await kinds(file, { enrolled: [{ student: 'bob', key: undefined }] })).to.include('mark');
    });

    it('4. a history that was made nicer', async () => {
      const file = await signed('history.lab', (content) => {
        content.history.splice(1, 1);
      });
      expect(await kinds(file)).to.include('history');
    });

    it('5. made earlier than it was: the machines have clocks of their own', async () => {
      const file = await signed('early.lab', (content) => {
        content.created = content.facts.collected = content.result.collected = '2025-12-20T10:00:00.000Z';
      });
      expect(await kinds(file)).to.include('clock');
    });

    it('6. another key than the enrolled one, and one key for two students', async () => {
      const file = await signed('key.lab', () => undefined);
      const own = unpackBundle(file, readFileSync(file)).key;
      expect(await kinds(file, { enrolled: [{ student: 'alice', key: own }] })).to.deep.equal([]);
      expect(await kinds(file, { enrolled: [{ student: 'alice', key: '0'.repeat(16) }] })).to.include('key');
      const { grades } = await judgeAll([file, write('bob.lab', packBundle(await contentOf('bob'), key))]);
      // Whose key it was cannot be told.
      expect(grades.map((grade) => grade.flags.map((flag) => flag.kind))).to.deep.equal([
        ['copied'],
        ['copied'],
      ]);
    });
  });

  it('a folder for each student with files of one name: who copied is named with the folder, nobody else is', async () => {
    const files: string[] = [];
    const carols = newKey();
    for (const [student, of, by] of [
      ['carol', 'carol', carols],
      ['alice', 'alice', key],
      ['bob', 'alice', key],
    ] as const) {
      mkdirSync(join(folder, student), { recursive: true });
      const content = await contentOf(of, { key: by });
      files.push(write(`${student}/lab.lab`, packBundle({ ...content, student }, by)));
    }
    const { grades } = await judgeAll(files);
    const flags = Object.fromEntries(
      grades.map((grade) => [grade.student, grade.flags.map(({ kind }) => kind)]),
    );
    expect(flags).to.deep.equal({ alice: [], bob: ['results', 'copied'], carol: [] });
    const bob = grades.find((grade) => grade.student === 'bob');
    expect(bob?.flags[1]?.text.en).to.include('those of alice');
    expect(grades.map((grade) => grade.file)).to.have.members(files);
    // Alone, a name says enough.
    expect((await judgeAll(files.slice(0, 1))).grades[0]?.file).to.equal('lab.lab');
  });

  it('facts that this kit asks for and the student’s did not are no tampering', async () => {
    const file = await signed('older.lab', (content) => {
      const answers = content.facts.machines.web1?.answers ?? {};
      for (const name of Object.keys(answers)) if (name.startsWith('sockets')) delete answers[name];
      rechecked(content);
    });
    expect(await kinds(file)).to.deep.equal(['checks']);
    expect((await judgeAll([file])).grades[0]?.earned).to.be.below(10);
  });

  it('what the kit did in the student’s place is flagged', async () => {
    const with_ = async (...what: [HistoryEntry['kind'], string][]) => {
      const content = await contentOf('alice', {
        meanwhile: (history) => {
          for (const [kind, name] of what) note(history, { kind, what: name }, '2026-01-01T09:40:00.000Z');
        },
      });
      return write('solved.lab', packBundle(content, key));
    };
    expect(await kinds(await with_(['solve', '01']))).to.deep.equal(['solved']);
    expect(await kinds(await with_(['solve', '01/inventory-lost']))).to.deep.equal(['solved']);
    expect(await kinds(await with_(['solve', '01'], ['start', '01']))).to.deep.equal([]);
    expect(await kinds(await with_(['start', '02'], ['solve', '02'], ['start', '01']))).to.deep.equal([]);
  });

  it('late, unknown and nobody’s bundles are flagged', async () => {
    const file = await signed('late.lab', () => undefined);
    expect(await kinds(file, { deadline: '2026-01-01T09:59:00.000Z' })).to.deep.equal(['late']);
    expect(await kinds(file, { deadline: '2026-01-01T10:01:00.000Z' })).to.deep.equal([]);
    expect(await kinds(file, { enrolled: [{ student: 'bob', key: undefined }] })).to.include('nobody');
  });

  it('what is no bundle is told, and stops nothing', async () => {
    const files = [
      write('empty.lab', Buffer.alloc(0)),
      write('text.lab', Buffer.from('hello')),
      write('json.lab', gzipSync('{"content":"{}","signature":"","key":""}')),
      write('cut.lab', readFileSync(await signed('whole.lab', () => undefined)).subarray(0, 400)),
      join(folder, 'not-there.lab'),
      await signed('good.lab', () => undefined),
    ];
    const { grades, unreadable } = await judgeAll(files);
    expect([grades.length, unreadable.length]).to.deep.equal([1, 5]);
    expect(() => unpackBundle('x', Buffer.from('x'))).to.throw(LabError);
  });

  it('machines that did not answer are not judged, and cost their points', async () => {
    const facts = await factsOf('alice');
    facts.machines.web1 = { state: 'silent', took: 10000, identity: {}, answers: {} };
    const result = await resultOf(facts, 'alice');
    expect(result.labs[0]?.steps.map((step) => step.outcome)).to.deep.equal([
      'passed',
      'not-judged',
      'passed',
      'not-judged',
      'not-judged',
    ]);
  });

  it('CSV, HTML and XLSX have a line for each student', async () => {
    const files = [
      write('one.lab', packBundle(await contentOf('=cmd'), newKey())),
      await signed('two.lab', () => undefined),
    ];
    const { grades, unreadable } = await judgeAll(files);
    const csv = gradesCsv(grades).trim().split('\n');
    expect(csv).to.have.length(3);
    expect(csv[0]).to.include('01.1,01.2,01.3,01.4,01.5');
    expect(csv.join('\n'), 'no formula of a student’s').to.include("'=cmd,10,10,1,2,2,3,2");
    expect(gradesHtml(grades, unreadable))
      .to.include('<th scope="row">alice</th>')
      .and.not.match(/src=|href=|undefined/);
    const sheet = join(folder, 'class.xlsx');
    await gradesXlsx(grades, sheet);
    expect(readFileSync(sheet).subarray(0, 2).toString()).to.equal('PK');
  });

  it('a list of students, with and without keys', () => {
    expect(readEnrolled('student,key\n# class A\nAlice,abc\r\nbob\n\n')).to.deep.equal([
      { student: 'alice', key: 'abc' },
      { student: 'bob', key: undefined },
    ]);
  });
});

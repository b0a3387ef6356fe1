import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { environmentFolder, ROOT } from '../../tasks/base/paths.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import { answer } from '../../tasks/cli/commands/answer.ts';
import { guide } from '../../tasks/cli/commands/lab-guide.ts';
import {
  answered,
  answersCsv,
  marked,
  questionsIn,
  readMarks,
} from '../../tasks/exercises/grading/answers.ts';
import { packBundle } from '../../tasks/exercises/grading/bundle.ts';
import { type GradeOptions, grade } from '../../tasks/exercises/grading/grade.ts';
import { openQuestions } from '../../tasks/exercises/grading/notes.ts';
import { gradesCsv, gradesHtml } from '../../tasks/exercises/grading/output.ts';
import { teachersTopologies } from '../../tasks/exercises/grading/topology.ts';
import { questionsAsked } from '../../tasks/exercises/guides/asked.ts';
import { questionsOf, withoutAnswers } from '../../tasks/exercises/guides/questions.ts';
import { answersIn } from '../../tasks/exercises/state/answers.ts';
import { type HistoryEntry, historyFlaws, readState } from '../../tasks/exercises/state/state.ts';
import { contentOf, KEY, lab01, labs, note } from './helpers/facts.ts';

const GUIDE = `# Title

<details><summary>Question: before?</summary>

Before.
</details>

## 1. First

Text.
<details><summary>Prediction: *how* long?</summary>

Long.
\`\`\`text
</details> in a block
## 2. not a step
\`\`\`
</details>
<details><summary>Question : pourquoi ?</summary>

Parce que.
</details>

## 2. Second

<details><summary>Without a word</summary>
x
</details>
`;

describe('the questions of a guide', () => {
  it('are numbered step by step, predictions apart, each with its model answer', () => {
    const told = questionsOf(GUIDE).map(({ step, number, kind, text }) => [step, number, kind, text]);
    expect(told).to.deep.equal([
      [0, 1, 'question', 'Before?'],
      [1, 1, 'prediction', 'How long?'],
      [1, 2, 'question', 'Pourquoi ?'],
      [2, 1, 'question', 'Without a word'],
    ]);
    expect(questionsOf(GUIDE)[1]?.answer).to.include('Long.').and.include('## 2. not a step');
    expect(questionsOf(GUIDE)[2]?.answer).to.equal('Parce que.');
  });

  it('stay where their answers are left out', () => {
    const text = withoutAnswers(GUIDE, (step) => step === 2);
    expect(questionsOf(text).map(({ answer }) => answer)).to.deep.equal(['', '', '', 'x']);
    expect(text).to.include('*how* long?').and.include('Text.').and.not.include('Long.');
    expect(withoutAnswers(GUIDE, () => true)).to.equal(GUIDE);
  });

  for (const lab of labs)
    it(`${lab.name}: the same in both languages, and every one has a model answer`, () => {
      const [en, fr] = [questionsAsked(lab, 'en'), questionsAsked(lab, 'fr')];
      expect(en.map(({ id, kind }) => [id, kind])).to.deep.equal(fr.map(({ id, kind }) => [id, kind]));
      for (const { id, answer, text } of [...en, ...fr]) {
        expect(answer.length, id).to.be.above(20);
        expect(text, id).to.not.match(/^(Question|Pr[eé]di)/);
      }
    });
});

describe('answers in the record', () => {
  const story = (...entries: Omit<HistoryEntry, 'at' | 'before'>[]) => {
    const history: HistoryEntry[] = [];
    entries.forEach((entry, at) => {
      note(history, entry, `2026-01-01T09:0${at}:00.000Z`);
    });
    return history;
  };
  const say = (what: string, text: string) => ({ kind: 'answer' as const, what, text });
  const check = (...passed: string[]) => ({ kind: 'check' as const, what: '01', passed });

  it('the last one before the step held counts; one that came after is told as such', () => {
    const history = story(
      ...[say('01.2.1', 'first'), say('01.2.1', 'second'), check('01.1'), say('01.2.1', 'third')],
      ...[check('01.2'), say('01.2.1', 'copied'), say('01.2.2', 'late'), say('01.2.2', 'later')],
    );
    const given = answersIn(history);
    expect(given.get('01.2.1')).to.deep.equal({ text: 'third', at: '2026-01-01T09:03:00.000Z', late: false });
    expect(given.get('01.2.2')).to.include({ text: 'later', late: true });
    expect(given.has('01.1.1')).to.equal(false);
  });

  it('the order of the entries decides, whatever the clock says', () => {
    const history: HistoryEntry[] = [];
    note(history, check('01.2'), '2026-01-01T09:00:00.000Z');
    note(history, say('01.2.1', 'x'), '2026-01-01T08:59:00.000Z');
    expect(answersIn(history).get('01.2.1')?.late).to.equal(true);
  });

  it('cannot be changed afterwards without a trace', () => {
    const history = story(say('01.2.1', 'a'), check('01.2'));
    expect(historyFlaws(history)).to.deep.equal([]);
    expect(historyFlaws(history.map((entry) => ({ ...entry, text: 'b' })))).to.not.deep.equal([]);
  });

  it('what has no answer is told to the student who hands in', () => {
    setLanguage('en');
    const history = story(say('01.2.1', 'a'));
    const all = questionsAsked(lab01, 'en').length;
    const notes = openQuestions({ history }, [lab01]);
    expect(notes.map(({ en }) => en).join()).to.include(`${all - 1} of the ${all} questions of lab 01`);
  });
});

describe('lab answer', () => {
  const name = `answer-${process.pid}`;
  const { log, error } = console;
  let said: string[];
  let folder: string;
  beforeEach(() => {
    setLanguage('en');
    said = [];
    folder = mkdtempSync(join(tmpdir(), 'answer-'));
    console.log = (line: string) => void said.push(line);
    console.error = (line: string) => void said.push(line);
    mkdirSync(environmentFolder(name), { recursive: true });
    const record = { topology: 'seven', engine: 'uml', app: 'sample' };
    writeFileSync(join(environmentFolder(name), 'lab.json'), JSON.stringify(record));
  });
  afterEach(() => {
    Object.assign(console, { log, error });
    rmSync(folder, { recursive: true });
    rmSync(environmentFolder(name), { recursive: true, force: true });
  });
  const state = (history: HistoryEntry[], student?: string) =>
    writeFileSync(
      join(environmentFolder(name), 'labs.json'),
      JSON.stringify({ hints: {}, faults: [], starts: [], history, ...(student ? { student } : {}) }),
    );
  const begun = (...more: Omit<HistoryEntry, 'at' | 'before'>[]) => {
    const history: HistoryEntry[] = [];
    for (const entry of [
      { kind: 'record' as const, what: 'x' },
      { kind: 'start' as const, what: '01' },
      ...more,
    ])
      note(history, entry);
    return history;
  };
  const refused = async (...args: Parameters<typeof answer>): Promise<string> => {
    const thrown = await answer(...args).catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(LabError);
    return (thrown as LabError).render();
  };

  it('lists the questions, writes answers down and shows them', async () => {
    state(begun());
    await answer('1', [], { name });
    expect(said.join('\n'))
      .to.match(/^01\.1\.1 {2}.*10\.0\.2\.10/m)
      .and.include('(no answer yet)');
    await answer('01.2.1', ['the', 'kernel', 'refuses'], { name });
    writeFileSync(join(folder, 'why.txt'), 'two\nlines\n');
    await answer('1.3', [], { name, file: join(folder, 'why.txt') });
    said = [];
    await answer('1.2', [], { name });
    expect(said.join('\n')).to.include('the kernel refuses (').and.not.include('after the step held');
    const { history } = await readState(environmentFolder(name));
    expect(history.slice(-2).map(({ kind, what, text }) => [kind, what, text])).to.deep.equal([
      ['answer', '01.2.1', 'the kernel refuses'],
      ['answer', '01.3.1', 'two\nlines'],
    ]);
  });

  it('says that an answer came after the step held', async () => {
    state(begun({ kind: 'check', what: '01', passed: ['01.2'] }));
    await answer('1.2.1', ['x'], { name });
    expect(said.at(-1)).to.include('Step 01.2 held already');
  });

  it('refuses what it cannot write down', async () => {
    expect(await refused('1.2.1', ['x'], { name })).to.include('was not begun');
    state(begun());
    expect(await refused('1.9', ['x'], { name })).to.include('no step 9');
    expect(await refused('1.2.9', ['x'], { name })).to.include('no question 1.2.9');
    expect(await refused('1', ['x'], { name })).to.match(/has \d+ questions[\s\S]*01\.1\.1/);
    expect(await refused('1.2.1', [' '], { name })).to.include('empty');
    expect(await refused('1.2.1', ['x'.repeat(4001)], { name })).to.include('4001');
    expect(await refused('1.2.1', ['x'], { name, file: 'y' })).to.include('twice');
    expect(await refused('1.2.1', [], { name, file: '/nowhere' })).to.include('no file /nowhere');
    expect((await readState(environmentFolder(name))).history).to.have.length(2);
  });

  it('in a student’s own lab a model answer shows once its step holds; elsewhere all of them do', async () => {
    const model = (step: number) =>
      questionsAsked(lab01, 'en').find((question) => question.step === step)?.answer ?? '';
    const shown = async (options: Partial<Parameters<typeof guide>[1]> = {}) => {
      said = [];
      await guide('1', { name, answers: true, ...options });
      return [2, 3].map((step) => said.join('\n').includes(model(step)));
    };
    state(begun({ kind: 'check', what: '01', passed: ['01.2'] }), 'alice');
    expect(await shown()).to.deep.equal([true, false]);
    expect(said.join('\n')).to.match(/Model answers of step 1, 3, 4, 5 show once/);
    expect(await shown({ student: 'bob' })).to.deep.equal([true, true]);
    state(begun(), undefined);
    expect(await shown()).to.deep.equal([true, true]);
  });
});

describe('answers, graded', () => {
  let folder: string;
  beforeEach(() => {
    setLanguage('en');
    folder = mkdtempSync(join(tmpdir(), 'answers-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const options: GradeOptions = { host: 'lab.test', topologyOf: teachersTopologies(ROOT, undefined) };
  const bundle = async (student: string, ...texts: [string, string][]) => {
    const content = await contentOf(student, {
      meanwhile: (history) => {
        for (const [what, text] of texts)
          note(history, { kind: 'answer', what, text }, '2026-01-01T09:40:00.000Z');
      },
    });
    const file = join(folder, `${student}.lab`);
    writeFileSync(file, packBundle(content, KEY));
    return { file };
  };
  const questions = questionsIn([lab01]);

  it('are in the bundle, read beside each other, with the model answer and what came late', async () => {
    const files = [
      await bundle('alice', ['01.2.1', 'because <b>I</b> looked'], ['01.3.1', '=1+1']),
      await bundle('bob', ['01.2.1', 'I guess']),
    ];
    const { grades } = await grade(files, labs, options);
    expect(grades.map(({ flags }) => flags.filter(({ kind }) => kind !== 'copied'))).to.deep.equal([[], []]);
    expect(grades.map(({ answers }) => answers.length)).to.deep.equal([questions.length, questions.length]);
    const html = gradesHtml(grades, [], questions);
    expect(html)
      .to.include('because &lt;b&gt;I&lt;/b&gt; looked')
      .and.include('I guess')
      .and.include('Model answer');
    expect(html).to.not.include('after the step held');
    expect(gradesHtml(grades, [])).to.not.include('Model answer');
    const [head = '', ...rows] = answersCsv(grades, questions).split('\n');
    expect(head).to.equal('question,student,points,of,answer,given,late,asked,model');
    expect(rows[0]).to.match(/^01\.1\.1,alice,,1,,/);
    // A spreadsheet must not compute what a student wrote.
    expect(rows.join('\n')).to.include("01.3.1,alice,,1,'=1+1,2026-01-01T09:40");
    expect(gradesCsv(grades)).to.match(/^alice,10,10,.*,2,1,/m);
  });

  it('are given points by the teacher, which count for the whole class', async () => {
    const files = [await bundle('alice', ['01.2.1', 'a']), await bundle('bob')];
    const csv = answersCsv((await grade(files, labs, options)).grades, questions);
    const filled = csv
      .replace('01.2.1,alice,,1,', '01.2.1,alice,"1,5",2,')
      .replace('01.2.1,bob,,1,', '01.2.1,bob,,2,');
    const marks = readMarks(filled, 'answers.csv');
    const { grades } = await grade(files, labs, { ...options, marks });
    expect(grades.map(({ student, earned, possible }) => [student, earned, possible])).to.deep.equal([
      ['alice', 11.5, 12],
      ['bob', 10, 12],
    ]);
    const again = answersCsv(grades, questions);
    expect(again).to.include('01.2.1,alice,1.5,2,a,').and.include('01.2.1,bob,0,2,');
    expect(readMarks(csv, 'answers.csv').size).to.equal(0);
  });

  it('a table with points that are none is refused with its line; French spreadsheets write semicolons', () => {
    const read = (text: string) => () => readMarks(text, 'a.csv');
    expect(read('question,student,points,of\n01.1.1,alice,3,1\n')).to.throw(
      LabError,
      /a\.csv:2: "3" is not a number/,
    );
    expect(read('question,student,points\n01.1.1,alice,good\n')).to.throw(LabError, /a\.csv:2/);
    expect(read('question,student\n01.1.1,alice\n')).to.throw(LabError, /lacks question, student or points/);
    expect(read('question,student,points\n"01')).to.throw(LabError, /no table/);
    const marks = readMarks('question;student;points;of\n01.1.1;alice;0,5;1\n', 'a.csv');
    const [first] = marked(answered([{ id: '01.1.1' }], []), 'alice', marks);
    expect(first?.points).to.deep.equal({ earned: 0.5, possible: 1 });
  });

  it('come after the step where the record says so', async () => {
    const content = await contentOf('alice', {
      meanwhile: (history) => {
        note(
          history,
          { kind: 'check', what: '01', passed: ['01.2'], facts: '1'.repeat(32) },
          '2026-01-01T09:35:00.000Z',
        );
        note(history, { kind: 'answer', what: '01.2.1', text: 'a' }, '2026-01-01T09:40:00.000Z');
      },
    });
    const file = join(folder, 'a.lab');
    writeFileSync(file, packBundle(content, KEY));
    const { grades } = await grade([{ file }], labs, options);
    expect(gradesHtml(grades, [], questions)).to.include('after the step held');
    expect(answersCsv(grades, questions)).to.match(
      /^01\.2\.1,alice,,1,a,2026-01-01T09:40:00\.000Z,after the step,/m,
    );
  });
});

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { environmentFolder, ROOT } from '../../tasks/base/paths.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import { check } from '../../tasks/cli/commands/check.ts';
import { dossier } from '../../tasks/cli/commands/dossier.ts';
import { hint, progress } from '../../tasks/cli/commands/lab-help.ts';
import { solve, start } from '../../tasks/cli/commands/lab-start.ts';
import { grade } from '../../tasks/exercises/grading/grade.ts';
import { teachersTopologies } from '../../tasks/exercises/grading/topology.ts';
import { readState } from '../../tasks/exercises/state/state.ts';
import { labs } from './helpers/facts.ts';

/** Lab 00 from its start to the grade, as on a computer that has never had a machine. */
describe('a lab without machines', () => {
  const names = [`paper-a-${process.pid}`, `paper-b-${process.pid}`];
  const [name = '', other = ''] = names;
  const model = join(ROOT, 'labs/00-exercise/model.yaml');
  let folder: string;
  let file: string;
  let said: string[];
  const { log, error } = console;
  const known = process.env.LAB_DOSSIER;

  beforeEach(() => {
    setLanguage('en');
    folder = mkdtempSync(join(tmpdir(), 'paper-'));
    file = join(folder, 'dossier.yaml');
    process.env.LAB_DOSSIER = file;
    said = [];
    console.log = (line: string) => void said.push(line);
    console.error = (line: string) => void said.push(line);
  });
  afterEach(() => {
    Object.assign(console, { log, error });
    if (known === undefined) delete process.env.LAB_DOSSIER;
    else process.env.LAB_DOSSIER = known;
    rmSync(folder, { recursive: true });
    for (const lab of names) rmSync(environmentFolder(lab), { recursive: true, force: true });
  });

  const handedIn = async (lab: string, student: string, text: string) => {
    writeFileSync(file, text);
    await start('0', { name: lab, student });
    const bundle = join(folder, `${student}.lab`);
    await check('0', { name: lab, format: 'text', bundle });
    return bundle;
  };
  const graded = (...files: string[]) =>
    grade(
      files.map((file) => ({ file })),
      labs,
      { host: 'lab.test', topologyOf: teachersTopologies(ROOT, undefined) },
    );

  it('is begun, checked and handed in; a bundle of it is judged again and nothing of it is suspicious', async () => {
    expect(await check('0', { name, format: 'text' })).to.equal(1);
    expect(said.join('\n')).to.include('lab 00 was begun: not yet');
    const bundle = await handedIn(name, 'alice', readFileSync(model, 'utf8'));
    expect(said.join('\n')).to.include('10 of 10 points').and.not.include('was not begun');
    rmSync(file);
    // The teacher looks at it as the student does.
    said = [];
    await dossier('show', { name, picture: 'machines', file: bundle });
    expect(said.join('\n')).to.include('shared-files').and.include('GONE WITHOUT IT');
    const { grades, unreadable } = await graded(bundle);
    expect(unreadable).to.deep.equal([]);
    expect(
      grades.map(({ student, earned, possible, flags }) => [student, earned, possible, flags]),
    ).to.deep.equal([['alice', 10, 10, []]]);
  });

  it('begins without a dossier, of which nothing is there yet, and says so', async () => {
    await start('0', { name });
    expect(await check('0', { name, format: 'text' })).to.equal(1);
    expect(said.join('\n')).to.include(`no file ${file}`).and.include('npx lab dossier init');
    said = [];
    writeFileSync(file, 'hardware:\n  a: { kind: box }\n');
    expect(await check('0.2', { name, format: 'text' })).to.equal(1);
    expect(said.join('\n')).to.include('dossier.yaml:2: hardware.a.kind is one of machine');
  });

  it('leaves the machines of another lab where they are', async () => {
    mkdirSync(environmentFolder(name), { recursive: true });
    const before = { current: '03', hints: {}, faults: [], starts: [], history: [] };
    writeFileSync(join(environmentFolder(name), 'labs.json'), JSON.stringify(before));
    await start('0', { name });
    const state = await readState(environmentFolder(name));
    expect(state.current).to.equal('03');
    expect(state.history.map(({ kind, what }) => [kind, what])).to.deep.include(['begin', '00']);
  });

  it('has hints and progress, and is solved by nobody else', async () => {
    await start('0', { name, student: 'alice' });
    await hint('0.3', { name });
    said = [];
    await progress({ name });
    expect(said.join('\n')).to.match(/00 +The exercise.* 0\/10 {2}1 hints/);
    const thrown = await solve('0', { name }).catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(LabError);
  });

  it('progress of a lab that there is not is still refused', async () => {
    const thrown = await progress({ name }).catch((error: unknown) => error);
    expect((thrown as LabError).render()).to.include(`no lab named "${name}"`);
    expect(existsSync(environmentFolder(name))).to.equal(false);
  });

  it("a friend's sentences are noticed, those of two who thought for themselves are not", async () => {
    const text = readFileSync(model, 'utf8');
    const own = text
      .replaceAll(/noticed: (.*)/g, 'noticed: by hand, $1')
      .replaceAll(/, noticed: by hand, (.*)/g, ', noticed: $1');
    const alice = await handedIn(name, 'alice', text);
    const bob = await handedIn(other, 'bob', text.replace('lb1:', 'lb1: # mine'));
    const kinds = async (...files: string[]) =>
      (await graded(...files)).grades.map(({ flags }) => flags.map(({ kind }) => kind));
    expect(await kinds(alice, bob)).to.deep.equal([['copied'], ['copied']]);
    const third = await handedIn(other, 'bob', own);
    expect(await kinds(alice, third)).to.deep.equal([[], []]);
  });

  it('a dossier that is there is not written over', async () => {
    const options = { name, picture: 'machines' as const };
    expect(await dossier('init', options)).to.equal(0);
    const thrown = await dossier('init', options).catch((error: unknown) => error);
    expect((thrown as LabError).render()).to.include('is there already');
    expect(await dossier('check', options)).to.equal(1);
    copyFileSync(model, file);
    expect(await dossier('check', options)).to.equal(0);
    await dossier('show', { ...options, html: join(folder, 'a/b.html'), svg: join(folder, 'a/b.svg') });
    expect(readFileSync(join(folder, 'a/b.html'), 'utf8')).to.include('switch-a');
    expect(readFileSync(join(folder, 'a/b.svg'), 'utf8')).to.include('switch-a');
    said = [];
    await dossier('show', { ...options, given: true });
    expect(said.join('\n')).to.include('haproxy').and.not.include('GONE WITHOUT IT');
    expect(() => dossier('shwo', options)).to.throw(LabError);
  });
});

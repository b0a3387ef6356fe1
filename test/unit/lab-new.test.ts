import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../tasks/base/paths.ts';

const { newLab } = await import('../../tasks/cli/commands/lab-new.ts');
const { readLab } = await import('../../tasks/exercises/guides/load.ts');
const { labSchema } = await import('../../tasks/exercises/guides/model.ts');
const { compareGuides, parseGuide } = await import('../../tasks/exercises/guides/guide.ts');
const { checksOf } = await import('../../tasks/exercises/checks/plan.ts');
const { readExam } = await import('../../tasks/exercises/checks/exam.ts');
const { contextOf } = await import('./helpers/facts.ts');
const { LabError } = await import('../../tasks/base/errors.ts');

/** The page for authors of labs, followed. */
const page = readFileSync(join(ROOT, 'docs/writing-labs.md'), 'utf8');

describe('a new lab, made as docs/writing-labs.md says', () => {
  let folder: string;
  const log = console.log;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'new-'));
    console.log = () => undefined;
  });
  after(() => {
    console.log = log;
    rmSync(folder, { recursive: true });
  });

  it('the first command of the page makes a lab with guides, checks and a fault', async () => {
    const [, name = ''] = /npx lab new (\S+)/.exec(page) ?? [];
    expect(await newLab(name, { folder })).to.equal(0);
    const lab = readLab(join(folder, name));
    const [french, english] = ['fr', 'en'].map((language) =>
      parseGuide(readFileSync(join(lab.folder, `guide.${language}.md`), 'utf8'), language),
    );
    if (!french || !english) throw new Error('a guide is missing');
    expect(compareGuides(french, english)).to.deep.equal([]);
    expect((await checksOf(lab, contextOf())).expectations.get(1)).to.have.length(1);
    expect(Object.values(lab.faults).flatMap((fault) => fault.breaks)).to.deep.equal([1]);
  });

  it('the page names every field', () => {
    for (const field of Object.keys(labSchema.shape))
      expect(page, field).to.match(new RegExp(`\`${field}[.\`]`));
  });

  it('the tags that the page shows are understood, and mean what it says', () => {
    const examples = page.split('````text')[1]?.split('````')[0] ?? '';
    const tags = [...examples.matchAll(/^(```\S+(?: \S+)*?)(?: {2,}|$| a file)/gm)].map(
      (match) => match[1] ?? '',
    );
    expect(tags.length).to.be.above(6);
    const kinds = tags.map((tag) => parseGuide(`${tag}\nx\n\`\`\``, tag).blocks[0]?.kind);
    expect(kinds).to.deep.equal(['run', 'run', 'run', 'file', 'run', 'expect', 'show']);
  });

  for (const [what, name] of [
    ['a name without a number', 'backup'],
    ['capitals', '12-Backup'],
    ['a number that is taken', '14-other'],
    ['a way out of the folder', '12-../x'],
  ] as const)
    it(`${what} is refused`, async () => {
      let thrown: unknown;
      await newLab(name, { folder }).catch((error: unknown) => {
        thrown = error;
      });
      expect(thrown).to.be.instanceOf(LabError);
    });
});

describe('an exam, as docs/grading.md shows it', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'exam-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  const example =
    readFileSync(join(ROOT, 'docs/grading.md'), 'utf8').split('```ts\n')[1]?.split('```')[0] ?? '';
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it('the example of the page is one: steps, points, checks', async () => {
    const file = write('final.ts', example);
    const exam = await readExam(file);
    expect(exam.steps.map((step) => [step.id, step.points, step.after])).to.deep.equal([
      ['99.1', 5, []],
      ['99.2', 3, ['99.1']],
    ]);
    const { expectations } = await checksOf(exam, contextOf(), file);
    expect([...expectations.values()].map((all) => all.length)).to.deep.equal([1, 1]);
  });

  for (const [what, text] of [
    ['without steps', example.replace(/steps: .*/, '')],
    ['that is no TypeScript', 'export const exam = {'],
    ['that imports the kit', `import { x } from './none.ts';\nconsole.log(x);\n${example}`],
  ] as const)
    it(`a file ${what} is a mistake in one sentence`, async () => {
      let thrown: unknown;
      await readExam(write(`${what.length}.ts`, text)).catch((error: unknown) => {
        thrown = error;
      });
      expect(thrown).to.be.instanceOf(LabError);
    });

  it('checks that do not fit the topology are a mistake that names the machine', async () => {
    const file = write('web9.ts', example.replace("lab.machine('client')", "lab.machine('web9')"));
    let thrown: unknown;
    await checksOf(await readExam(file), contextOf(), file).catch((error: unknown) => {
      thrown = error;
    });
    expect(thrown).to.be.instanceOf(LabError);
    expect((thrown as InstanceType<typeof LabError>).render()).to.include('web9');
  });
});

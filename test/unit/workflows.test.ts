import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';
import { expect } from 'chai';

const root = join(import.meta.dirname, '../..');
const folder = join(root, '.github/workflows');
const files = readdirSync(folder).map((name) => join(folder, name));

/** What GitHub's own parser has against a workflow: keys, types, expressions, order of jobs. */
async function problemsOf(file: string): Promise<string[]> {
  const source = { name: basename(file), content: readFileSync(file, 'utf8') };
  const { context, value } = parseWorkflow(source, new NoOperationTraceWriter());
  if (value) await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map((error) => error.message);
}

/** Workflows cannot be run here; that GitHub would take them can be known. */
describe('workflows', () => {
  let copies = '';
  before(() => {
    copies = mkdtempSync(join(tmpdir(), 'workflows-'));
  });
  after(() => rmSync(copies, { recursive: true }));

  it('there are those that the README names', () => {
    expect(files.map((file) => basename(file))).to.have.members(['test.yml', 'nightly.yml']);
  });

  for (const file of files)
    it(`${basename(file)} is one that GitHub takes`, async () => {
      expect(await problemsOf(file)).to.deep.equal([]);
    });

  const mistakes: [string, (text: string) => string, RegExp][] = [
    ['a key that there is not', (text) => text.replace('runs-on:', 'run-on:'), /run-on/],
    ['a step that does nothing', (text) => text.replace('- run: npm ci', '- name: npm ci'), /run|uses/],
    [
      'an expression that does not end',
      (text) => text.replace('{{ matrix.os }}', '{{ matrix.os'),
      /expression/,
    ],
    ['a context that there is not', (text) => text.replace('matrix.os }}', 'matrx.os }}'), /matrx/],
    [
      'a job that waits for none',
      (text) => text.replace('  lint:\n', '  lint:\n    needs: nobody\n'),
      /nobody/,
    ],
    ['no YAML', (text) => text.replace('jobs:', 'jobs: ['), /collections|YAML/],
  ];
  for (const [what, change, message] of mistakes)
    it(`${what} is found`, async () => {
      const whole = readFileSync(join(folder, 'test.yml'), 'utf8');
      const broken = change(whole);
      expect(broken).to.not.equal(whole);
      const file = join(copies, 'test.yml');
      writeFileSync(file, broken);
      const problems = await problemsOf(file);
      expect(problems.join('\n')).to.match(message);
    });

  it('they run scripts of the project that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/npm run ([\w:]+)/g)]);
    expect(named.length).to.be.above(3);
    for (const [, name = ''] of named) expect(scripts).to.have.property(name);
  });
});

import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';

interface Builder {
  build(root: string): Promise<void>;
  isStale(root: string): boolean;
  entry(root: string): string;
}
const file = join(import.meta.dirname, '../../bin/build.js');
const { build, entry, isStale } = (await import(pathToFileURL(file).href)) as Builder;

describe('the bundle that `lab` runs', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'lab build-'));
    mkdirSync(join(root, 'tasks/cli'), { recursive: true });
    writeFileSync(join(root, 'package.json'), '{"type":"module"}');
    writeFileSync(
      join(root, 'tasks/cli/main.ts'),
      "export const main = async () => (await import('./later.ts')).word;",
    );
    word('one');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  const word = (text: string) =>
    writeFileSync(join(root, 'tasks/cli/later.ts'), `export const word: string = '${text}';`);
  const start = async () => (await import(entry(root))) as { main(): Promise<string> };
  const dist = () => readdirSync(join(root, 'dist'));
  /** As if it had been written so many hours ago. */
  const age = (name: string, hours: number) => {
    const then = Date.now() / 1000 - hours * 3600;
    utimesSync(join(root, 'dist', name), then, then);
  };

  it('a command that runs keeps its parts while another one builds what was edited', async () => {
    await build(root);
    const running = await start();
    for (const text of ['two', 'three']) {
      word(text);
      await build(root);
    }
    expect(await running.main()).to.equal('one');
    expect(await (await start()).main()).to.equal('three');
  });

  it('what no build needs any more goes a day after it was replaced, and not because it was built long ago', async () => {
    await build(root);
    const first = dist().filter((name) => name.startsWith('later-'));
    for (const name of dist()) age(name, 100);
    word('two');
    await build(root);
    expect(dist()).to.include.members(first);
    word('three');
    await build(root);
    expect(dist()).to.include.members(first);
    for (const name of first) age(name, 25);
    word('four');
    await build(root);
    expect(dist().filter((name) => first.includes(name))).to.deep.equal([]);
    expect(await (await start()).main()).to.equal('four');
  });

  it('the same sources give the same files, which are not written again', async () => {
    await build(root);
    const before = dist();
    const times = () =>
      before.filter((name) => name !== 'build.json').map((name) => statSync(join(root, 'dist', name)).ino);
    const inodes = times();
    await build(root);
    expect([dist(), times()]).to.deep.equal([before, inodes]);
  });

  it('two that build at once both end with a whole one', async () => {
    await Promise.all([build(root), build(root)]);
    expect(await (await start()).main()).to.equal('one');
    expect(dist().filter((name) => /part|new/.test(name))).to.deep.equal([]);
  });

  it('is built again after an edit, also after one during the build', async () => {
    expect(isStale(root)).to.equal(true);
    const building = build(root);
    // Later than its begin, and before its end.
    const edited = (Date.now() + 2) / 1000;
    utimesSync(join(root, 'tasks/cli/later.ts'), edited, edited);
    await building;
    expect(isStale(root)).to.equal(true);
    utimesSync(join(root, 'tasks/cli/later.ts'), 1, 1);
    utimesSync(join(root, 'tasks/cli/main.ts'), 1, 1);
    expect(isStale(root)).to.equal(false);
  });
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';

const root = join(import.meta.dirname, '../..');

/** Markdown files of the project's own, without guides of labs. */
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** Headings as links name them. */
const anchors = (text: string) =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('documentation', () => {
  for (const page of pages) {
    const text = readFileSync(join(root, page), 'utf8');

    it(`${page}: every link leads somewhere`, () => {
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? join(root, page) : join(root, dirname(page), path);
        expect(existsSync(file), target).to.equal(true);
        if (anchor) expect(anchors(readFileSync(file, 'utf8')), target).to.include(anchor);
      }
    });

    it(`${page}: every file of the repository that it names is there`, () => {
      for (const [, name = ''] of text.matchAll(/`([^`\s]+)`/g)) {
        // Names in capitals stand for something; the finished boxes are not in the repository.
        if (!/^(tasks|roles|packer|topologies|test|bin|bench|\.ci)\/[a-z0-9./_-]+$/.test(name)) continue;
        if (name.startsWith('packer/output')) continue;
        expect(existsSync(join(root, name)), name).to.equal(true);
      }
    });
  }

  it('the page for contributors names every folder of the task runner', () => {
    const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
    const folders = readdirSync(join(root, 'tasks'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    for (const { name } of folders) expect(text.includes(`tasks/${name}/`), `tasks/${name}`).to.equal(true);
  });

  it('the page for contributors draws the floors in the order that is enforced', async () => {
    const { FLOORS } = (await import('../../.dependency-cruiser.mjs' as string)) as { FLOORS: string[] };
    const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
    const drawn = [...text.matchAll(/^tasks\/([a-z]+)\/ {2}/gm)].map((match) => match[1]);
    expect(drawn.toReversed()).to.deep.equal([...new Set(FLOORS.map((floor) => floor.split('/')[0]))]);
  });
});

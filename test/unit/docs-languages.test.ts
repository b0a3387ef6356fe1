import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';

const root = join(import.meta.dirname, '../..');
const french = (page: string) => page.replace(/\.md$/, '.fr.md');
/** Where a link leads, without the language of the page or picture there. */
const english = (target: string) => target.replace(/\.(fr|en)(\.\w+)/, '$2');

/** Pages that there are in both languages. */
const pages = ['', 'docs']
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name)))
  .filter((page) => page.endsWith('.md') && !page.endsWith('.fr.md') && existsSync(join(root, french(page))));

interface Page {
  /** Levels, in order. */
  headings: number[];
  /** Code, line by line, without what people read: comments, and what stands two spaces further right. */
  code: string[][];
  /** Where its links lead, with a mark for an anchor, whose words are another language's. */
  links: string[];
}

/** What a translation keeps. */
function skeletonOf(text: string): Page {
  const page: Page = { headings: [], code: [], links: [] };
  let fence: string | undefined;
  let before = '';
  for (const line of text.split('\n')) {
    const mark = /^`{3,}/.exec(line)?.[0];
    const code = (name: string) =>
      page.code.at(-1)?.push(name.replace(/^ {4}/, '').split(/ {2,}|\s#\s/)[0] ?? '');
    if (fence !== undefined) {
      if (line.trimEnd() === fence) fence = undefined;
      else code(line.trimStart());
    } else if (mark) {
      fence = mark;
      page.code.push([line]);
    } else if (/^ {4}\S/.test(line) && (before === '' || /^ {4}/.test(before))) {
      if (before === '') page.code.push([]);
      code(line);
    } else {
      const heading = /^(#+) /.exec(line)?.[1];
      if (heading) page.headings.push(heading.length);
      for (const [, target = ''] of line.matchAll(/\]\(([^)\s]+)\)/g))
        page.links.push(english(target).replace(/#.*/, '#'));
    }
    before = line;
  }
  return page;
}

const read = (page: string) => readFileSync(join(root, page), 'utf8');

describe('pages in both languages', () => {
  it('README, architecture, handbook, grading and how to write a lab are there in French', () => {
    expect(pages).to.include.members([
      'README.md',
      'docs/architecture.md',
      'docs/grading.md',
      'docs/handbook.md',
      'docs/writing-labs.md',
    ]);
  });

  for (const page of pages) {
    it(`${page}: headings, code and links are the same in French`, () => {
      const [one, other] = [skeletonOf(read(page)), skeletonOf(read(french(page)))];
      expect(other.headings).to.deep.equal(one.headings);
      expect(other.code).to.deep.equal(one.code);
      // A sentence may name two pages in another order.
      expect([...other.links].sort()).to.deep.equal([...one.links].sort());
    });

    it(`${page}: leads to the French one and back, and the French one to French pages where there are some`, () => {
      const targets = (name: string) =>
        [...read(name).matchAll(/\]\(([^)\s#:]+\.md)[)#]/g)].map(([, target = '']) =>
          normalize(join(dirname(name), target)),
        );
      expect(targets(page)).to.include(french(page));
      const led = targets(french(page));
      expect(led).to.include(page);
      for (const target of led.filter((name) => pages.includes(name) && name !== page))
        expect(led, `beside ${target}`).to.include(french(target));
    });
  }

  it('what a translation must not lose is seen', () => {
    const text = '# A\n\n    lab up    # comment\n\nto [b](b.md#c)\n\n```bash\nls\n```\n';
    const same = '# B\n\n    lab up    # commentaire\n\nvers [b](b.fr.md#d)\n\n```bash\nls\n```\n';
    expect(skeletonOf(same)).to.deep.equal(skeletonOf(text));
    for (const [from, to] of [
      ['# B', '## B'],
      ['lab up', 'lab halt'],
      ['b.fr.md', 'x.md'],
      ['#d', ''],
      ['ls', 'ls -l'],
      ['```bash', '```sh'],
    ] as const)
      expect(skeletonOf(same.replace(from, to)), `${from} ${to}`).to.not.deep.equal(skeletonOf(text));
  });
});

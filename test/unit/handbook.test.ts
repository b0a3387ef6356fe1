import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../tasks/base/paths.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import { commandTable } from '../../tasks/cli/table.ts';
import { readLabs } from '../../tasks/exercises/guides/load.ts';
import { documentView } from '../../tasks/exercises/guides/page/document.ts';
import { renderGuide } from '../../tasks/exercises/guides/page/render.ts';

/** Minutes of a session that must be left beside the labs. */
const REST = 45;

for (const page of ['docs/handbook.md', 'docs/handbook.fr.md'])
  describe(page, () => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    const labs = readLabs(ROOT);
    const minutes = new Map(labs.map((lab) => [lab.id, lab.minutes]));
    /** Labs after the capstone are told beside the plans, which have no room for them. */
    const extra = labs.filter(({ id }) => Number(id) > 11).map(({ id }) => id);
    /** The plans: labs and minutes of each session. */
    const plans = text
      .split(/^### /m)
      .slice(1)
      .map((part) =>
        [...part.matchAll(/^\| \d \| ([\db, ]+) \| (\d+) \|/gm)].map(([, labs = '', sum]) => ({
          labs: labs.split(', '),
          sum: Number(sum),
        })),
      )
      .filter((plan) => plan.length > 0);

    it('plans six and four sessions of four hours, with the minutes that the labs say, and time left', () => {
      expect(plans.map(({ length }) => length)).to.deep.equal([6, 4]);
      for (const { labs, sum } of plans.flat()) {
        expect(
          labs.reduce((total, id) => total + (minutes.get(id) ?? Number.NaN), 0),
          labs.join(),
        ).to.equal(sum);
        expect(sum, labs.join()).to.be.at.most(4 * 60 - REST);
      }
      expect(plans[0]?.flatMap(({ labs }) => labs)).to.deep.equal(
        [...minutes.keys()].filter((id) => !extra.includes(id)),
      );
      for (const id of extra)
        expect(text).to.match(new RegExp(`[Ll]ab ${id} \\(${minutes.get(id)} minutes\\)`));
    });

    it('names commands and options that the kit has', () => {
      const known = commandTable(() => undefined);
      const lines = [...text.matchAll(/npx lab ([^`\n]*)/g)].map(
        ([, line = '']) => line.split(/ #| > /)[0] ?? '',
      );
      expect(lines.length).to.be.above(40);
      for (const line of lines) {
        const words = line
          .replace(/^--lang fr /, '')
          .trim()
          .split(/\s+/);
        const command = known.commands.find((command) => command.name() === words[0]);
        expect(command, line).to.not.equal(undefined);
        for (const option of words.filter((word) => word.startsWith('--')))
          expect(
            command?.options.map(({ long }) => long),
            line,
          ).to.include(option);
      }
    });

    it('is a page without the links that a page alone cannot follow, which says where they lead', async () => {
      setLanguage(page.endsWith('.fr.md') ? 'fr' : 'en');
      const html = await renderGuide(ROOT, documentView(text), []).finally(() => setLanguage('en'));
      expect(html).to.not.match(/href="[^#"d]/);
      expect(html).to.match(/(Version française|English version) \(docs\/handbook(\.fr)?\.md\)/);
      expect(html).to.include('<table>').and.include('<li><a href="#step-1">');
      expect(html.match(/<h1/g)).to.have.length(1);
    });
  });

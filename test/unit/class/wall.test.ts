import { expect } from 'chai';
import { ROOT } from '../../../tasks/base/paths.ts';
import { REFUSED } from '../../../tasks/class/front/refusal.ts';
import { readBar, readSchool, readSigning, readWall } from '../../../tasks/class/front/wall.ts';
import { CONDITIONS } from '../../../tasks/class/status-text.ts';

describe('class: the wall', () => {
  const { html, script, style } = readWall(ROOT);
  const bar = readBar(ROOT);
  const school = readSchool(ROOT);

  it('has nothing that its policy forbids, and never makes markup of what labs say', () => {
    for (const page of [html, school.html])
      expect(page).to.not.match(/<script(?![^>]*src=)|<style|style=|onclick|https?:/);
    for (const part of [script, bar.script, school.script, readSigning(ROOT)])
      expect(part).to.not.match(/innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|https?:\/\//);
    for (const part of [style, bar.style]) expect(part).to.not.match(/url\(|@import/);
  });

  it('has words for every condition, the same as the table', () => {
    for (const [condition, { en, fr }] of Object.entries(CONDITIONS))
      expect(script, condition).to.include(`${condition}: ['${en}', '${fr}']`);
  });

  it('the page of the sign-in has a sentence for each reason not to let in', () => {
    for (const why of Object.keys(REFUSED))
      expect(school.script, why).to.match(new RegExp(`^ {2}${why}: `, 'm'));
  });

  it('the page of a student has a word for every condition but that of a lab that runs', () => {
    for (const condition of Object.keys(CONDITIONS).filter((one) => one !== 'running'))
      expect(bar.script, condition).to.match(new RegExp(`[ {]${condition}: '`));
  });
});

import { expect } from 'chai';
import { ROOT } from '../../../tasks/base/paths.ts';
import { readBar, readWall } from '../../../tasks/class/front/wall.ts';
import { CONDITIONS } from '../../../tasks/class/status-text.ts';

describe('class: the wall', () => {
  const { html, script, style } = readWall(ROOT);
  const bar = readBar(ROOT);

  it('has nothing that its policy forbids, and never makes markup of what labs say', () => {
    expect(html).to.not.match(/<script(?![^>]*src=)|<style|style=|onclick|https?:/);
    for (const part of [script, bar.script])
      expect(part).to.not.match(/innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|https?:\/\//);
    for (const part of [style, bar.style]) expect(part).to.not.match(/url\(|@import/);
  });

  it('has words for every condition, the same as the table', () => {
    for (const [condition, { en, fr }] of Object.entries(CONDITIONS))
      expect(script, condition).to.include(`${condition}: ['${en}', '${fr}']`);
  });

  it('the page of a student has a word for every condition but that of a lab that runs', () => {
    for (const condition of Object.keys(CONDITIONS).filter((one) => one !== 'running'))
      expect(bar.script, condition).to.match(new RegExp(`[ {]${condition}: '`));
  });
});

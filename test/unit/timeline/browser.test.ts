import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { ROOT } from '../../../tasks/base/paths.ts';
import { setLanguage } from '../../../tasks/base/text.ts';
import { timelineOf } from '../../../tasks/measure/timeline/analyse.ts';
import { renderTimeline } from '../../../tasks/measure/timeline/render.ts';
import { browserNote, chromiumProgram, listenTo, openBrowser } from '../helpers/browser.ts';
import { MADE } from './made.ts';

describe(`timeline of lab up: in a browser${browserNote}`, () => {
  let browser: Browser;
  let page: Page;
  let folder = '';
  const problems: string[] = [];
  const asked: string[] = [];

  before(async function () {
    if (!chromiumProgram) this.skip();
    setLanguage('en');
    folder = mkdtempSync(join(tmpdir(), 'timeline-'));
    const file = join(folder, 'up.html');
    writeFileSync(file, await renderTimeline(ROOT, 'made', timelineOf(MADE, ['db1', 'web1'])));
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1300, height: 900 } });
    listenTo(page, { problems, asked });
    await page.goto(pathToFileURL(file).href);
  });
  after(async () => {
    await browser?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  /** Where something is drawn. Pixels. */
  const boxOf = async (selector: string) => {
    const box = await page.locator(selector).first().boundingBox();
    if (!box) throw new Error(`${selector} is not shown`);
    return box;
  };

  it('a bar begins and ends where its times are', async () => {
    const track = await boxOf('.lane:nth-child(3) .track');
    const role = await boxOf('.lane:nth-child(3) .bar.role:has-text("database")');
    expect(role.x - track.x).to.be.closeTo((track.width * 14) / 60, 2);
    expect(role.width).to.be.closeTo((track.width * 26) / 60, 2);
  });

  it('goes closer and back, and keeps the names in sight', async () => {
    const whole = (await boxOf('.chart')).width;
    await page.getByRole('button', { name: 'Closer' }).click();
    expect((await boxOf('.chart')).width).to.be.closeTo(whole * 2, 4);
    const scroll = await boxOf('.scroll');
    expect((await boxOf('.lane:nth-child(3) .name')).x).to.be.closeTo(scroll.x, 3);
    await page.getByRole('button', { name: 'Whole run' }).click();
    expect((await boxOf('.chart')).width).to.be.closeTo(whole, 2);
  });

  it('units are shown when asked for', async () => {
    expect(await page.getByText('systemd-journald.service').isVisible()).to.equal(false);
    await page.locator('summary').first().click();
    expect(await page.getByText('systemd-journald.service').isVisible()).to.equal(true);
  });

  it('asks nobody for anything, and breaks no rule of its own', () => {
    expect(asked.filter((url) => !url.startsWith('file:') && !url.startsWith('data:'))).to.deep.equal([]);
    expect(problems).to.deep.equal([]);
  });
});

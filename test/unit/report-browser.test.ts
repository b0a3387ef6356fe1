import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { ROOT } from '../../tasks/base/paths.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import { renderReport } from '../../tasks/measure/report/render.ts';
import { browserNote, chromiumProgram, listenTo, openBrowser } from './helpers/browser.ts';
import { madeResult, madeSamples } from './report/made.ts';
import { recorded } from './report/recorded.ts';

describe(`report: in a browser${browserNote}`, () => {
  // A busy computer: the browser is a heavy program.
  let browser: Browser;
  let page: Page;
  let folder = '';
  const problems: string[] = [];
  const asked: string[] = [];

  before(async function () {
    if (!chromiumProgram) this.skip();
    setLanguage('en');
    folder = mkdtempSync(join(tmpdir(), 'report-'));
    const samples = madeSamples(50, 0.9);
    const file = join(folder, 'report.html');
    // The second one was recorded on a lab.
    const drills = [{ result: madeResult(samples, 50), samples }, recorded()];
    writeFileSync(file, await renderReport(ROOT, 'made', drills));
    browser = await openBrowser();
    page = await browser.newPage();
    listenTo(page, { problems, asked });
    await page.goto(pathToFileURL(file).href);
  });
  after(async () => {
    await browser?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  const boxOf = () => page.locator('.lane svg').first().getAttribute('viewBox');
  const frame = () => page.evaluate('new Promise((resolve) => requestAnimationFrame(() => resolve(0)))');

  it('opens without an error and asks for nothing but itself', async () => {
    expect(await page.title()).to.equal('Drills: made');
    expect(problems).to.deep.equal([]);
    expect(asked.filter((url) => !url.startsWith('file:') && !url.startsWith('data:'))).to.deep.equal([]);
    expect(asked.filter((url) => url.startsWith('file:'))).to.have.length(1);
  });

  it('shows the surroundings of the fault first; buttons, keys and the pointer move it', async () => {
    await frame();
    const around = await boxOf();
    expect(around).to.match(/^9000 0 /);
    await page.getByRole('button', { name: 'Whole run' }).first().click();
    await frame();
    const [from, , length] = (await boxOf())?.split(' ').map(Number) ?? [];
    expect(from).to.equal(0);
    expect(length).to.be.at.least(49_000);
    await page
      .getByRole('group', { name: /Timeline/ })
      .first()
      .focus();
    await page.keyboard.press('+');
    await frame();
    expect(Number((await boxOf())?.split(' ')[2])).to.be.closeTo((length ?? 0) / 2, 2);
    await page.keyboard.press('0');
    await frame();
    expect(await boxOf()).to.equal(around);
    await page.mouse.move(600, 500);
    expect(await page.locator('output').first().textContent()).to.match(/^[+−]\d+\.\d\d s$/);
  });

  it('has a name for everything that a screen reader meets', async () => {
    expect(await page.getByRole('heading', { level: 1 }).count()).to.equal(1);
    expect(
      await page.getByRole('img', { name: /page, new connection: 1000 requests, \d+ failed/ }).count(),
    ).to.equal(1);
    for (const svg of await page.locator('svg').all()) {
      const named = (await svg.getAttribute('aria-label')) ?? (await svg.getAttribute('aria-hidden'));
      expect(named).to.not.equal(null);
    }
    expect(await page.locator('table th:not([scope])').count()).to.equal(0);
    expect(problems).to.deep.equal([]);
  });

  it('is light and dark as its reader wishes', async () => {
    const back = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await back()).to.equal('rgb(255, 255, 255)');
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await back()).to.equal('rgb(22, 25, 29)');
  });

  it('stays fluent with ten thousands of requests', async () => {
    const samples = madeSamples(60, 0.9, 5);
    expect(samples.length).to.be.above(20_000);
    const file = join(folder, 'many.html');
    writeFileSync(file, await renderReport(ROOT, 'many', [{ result: madeResult(samples, 60), samples }]));
    await page.goto(pathToFileURL(file).href);
    // Time of one zoom until the browser has drawn it.
    const took = await page.evaluate<number>(`(async () => {
      const since = performance.now();
      document.querySelector('[data-do=whole]').click();
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      return performance.now() - since;
    })()`);
    console.log(`      ${samples.length} requests drawn in ${Math.round(took)} ms`);
    // 60 to 650 ms were seen, depending on what else the computer did.
    expect(took).to.be.below(3000);
  });
});

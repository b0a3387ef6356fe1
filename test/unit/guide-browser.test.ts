import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { DEFAULT_ENVIRONMENT } from '../../tasks/base/paths.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import { handbook } from '../../tasks/cli/commands/handbook.ts';
import { guide } from '../../tasks/cli/commands/lab-guide.ts';
import {
  browserNote,
  chromiumProgram,
  listenTo,
  openBrowser,
  untilTrue,
  violationsOf,
} from './helpers/browser.ts';

describe(`guide: its page in a browser${browserNote}`, function () {
  // A busy computer: the browser is a heavy program.
  this.timeout(120_000);
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let folder = '';
  const problems: string[] = [];
  const asked: string[] = [];

  const write = async (name: string, language: 'en' | 'fr', lab: string, answers = true) => {
    setLanguage(language);
    const { log, error } = console;
    console.log = console.error = () => undefined;
    try {
      await guide(lab, {
        ...{ name: DEFAULT_ENVIRONMENT, topology: 'seven', student: 'alice' },
        ...{ html: join(folder, name), answers, hints: true },
      });
    } finally {
      Object.assign(console, { log, error });
      setLanguage('en');
    }
  };
  const handbookPage = async () => {
    const { log } = console;
    console.log = () => undefined;
    await handbook({ html: join(folder, 'handbook.html') }).finally(() => Object.assign(console, { log }));
  };
  const open = (name: string) => page.goto(pathToFileURL(join(folder, name)).href);
  const isSeen = (selector: string) => page.locator(selector).first().isVisible();

  before(async function () {
    if (!chromiumProgram) this.skip();
    folder = mkdtempSync(join(tmpdir(), 'guide-'));
    await write('en.html', 'en', '3');
    await write('fr.html', 'fr', '11');
    browser = await openBrowser();
    context = await browser.newContext({ viewport: { width: 1100, height: 900 } });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    context.setDefaultTimeout(60_000);
    page = await context.newPage();
    listenTo(page, { problems, asked });
  });
  after(async () => {
    await browser?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  it('opens without an error and asks for nothing but itself', async () => {
    await open('en.html');
    expect(await page.title()).to.match(/^Lab 03: HAProxy/);
    expect(await page.getByRole('heading', { level: 1 }).count()).to.equal(1);
    expect(await page.getByRole('img', { name: 'Lab 03: the machines' }).isVisible()).to.equal(true);
    expect(problems).to.deep.equal([]);
    expect(asked.filter((url) => !url.startsWith('data:'))).to.have.length(1);
  });

  it('copies what stands in a block, to the letter and without the last end of line', async () => {
    await open('en.html');
    const block = page.locator('.block', { hasText: 'On lb1:' }).first();
    await block.getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('status').getByText('Copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).to.equal('apt-get install -y haproxy');
    const file = page.locator('.block', { hasText: 'File /etc/haproxy/haproxy.cfg' }).first();
    await file.getByRole('button', { name: 'Copy' }).click();
    const text = await file.locator('code').textContent();
    await untilTrue(
      page,
      `navigator.clipboard.readText().then((text) => text === ${JSON.stringify(text?.trimEnd())})`,
    );
    expect(problems).to.deep.equal([]);
  });

  it('copies where the browser lets no page write to the clipboard', async () => {
    await page.addInitScript('Object.defineProperty(navigator, "clipboard", { value: undefined })');
    await open('en.html');
    const block = page.locator('.block', { hasText: 'On lb1:' }).first();
    await block.getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('status').getByText('Copied').waitFor();
    expect(await page.evaluate('getSelection().toString().trim()')).to.equal('apt-get install -y haproxy');
    expect(problems).to.deep.equal([]);
  });

  it('answers and hints are folded, and unfold together', async () => {
    await open('en.html');
    expect(await page.locator('details[open]').count()).to.equal(0);
    await page.getByRole('button', { name: 'Unfold everything' }).click();
    expect(await page.locator('details:not([open])').count()).to.equal(0);
    expect(await isSeen('details .answer')).to.equal(true);
    await page.getByRole('button', { name: 'Fold everything' }).click();
    expect(await page.locator('details[open]').count()).to.equal(0);
  });

  it('axe finds nothing wrong: folded and unfolded, light and dark, in both languages', async () => {
    for (const name of ['en.html', 'fr.html']) {
      await open(name);
      await page.emulateMedia({ colorScheme: 'light' });
      expect(await violationsOf(page), name).to.deep.equal([]);
      await page.locator('[data-do=unfold]').click();
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await violationsOf(page), name).to.deep.equal([]);
    }
    expect(await page.locator('html').getAttribute('lang')).to.equal('fr');
    await page.emulateMedia({ colorScheme: null });
  });

  it('is not scrolled sideways on a telephone', async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    for (const name of ['en.html', 'fr.html']) {
      await open(name);
      expect(await page.evaluate('document.documentElement.scrollWidth'), name).to.equal(390);
    }
    await page.setViewportSize({ width: 1100, height: 900 });
  });

  it('on paper: no buttons and no hints, answers at the end, dark on white', async () => {
    await open('en.html');
    await page.getByRole('button', { name: 'Unfold everything' }).click();
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    for (const hidden of ['button', '.hints', 'details > .answer', 'nav'])
      expect(await isSeen(hidden), hidden).to.equal(false);
    for (const seen of ['.answers .answer', '.picture svg', '.block', 'details summary'])
      expect(await isSeen(seen), seen).to.equal(true);
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).to.equal(
      'rgb(255, 255, 255)',
    );
    const pdf = await page.pdf({ preferCSSPageSize: true });
    expect(pdf.subarray(0, 5).toString()).to.equal('%PDF-');
    // A4, more than one.
    expect(pdf.toString('latin1').match(/\/MediaBox \[0 0 59\d\S* 84\d\S*\]/g)?.length).to.be.above(3);
  });

  it('on paper: a page without answers has a place for them, and nothing of answers or hints, unfolded or not', async () => {
    await write('student.html', 'en', '3', false);
    await page.emulateMedia({ media: null });
    await open('student.html');
    await page.getByRole('button', { name: 'Unfold everything' }).click();
    await page.emulateMedia({ media: 'print' });
    expect(await isSeen('p.question')).to.equal(true);
    const text = await page.evaluate<string>('document.body.innerText');
    expect(text)
      .to.include('1.1 Question')
      .and.not.match(/Answers|Hint 1|nobody watching/);
  });

  it('on paper: no line of code is cut, and none is broken but at a space or in a word that fits on no line', async () => {
    await write('12.html', 'fr', '12');
    await write('7b.html', 'en', '7b');
    await handbookPage();
    // A4 without its margins.
    await page.setViewportSize({ width: 672, height: 1000 });
    await page.emulateMedia({ media: 'print' });
    for (const name of ['en.html', 'fr.html', '12.html', '7b.html', 'handbook.html']) {
      await open(name);
      const count = (selector: string, test: string) =>
        page.evaluate<string[]>(
          `[...document.querySelectorAll('${selector}')].filter((part) => ${test}).map((part) => part.textContent)`,
        );
      expect((await count('pre code > span', 'part.offsetWidth > 0')).length, name).to.be.above(10);
      expect(await count('pre code > span', 'part.scrollWidth > part.clientWidth'), name).to.deep.equal([]);
      expect(await count('.word', 'part.getClientRects().length > 1'), name).to.deep.equal([]);
      expect(await page.evaluate('document.documentElement.scrollWidth'), name).to.be.at.most(672);
    }
    await page.setViewportSize({ width: 1100, height: 900 });
    await page.emulateMedia({ media: null });
  });
});

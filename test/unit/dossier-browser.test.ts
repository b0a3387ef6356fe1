import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { ROOT } from '../../tasks/base/paths.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import { compareDossier } from '../../tasks/exercises/dossier/compare.ts';
import { comparedAlarms, comparedPart } from '../../tasks/exercises/dossier/compared.ts';
import { readDossier } from '../../tasks/exercises/dossier/read.ts';
import { renderDossier } from '../../tasks/exercises/dossier/render.ts';
import { dossierParts } from '../../tasks/exercises/dossier/view.ts';
import { readRoles } from '../../tasks/roles/roles.ts';
import { browserNote, chromiumProgram, listenTo, openBrowser, violationsOf } from './helpers/browser.ts';
import { topology } from './helpers/facts.ts';
import { recorded } from './report/recorded.ts';

describe(`the page of a dossier: in a browser${browserNote}`, () => {
  let browser: Browser;
  let page: Page;
  let folder = '';
  const problems: string[] = [];
  const asked: string[] = [];

  before(async function () {
    if (!chromiumProgram) this.skip();
    setLanguage('fr');
    folder = mkdtempSync(join(tmpdir(), 'dossier-'));
    const { dossier } = readDossier(join(ROOT, 'labs/00-exercise/model.yaml'));
    // A promise that the recorded drill broke.
    Object.assign(dossier.hardware.lb2 ?? {}, { outage: 0.2 });
    const seen = { topology, roles: readRoles(ROOT), status: undefined, drills: [recorded().result] };
    const rows = compareDossier(dossier, seen);
    const parts = [comparedPart(rows), ...dossierParts(dossier, ['x'], comparedAlarms(rows))];
    const file = join(folder, 'dossier.html');
    writeFileSync(file, await renderDossier(ROOT, { title: 'Dossier', parts }));
    browser = await openBrowser();
    page = await browser.newPage();
    listenTo(page, { problems, asked });
    await page.goto(pathToFileURL(file).href);
  });
  after(async () => {
    setLanguage('en');
    await browser?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  it('opens without an error, asks for nothing but itself, and shows both pictures', async () => {
    expect(problems).to.deep.equal([]);
    expect(asked.filter((url) => !url.startsWith('data:'))).to.have.length(1);
    const widths = await page.evaluate('[...document.images].map((image) => image.naturalWidth)');
    expect(widths).to.have.length(2);
    for (const width of widths as number[]) expect(width).to.be.above(500);
    expect(await page.locator('td.wrong').allTextContents()).to.deep.equal(['FAUX']);
  });

  it('fits a narrow window, and can be read with a keyboard and a screen reader in light and dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width: 360, height: 700 });
      expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(360);
      await page.setViewportSize({ width: 1200, height: 900 });
      expect(await violationsOf(page), colorScheme).to.deep.equal([]);
    }
  });

  it('on paper: A4, its wide tables across, and nothing is cut', async () => {
    await page.emulateMedia({ media: 'print' });
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    expect(pdf.match(/\/MediaBox \[0 0 59\d\S* 84\d\S*\]/g)?.length).to.be.above(1);
    expect(pdf.match(/\/MediaBox \[0 0 84\d\S* 59\d\S*\]/g)?.length).to.be.above(0);
    // A4 across, without its margins: the widest table is there.
    await page.setViewportSize({ width: 1000, height: 700 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(1000);
    await page.emulateMedia({ media: null });
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { browserNote } from './helpers/browser.ts';
import { recorded } from './report/recorded.ts';
import { atRest } from './studio/made.ts';
import { drillSteps, failoverSteps, following } from './studio/made-drill.ts';
import { stage } from './studio/stage.ts';

describe(`studio: a drill as it happens, in a browser${browserNote}`, function () {
  // A busy computer: the browser is a heavy program.
  this.timeout(120_000);
  const on = stage();
  const rest = atRest();
  const all = following(rest, drillSteps(), failoverSteps());
  let folder = '';
  let file = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'export-'));
    file = join(folder, 'failover.html');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const { fault, undone } = recorded().result.times;
  const upTo = (seconds: number) => all.filter(({ t }) => t < (all[0]?.t ?? 0) + seconds * 1000);
  const lane = (kind: string) => on.page.locator(`[data-lane="${kind}"]`);

  it('shows requests as they come, the fault with what was predicted, then outages and the verdict', async () => {
    await on.open();
    expect(await on.page.locator('.outage').count()).to.equal(0);
    const [early, more] = [upTo(8), upTo(fault + 12)];
    await on.tell(early);
    await lane('row').waitFor();
    const drawn = async () => (await lane('row').locator('.served').getAttribute('d'))?.length ?? 0;
    const first = await drawn();
    expect(await lane('row').locator('.predicted').count()).to.equal(0);
    await on.tell(more.slice(early.length));
    await lane('row').locator('.predicted').waitFor({ state: 'attached' });
    await on.page.getByText('the fault lasts').waitFor();
    expect(await drawn()).to.be.above(first);
    expect(await lane('page.new').locator('svg').getAttribute('aria-label')).to.contain('longest outage');
    await on.tell(all.slice(more.length));
    await on.page.locator('.verdict.fail').waitFor();
    expect(await on.page.locator('.outage').textContent())
      .to.contain('load-balancer, outage')
      .and.to.contain('0.8 s');
    expect(await on.page.locator('[role=log]').textContent()).to.contain('drill: FAILED');
    expect(await on.violations()).to.deep.equal([]);
    await on.page.emulateMedia({ colorScheme: 'dark' });
    expect(await on.violations()).to.deep.equal([]);
    for (const [width, height] of [
      [1280, 720],
      [1024, 768],
      [820, 1180],
    ] as const) {
      await on.page.setViewportSize({ width, height });
      expect(await on.page.evaluate('document.documentElement.scrollWidth')).to.equal(width);
    }
    await on.page.locator('.outage').getByRole('button', { name: 'Close' }).click();
    await on.page.locator('.outage').waitFor({ state: 'detached' });
    expect(on.problems).to.deep.equal([]);
  });

  it('a recording is one file that opens by itself, with nothing from elsewhere, whatever stands in it', async () => {
    const events = [...rest, ...all];
    const last = events.at(-1);
    const evil = '</script><script>document.title = "evil"</script>';
    if (last)
      events.push({
        ...{ seq: last.seq + 1, t: last.t, machine: 'lb1', source: 'journal', what: 'said' },
        ...{ code: 'resource', text: evil },
      });
    await on.write(file, events);
    await on.page.goto(pathToFileURL(file).href);
    await on.card('lb1').waitFor();
    await on.page.getByRole('slider', { name: 'Moment' }).fill('400');
    await on.page.locator('.verdict.fail').waitFor();
    expect(await on.page.locator('[role=log]').textContent()).to.contain(evil);
    expect(await on.page.title()).to.equal('Lab');
    expect(on.asked.filter((url) => !/^(file|data):/.test(url))).to.deep.equal([]);
    expect(on.problems).to.deep.equal([]);
  });

  it('is in a recording, at any moment of it', async () => {
    await on.studio.close();
    await on.serve({ recording: [...rest, ...all] });
    await on.open();
    const slider = on.page.getByRole('slider', { name: 'Moment' });
    await slider.fill(String(2 + (undone ?? 0) + 10));
    await on.page.getByText('full redundancy is waited for').first().waitFor();
    await slider.fill('8');
    await on.page.getByText('visitors measure before the fault').first().waitFor();
    await slider.fill('0');
    await on.page.locator('.outage').waitFor({ state: 'detached' });
    expect(on.problems).to.deep.equal([]);
  });
});

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { poll } from '../../tasks/base/poll.ts';
import { waitByProgress } from '../../tasks/base/progress-wait.ts';
import type { Engine } from '../../tasks/engines/engine.ts';
import { openEngine } from '../../tasks/environment/open-engine.ts';
import { existingEnvironment } from '../../tasks/environment/record.ts';
import { timeoutFactorOf } from '../../tasks/roles/timers.ts';
import { browserNote, chromiumProgram, listenTo, openBrowser } from '../unit/helpers/browser.ts';
import { lab } from './run.ts';
import { sharedLab } from './shared.ts';
import { going, linkOf, picture } from './studio-page.ts';

const FRONT = '10.0.2.10';
/** ms that anything in the page may take on a quick computer: a machine that boots, too. */
const PATIENCE = 120_000;
const SIZE = { width: 1280, height: 720 };

/** Tests of the page on a complete lab that runs; they leave it complete. */
export function studioTests(name: string): void {
  const { problems } = sharedLab(name);
  const test = chromiumProgram ? it : it.skip;

  test(`the power of the front is cut in the page, seen, undone, recorded, replayed and exported${browserNote}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lab-studio-'));
    const recording = join(folder, 'failover.ndjson');
    const environment = await existingEnvironment(name);
    const patience = PATIENCE * timeoutFactorOf(environment);
    const engine = await openEngine(environment);
    const browser = await openBrowser();
    const recorder = going(['watch', '--name', name, '--record', recording, '--json']);
    const studio = going(['studio', '--name', name, '--no-open']);
    try {
      await recorder.line(/"what":"snapshot"/);
      const seen = { problems: [] as string[], asked: [] as string[] };
      const page = await pageOf(browser, patience, seen);
      await page.goto(await linkOf(studio));
      const { victim, other } = await cutAndUndo(page, (machine, back) =>
        returns(engine, machine, back, patience / 1000),
      );
      expect(seen.problems).to.deep.equal([]);
      expect(await problems()).to.deep.equal([]);
      expect(await recorder.end()).to.equal(0);
      expect(await studio.end()).to.equal(0);
      console.log(
        `      ${victim} cut, ${other} took the address; ${statSync(recording).size >> 10} KiB recorded`,
      );
      await replays(await pageOf(browser, patience), { name, recording, victim, other });
      await opensAlone(browser, patience, { recording, file: join(folder, 'failover.html'), victim, other });
    } finally {
      await browser.close();
      await recorder.end();
      await studio.end();
      // Whatever became of the page: others use the lab.
      await lab(['fault', '--undo', '--name', name]);
      rmSync(folder, { recursive: true });
    }
  });
}

/** A new page of a reader who wishes that nothing moves. */
async function pageOf(
  browser: Browser,
  patience: number,
  heard = { problems: [] as string[], asked: [] as string[] },
  offline = false,
): Promise<Page> {
  const context = await browser.newContext({
    locale: 'en-GB',
    viewport: SIZE,
    reducedMotion: 'reduce',
    offline,
  });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  listenTo(page, heard);
  return page;
}

/** Cuts the power of who holds the front address as a reader does, sees it move, and has it undone. */
async function cutAndUndo(
  page: Page,
  wait: (machine: string, back: () => Promise<boolean>) => Promise<void>,
): Promise<{ victim: string; other: string }> {
  const { card, machine, held, holder, log } = picture(page);
  await card('lb1').waitFor();
  for (const one of ['lb1', 'lb2']) await machine(one, 'running');
  const victim = await poll(() => holder(FRONT), Boolean, { every: 0.1, seconds: 60 });
  expect(victim).to.be.oneOf(['lb1', 'lb2']);
  const other = victim === 'lb1' ? 'lb2' : 'lb1';
  // Chosen in the picture, then broken.
  await card(victim).click();
  await page.getByRole('button', { name: 'Break something' }).click();
  await page.getByLabel('Fault').selectOption('power');
  await page.locator('.forecast .figure').first().waitFor();
  expect(await page.locator('.forecast').textContent())
    .to.contain(`power of ${victim} cut`)
    .and.to.contain('advert');
  await page.getByRole('button', { name: 'Break and leave' }).click();
  await machine(victim, 'off');
  await held(FRONT, other);
  const undo = page.getByRole('button', { name: 'Undo all' });
  await undo.waitFor();
  expect(await log())
    .to.contain(`${victim} is off`)
    .and.to.contain(`${other} holds ${FRONT}`)
    .and.to.contain(`fault: power of ${victim} cut`);
  // The command that broke it must have ended before another one may begin.
  const atWork = () => page.getByText('at work:').first();
  await atWork().waitFor({ state: 'detached' });
  await undo.click();
  await wait(
    victim,
    async () => (await card(victim).and(page.locator('[aria-label*="running"]')).count()) > 0,
  );
  await undo.waitFor({ state: 'detached' });
  await atWork().waitFor({ state: 'detached' });
  await page.locator('[role=log]').getByText(`fault undone: power of ${victim} cut`).waitFor();
  return { victim, other };
}

/** Resolves when a machine is back, which may take as long as it boots: `stall` seconds without any progress are too long. */
async function returns(
  engine: Engine,
  machine: string,
  back: () => Promise<boolean>,
  stall: number,
): Promise<void> {
  const { why } = await waitByProgress({
    check: async () => (await back()) || undefined,
    progress: async () => engine.progressOf?.({ name: machine }),
    ...{ stall, end: 10 * stall, every: 0.25 },
  });
  expect(why, `${machine} is back`).to.equal('done');
}

interface Recorded {
  recording: string;
  victim: string;
  other: string;
}

/** The moments of a recording at which what the test did is to be seen; seconds from its beginning. */
function momentsOf({ recording, victim, other }: Recorded): { before: number; lost: number; after: number } {
  const events = readFileSync(recording, 'utf8')
    .trim()
    .split('\n')
    .map(
      (line) => JSON.parse(line) as { t: number; machine: string; what: string } & Record<string, unknown>,
    );
  const begun = events[0]?.t ?? 0;
  const at = (match: (event: (typeof events)[number]) => boolean) =>
    ((events.find(match)?.t ?? Number.NaN) - begun) / 1000;
  const off = at(({ machine, what, power }) => machine === victim && what === 'power' && power === 'off');
  const taken = at(
    ({ machine, what, address }) => machine === other && what === 'address-added' && address === FRONT,
  );
  expect(off, 'the recording has the cut').to.be.above(0);
  expect(taken, 'and the move after it').to.be.above(off);
  // A second before it everybody is heard; at the recording's beginning the machines have not said anything yet.
  return {
    before: Math.max(off - 1, off / 2),
    lost: taken + 0.2,
    after: ((events.at(-1)?.t ?? 0) - begun) / 1000,
  };
}

async function replays(page: Page, recorded: Recorded & { name: string }): Promise<void> {
  const replay = going(['studio', '--name', recorded.name, '--no-open', '--replay', recorded.recording]);
  try {
    await page.goto(await linkOf(replay));
    await scrub(page, recorded);
    expect(await page.getByRole('button', { name: 'Break something' }).count()).to.equal(0);
  } finally {
    await replay.end();
  }
}

/** Goes through a recording: before, at the loss, at the end, and once as fast as it was. */
async function scrub(page: Page, recorded: Recorded): Promise<void> {
  const { victim, other } = recorded;
  const { machine, held } = picture(page);
  const { before, lost, after } = momentsOf(recorded);
  const slider = page.getByRole('slider', { name: 'Moment' });
  await slider.fill(before.toFixed(1));
  await held(FRONT, victim);
  await slider.fill(lost.toFixed(1));
  await machine(victim, 'off');
  await held(FRONT, other);
  await slider.fill(after.toFixed(1));
  await machine(victim, 'running');
  await slider.fill(Math.max(0, lost - 2).toFixed(1));
  await page.getByRole('button', { name: 'Play' }).click();
  await held(FRONT, other);
}

/** The recording as one file, in a browser without a network. */
async function opensAlone(
  browser: Browser,
  patience: number,
  recorded: Recorded & { file: string },
): Promise<void> {
  const written = await lab(['studio', '--replay', recorded.recording, '--export', recorded.file]);
  expect(written.code, written.output).to.equal(0);
  const heard = { problems: [] as string[], asked: [] as string[] };
  const page = await pageOf(browser, patience, heard, true);
  const url = pathToFileURL(recorded.file).href;
  await page.goto(url);
  await scrub(page, recorded);
  expect(heard.asked.filter((asked) => asked !== url && !asked.startsWith('data:'))).to.deep.equal([]);
  expect(heard.problems).to.deep.equal([]);
}

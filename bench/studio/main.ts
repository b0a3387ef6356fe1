// npm run bench -- --studio [--lab NAME] [--only paint,server,pixel,cut,cost,drills] [--samples N] [--rounds N] [--seconds N] [--pairs N] [--json]
// What the live page costs and how late it is, on a lab of its own, or on one that runs: --lab. It takes Chromium. The lab's client is
// stopped and started again, the front address moves, and drills cut the power of its holder: a lab that others use is no lab for this.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { environmentFolder } from '../../tasks/base/paths.ts';
import { openEngine } from '../../tasks/environment/open-engine.ts';
import { existingEnvironment } from '../../tasks/environment/record.ts';
import { lab } from '../../test/e2e/run.ts';
import { type Going, going, linkOf } from '../../test/e2e/studio-page.ts';
import { openBrowser } from '../../test/unit/helpers/browser.ts';
import { load } from '../meter.ts';
import { costOfServer, costOfWatching } from './cost.ts';
import { pairedDrills } from './drills.ts';
import { pause, type Row } from './measure.ts';
import { paint } from './paint.ts';
import { cutToPixel, journalToPixel, moveToPixel, powerToPixel } from './pixel.ts';

const PARTS = ['paint', 'server', 'pixel', 'cut', 'cost', 'drills'] as const;
type Part = (typeof PARTS)[number];
const OWN = 'bench';
/** Seconds after which a page and its server do nothing more for having been opened. */
const SETTLE = 10;
const note = (line: string) =>
  console.error(`${new Date().toISOString().slice(11, 19)} load ${load()} ${line}`);

/** The page of a lab, open in a browser. */
interface Open {
  studio: Going;
  page: Page;
}

async function opened(browser: Browser, name: string): Promise<Open> {
  const studio = going(['studio', '--name', name, '--no-open']);
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 720 } })).newPage();
  await page.goto(await linkOf(studio));
  await page.waitForSelector('[data-machine=client][aria-label*="running"]', { timeout: 120_000 });
  return { studio, page };
}

async function closed({ studio, page }: Open): Promise<void> {
  await page.context().close();
  await studio.end();
}

/** The lab's watcher, a process of its own. */
function watcherOf(name: string): number | undefined {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .map(Number)
    .find((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words.includes('--serve') && words.includes('watch') && words.includes(name);
      } catch {
        return false;
      }
    });
}

/** Each link that a server prints counts once: a new server for each time. */
async function paints(browser: Browser, name: string, times: number): Promise<Row[]> {
  // The watcher stays while somebody looks: it is there before the page is.
  const watch = going(['watch', '--name', name, '--json']);
  await watch.line(/"what":"snapshot"/);
  let studio: Going | undefined;
  try {
    return await paint(
      browser,
      async () => {
        await studio?.end();
        studio = going(['studio', '--name', name, '--no-open']);
        const link = await linkOf(studio);
        await pause(1000);
        return link;
      },
      times,
    );
  } finally {
    await studio?.end();
    await watch.end();
  }
}

export async function studioBench(args: string[]): Promise<void> {
  const { values: options } = parseArgs({
    args,
    options: {
      studio: { type: 'boolean' },
      lab: { type: 'string' },
      only: { type: 'string', default: PARTS.join() },
      samples: { type: 'string', default: '40' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '30' },
      pairs: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
    },
  });
  const only = options.only.split(',') as Part[];
  if (only.some((part) => !PARTS.includes(part))) throw new Error(`--only takes ${PARTS.join(', ')}`);
  const name = options.lab ?? OWN;
  if (options.lab && !existsSync(environmentFolder(name))) throw new Error(`There is no lab named ${name}.`);
  const loadBefore = load();
  if (!options.lab) {
    const up = await lab(['up', '--name', OWN, '--yes', '--engine', 'uml', '--app', 'sample']);
    if (up.code !== 0) throw new Error(up.output);
  }
  const environment = await existingEnvironment(name);
  const engine = await openEngine(environment);
  const samples = Number(options.samples);
  const rows: Row[] = [];
  const browser = await openBrowser();
  try {
    if (only.includes('paint')) rows.push(...(await paints(browser, name, 11)));
    if (['server', 'pixel', 'cut'].some((part) => only.includes(part as Part))) {
      const open = await opened(browser, name);
      await pause(SETTLE * 1000);
      if (only.includes('server'))
        rows.push(...(await costOfServer(open.studio.pid, watcherOf(name), Number(options.seconds) * 2)));
      const bench = { page: open.page, engine, topology: environment.topology, samples, note };
      if (only.includes('pixel')) {
        rows.push(await powerToPixel(bench));
        rows.push(await journalToPixel(bench));
        rows.push(await moveToPixel({ ...bench, samples: Math.ceil(samples / 2) }));
      }
      if (only.includes('cut'))
        rows.push(
          await cutToPixel(bench, Math.ceil(samples / 8), () => lab(['up', 'client', '--name', name])),
        );
      await closed(open);
    }
    if (only.includes('cost'))
      rows.push(
        ...(await costOfWatching(name, engine, {
          ...{ rounds: Number(options.rounds), seconds: Number(options.seconds), note },
        })),
      );
    if (only.includes('drills'))
      rows.push(
        ...(await pairedDrills(
          name,
          Number(options.pairs),
          async (work) => {
            const open = await opened(browser, name);
            try {
              return await work();
            } finally {
              await closed(open);
            }
          },
          note,
        )),
      );
  } finally {
    await browser.close();
    if (!options.lab) await lab(['destroy', '--name', OWN, '--yes']);
  }
  const date = new Date().toISOString().slice(0, 10);
  const told = { date, processors: cpus().length, loadBefore, loadAfter: load(), rows };
  if (options.json) return console.log(JSON.stringify(told, null, 2));
  console.log(`${told.processors} processors, load ${loadBefore} before and ${told.loadAfter} after.\n`);
  console.log('| what | target | measured | kept | how |\n|---|---|---|---|---|');
  for (const { what, target, found, kept, how } of rows)
    console.log(`| ${what} | ${target} | ${found} | ${kept ? 'yes' : 'no'} | ${how} |`);
}

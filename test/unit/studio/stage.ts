import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { describe as describeLab } from '../../../tasks/architecture/describe.ts';
import { machinesPlaces } from '../../../tasks/architecture/machines.ts';
import { readRoles } from '../../../tasks/roles/roles.ts';
import type { Acts } from '../../../tasks/studio/acts.ts';
import type { Parts } from '../../../tasks/studio/answers.ts';
import { assetsOf } from '../../../tasks/studio/assets.ts';
import { exportedPage } from '../../../tasks/studio/export.ts';
import { Feed } from '../../../tasks/studio/feed.ts';
import { type Studio, startStudio } from '../../../tasks/studio/server.ts';
import { loadTopology } from '../../../tasks/topology/load.ts';
import type { LabEvent } from '../../../tasks/watch/model/event.ts';
import { chromiumProgram, listenTo, openBrowser, violationsOf } from '../helpers/browser.ts';
import { atRest, plan } from './made.ts';

const root = join(import.meta.dirname, '../../..');
type Build = (root: string) => Promise<{ contents: Uint8Array }>;
export const { buildPage, buildTerminal } = (await import(
  pathToFileURL(join(root, 'bin/build.js')).href
)) as {
  buildPage: Build;
  buildTerminal: Build;
};

/** Where the machines of the lab stand in its picture. */
export async function placesOf() {
  const lab = describeLab(await loadTopology('seven', root), readRoles(root));
  return { en: machinesPlaces(lab, 'en', 'wide', 44), fr: machinesPlaces(lab, 'fr', 'wide', 44) };
}

/** A studio of a lab at rest with a page of it in a browser, a new one for each test. */
export interface Stage {
  context: BrowserContext;
  page: Page;
  studio: Studio;
  feed: Feed;
  /** What the page complained of, and what it asked for. */
  problems: string[];
  asked: string[];
  /** Opens the page. */
  open(link?: string): Promise<void>;
  tell(events: LabEvent[]): Promise<void>;
  /** Serves once more: with a recording instead of the lab, at another's port. */
  serve(how?: { recording?: LabEvent[]; port?: number }): Promise<void>;
  /** Writes a recording as one page. */
  write(file: string, recording: LabEvent[]): Promise<void>;
  /** What axe finds wrong, a line each. */
  violations(): Promise<string[]>;
  card(name: string): ReturnType<Page['locator']>;
  /** Resolves when a machine's label has these words. */
  label(name: string, words: string): Promise<void>;
}

/** Registers what makes a stage; `acts`: what its page may have done; `parts`: what its server has besides, with terminals for it. */
export function stage(acts: () => Acts | undefined = () => undefined, parts?: (feed: Feed) => Parts): Stage {
  let browser: Browser;
  let [script, terminal] = ['', ''];
  const own = {} as Stage;
  Object.assign(own, {
    open: async (link = own.studio.link()) => {
      await own.page.goto(link);
      await own.card('lb1').waitFor();
    },
    tell: async (events: LabEvent[]) => {
      for (const event of events) await own.feed.event(event);
    },
    serve: async ({ recording, port }: { recording?: LabEvent[]; port?: number } = {}) => {
      if (recording) {
        own.feed = new Feed(placesOf, { name: 'failover.ndjson', events: recording });
        await own.feed.lookAtPlaces(plan);
      }
      own.studio = await startStudio(
        ...([own.feed, assetsOf(root, script, terminal), port, acts()] as const),
        parts?.(own.feed),
      );
    },
    write: async (file: string, recording: LabEvent[]) =>
      writeFileSync(
        file,
        exportedPage(assetsOf(root, script), [
          { kind: 'places', places: await placesOf() },
          { kind: 'recording', name: 'failover.ndjson', events: recording },
        ]),
      ),
    violations: () => violationsOf(own.page),
    card: (name: string) => own.page.locator(`[data-machine=${name}]`),
    label: (name: string, words: string) =>
      own.page.locator(`[data-machine=${name}][aria-label*="${words}"]`).waitFor(),
  } satisfies Partial<Stage>);

  before(async function () {
    if (!chromiumProgram) this.skip();
    script = Buffer.from((await buildPage(root)).contents).toString();
    if (parts) terminal = Buffer.from((await buildTerminal(root)).contents).toString();
    // Names that somebody else makes lead to this computer.
    browser = await openBrowser('--host-resolver-rules=MAP evil.test 127.0.0.1');
  });
  after(async () => browser?.close());
  beforeEach(async () => {
    own.problems = [];
    own.asked = [];
    own.feed = new Feed(placesOf);
    await own.serve();
    own.context = await browser.newContext({
      locale: 'en-GB',
      viewport: { width: 1280, height: 720 },
      reducedMotion: 'reduce',
    });
    own.context.setDefaultTimeout(60_000);
    own.page = await own.context.newPage();
    listenTo(own.page, own);
    await own.tell(atRest());
  });
  afterEach(async () => {
    await own.context?.close();
    await own.studio?.close();
  });
  return own;
}

// Makes the pictures of docs/studio.md anew, in Chromium, from the streams that the tests of the page have.
//
//     npx tsx bin/studio-pictures.ts
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { describe } from '../tasks/architecture/describe.ts';
import { machinesPlaces } from '../tasks/architecture/machines.ts';
import { messageOf } from '../tasks/base/errors.ts';
import type { Language, Text } from '../tasks/base/text.ts';
import { readRoles } from '../tasks/roles/roles.ts';
import type { Acts } from '../tasks/studio/acts.ts';
import { assetsOf } from '../tasks/studio/assets.ts';
import { Feed } from '../tasks/studio/feed.ts';
import { LabStudy } from '../tasks/studio/lab-study.ts';
import type { Checks } from '../tasks/studio/page/protocol.ts';
import { WORDS } from '../tasks/studio/page/words.ts';
import { startStudio } from '../tasks/studio/server.ts';
import { LabShells } from '../tasks/studio/shells.ts';
import { loadTopology } from '../tasks/topology/load.ts';
import type { LabEvent } from '../tasks/watch/model/event.ts';
import { after, atRest, CUT, LOSS, plan } from '../test/unit/studio/made.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'docs/pictures');
const SIZE = { width: 1280, height: 720 };

type Build = (root: string) => Promise<{ contents: Uint8Array }>;
const { buildPage, buildTerminal } = (await import(pathToFileURL(join(root, 'bin/build.js')).href)) as {
  buildPage: Build;
  buildTerminal: Build;
};
const textOf = async (build: Build) => Buffer.from((await build(root)).contents).toString();
const assets = assetsOf(root, await textOf(buildPage), await textOf(buildTerminal));

const described = describe(await loadTopology('seven', root), readRoles(root));
const placesOf = async () => ({
  en: machinesPlaces(described, 'en', 'wide', 44),
  fr: machinesPlaces(described, 'fr', 'wide', 44),
});

const rest = atRest();
/** The holder of the addresses loses its power; then the cable of a database is cut. */
const loss = after(rest, LOSS);
const events: LabEvent[] = [...rest, ...loss, ...after([...rest, ...loss], CUT)];
const [first] = events;

/** What a terminal on the client shows: what lab 04 has both load balancers asked for. */
const TYPED = `\x1b]7777;/dev/pts/0\x1b\\\x1b[?2004hroot@client:~# for lb in lb1 lb2; do curl -s -o /dev/null -w '%{http_code} %{redirect_url}\\n' http://$lb/; done\r\n307 https://lb1/\r\n307 https://lb2/\r\nroot@client:~# `;

/** It only shows: there is nothing to be done to a recording. */
const acts: Acts = {
  offer: {
    targets: [{ kind: 'power', machine: 'lb1' }],
    holders: [],
    door: { lab: 'lab', exists: true, topologies: ['seven'], labs: ['04'], continues: {} },
  },
  predict: () => Promise.reject(new Error('nothing is predicted')),
  begin: () => false,
};
const CHECKS: Checks = {
  ...{ lab: '04', running: true, at: first?.t ?? 0 },
  steps: [
    { id: '04.1', outcome: 'passed', missing: [] },
    {
      ...{ id: '04.2', outcome: 'failed' },
      missing: [
        {
          title: { en: 'keepalived runs on lb2', fr: 'keepalived tourne sur lb2' },
          expected: { en: 'keepalived active', fr: 'keepalived actif' },
          found: { en: 'inactive', fr: 'inactif' },
        },
      ],
    },
  ],
};

interface Shown {
  name: string;
  dark?: boolean;
  french?: boolean;
  /** How many events have happened; the whole recording is replayed without it. */
  until?: number;
  size?: { width: number; height: number };
  act?: (page: Page, feed: Feed) => Promise<void>;
}

/** Guide, checks and a terminal beside the picture. */
function besides(language: Language): Shown {
  const word = (text: Text) => text[language];
  return {
    ...{ name: `studio-guide.${language}`, french: language === 'fr', until: rest.length },
    size: { width: 1600, height: 900 },
    act: async (page, feed) => {
      await page.getByRole('button', { name: word(WORDS.guide) }).click();
      await page.locator('.guide select').selectOption('04');
      feed.keep({ kind: 'checks', checks: CHECKS });
      await page.locator('[data-step="04.2"] .found').waitFor();
      await page.getByRole('button', { name: word(WORDS.terminals) }).click();
      await page.getByRole('combobox', { name: word(WORDS.newTerminal) }).selectOption('client');
      await page.locator('.xterm-rows', { hasText: '307 https://lb2/' }).waitFor();
      await page.locator('[data-step="04.2"]').evaluate((step) => step.scrollIntoView());
    },
  };
}

const SHOWN: Shown[] = [
  { name: 'studio-rest', until: rest.length },
  { name: 'studio-loss-dark', dark: true, until: rest.length + loss.length },
  besides('en'),
  besides('fr'),
  {
    name: 'studio-replay-dark',
    dark: true,
    act: async (page) => {
      await page.getByRole('slider').fill('11');
      await page.getByRole('slider').blur();
    },
  },
];

async function picture(
  browser: Browser,
  { name, dark, french, until, size = SIZE, act }: Shown,
): Promise<void> {
  const recording = until === undefined ? { name: 'failover.ndjson', events } : undefined;
  const feed = new Feed(placesOf, recording);
  if (recording) await feed.lookAtPlaces(plan);
  const shells = new LabShells(
    async () => ({
      start: () => [
        process.execPath,
        '-e',
        `process.stdout.write(${JSON.stringify(TYPED)}); process.stdin.resume()`,
      ],
      run: async () => undefined,
    }),
    (all) => feed.keep({ kind: 'shells', shells: all }),
  );
  const studio = await startStudio(feed, assets, 0, recording ? undefined : acts, {
    ...(recording ? {} : { study: new LabStudy('pictures'), shells }),
  });
  for (const event of events.slice(0, until ?? 0)) await feed.event(event);
  const context = await browser.newContext({
    ...{ viewport: size, colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' },
  });
  try {
    const page = await context.newPage();
    await page.goto(studio.link());
    await page.locator('[data-machine=lb1]').waitFor();
    if (french) await page.getByRole('button', { name: 'Français' }).click();
    await act?.(page, feed);
    // What moves has come to rest.
    await page.waitForTimeout(1000);
    const session = await context.newCDPSession(page);
    const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 85 });
    writeFileSync(join(folder, `${name}.webp`), Buffer.from(data, 'base64'));
    console.log(`docs/pictures/${name}.webp`);
  } finally {
    await context.close();
    shells.end();
    await studio.close();
  }
}

mkdirSync(folder, { recursive: true });
try {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  for (const shown of SHOWN) await picture(browser, shown);
  await browser.close();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { ROOT } from '../../../tasks/base/paths.ts';
import { poll } from '../../../tasks/base/poll.ts';

const BROWSERS = [
  process.env.CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** Chromium of this computer; undefined where there is none, and tests with it are skipped. */
export const chromiumProgram = BROWSERS.find((name) => name !== '' && existsSync(name));

/** What a test's title says where it is skipped. */
export const browserNote = chromiumProgram
  ? ''
  : ' (skipped: no Chromium on this computer; CHROMIUM names one)';

/** Starts Chromium, which asks nothing of the network by itself; `more`: arguments of its own. Throws where there is none. */
export async function openBrowser(...more: string[]): Promise<Browser> {
  if (!chromiumProgram) throw new Error('no Chromium');
  const { chromium } = await import('playwright-core');
  return chromium.launch({
    executablePath: chromiumProgram,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
      ...more,
    ],
  });
}

/** Writes down what a page says of its troubles, and every address that it asks for. */
export function listenTo(page: Page, { problems, asked }: { problems: string[]; asked: string[] }): void {
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => asked.push(request.url()));
}

/**
 * Resolves when an expression is true in the page; throws where it does not become true. Playwright's own `waitForFunction`
 * asks again from within the page, where the policy of a page that takes no string as code forbids it.
 */
export async function untilTrue(page: Page, expression: string): Promise<void> {
  const seconds = 60;
  const found = await poll(() => page.evaluate<boolean>(expression), Boolean, { every: 0.05, seconds });
  if (!found) throw new Error(`not true in the page within ${seconds} s: ${expression}`);
}

/** What axe finds wrong in a page as it is now, a line each. It runs beside the page, which may allow no script but its own. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8'));
  return page.evaluate<string[]>(
    `axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ' ' + html.slice(0, 120))))`,
  );
}

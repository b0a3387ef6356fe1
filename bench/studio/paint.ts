import type { Browser } from 'playwright-core';
import { ms, quantile, type Row } from './measure.ts';

/**
 * From the link to the first paint, and until every machine stands there and can be chosen: in a browser that has nothing of the page yet.
 * `link`: makes one for each time.
 */
export async function paint(browser: Browser, link: () => Promise<string>, times: number): Promise<Row[]> {
  const [first, ready]: [number[], number[]] = [[], []];
  for (let count = 0; count < times; count += 1) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
    const page = await context.newPage();
    await page.addInitScript(`
      new MutationObserver((_, observer) => {
        if (document.querySelectorAll('[data-machine]').length === 0) return;
        observer.disconnect();
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => { window.ready = performance.now(); };
          port2.postMessage(0);
        });
      }).observe(document, { subtree: true, childList: true });
    `);
    await page.goto(await link());
    await page.waitForSelector('[data-machine=lb1]');
    let at: number | undefined;
    while (at === undefined) {
      await page.waitForTimeout(50);
      at = await page.evaluate<number | undefined>('window.ready');
    }
    ready.push(at);
    first.push(
      await page.evaluate<number>(
        `performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN`,
      ),
    );
    await context.close();
  }
  // The first one pays for what the browser itself makes ready.
  const of = (what: string, target: number, values: number[]): Row => ({
    ...{ what, target: `≤ ${target} ms`, kept: quantile(values, 0.5) <= target },
    found: `${ms(quantile(values, 0.5))} (p95 ${ms(quantile(values, 0.95))}, ${values.length} times)`,
    how: 'median; loopback, a new browser context each time',
  });
  return [of('first paint', 300, first.slice(1)), of('interactive', 500, ready.slice(1))];
}

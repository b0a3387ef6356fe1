import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { chromiumProgram, listenTo, untilTrue } from '../unit/helpers/browser.ts';
import type { TestCluster } from './cluster.ts';

/** Starts a browser of its own beside the controller of a cluster: there alone is a way to its front. */
export async function browserAt(cluster: TestCluster): Promise<Browser> {
  const { chromium } = await import('playwright-core');
  const program = join(cluster.folder, 'chromium.sh');
  const pid = await cluster.pidOf('ctl');
  writeFileSync(program, `#!/bin/sh\nexec nsenter -t ${pid} -n ${chromiumProgram} "$@"\n`);
  chmodSync(program, 0o755);
  return chromium.launch({
    executablePath: program,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
      `--host-resolver-rules=MAP ctl ${cluster.address}`,
    ],
  });
}

/** What the terminal in front shows, as an expression in its page. */
export const screen = `(document.querySelector('.screen:not([hidden]) .xterm-rows')?.innerText ?? '').replaceAll('\\u00a0', ' ')`;

/** Somebody in front of the page of a class. */
export class Person {
  readonly problems: string[] = [];
  readonly asked: string[] = [];

  /** All that the page was ever sent of terminals, over whatever streams. */
  heard = '';

  private constructor(readonly page: Page) {
    listenTo(page, this);
    page.on('websocket', (stream) => {
      if (!stream.url().includes('/shell/')) return;
      stream.on('framereceived', ({ payload }) => {
        if (typeof payload !== 'string') this.heard += payload.toString('latin1');
      });
    });
  }

  static async with(browser: Browser): Promise<Person> {
    const context = await browser.newContext({
      ...{ locale: 'en-GB', viewport: { width: 1280, height: 720 }, reducedMotion: 'reduce' },
      // The front's certificate is one that it made.
      ignoreHTTPSErrors: true,
    });
    context.setDefaultTimeout(90_000);
    return new Person(await context.newPage());
  }

  /** In front of a page that was opened otherwise. */
  static at(page: Page): Person {
    return new Person(page);
  }

  /** Opens a link until the picture of the lab is there. */
  async open(link: string): Promise<void> {
    await this.page.goto(link);
    await this.page.locator('[data-machine=lb1]').waitFor();
  }

  /** Opens a terminal on a machine, in front, with its prompt. */
  async terminal(machine: string, prompt: string): Promise<void> {
    const { page } = this;
    const terminals = page.getByRole('button', { name: 'Terminals', exact: true });
    if ((await terminals.getAttribute('aria-pressed')) !== 'true') await terminals.click();
    await page.getByRole('combobox', { name: 'new terminal' }).selectOption(machine);
    await page.getByRole('tab', { name: machine, selected: true }).first().waitFor();
    await untilTrue(page, `document.activeElement.closest('.screen:not([hidden])') !== null`);
    await this.shows(prompt);
  }

  /** Resolves when the terminal in front shows these words. */
  shows = (words: string) => untilTrue(this.page, `${screen}.includes(${JSON.stringify(words)})`);
  screen = () => this.page.evaluate<string>(screen);

  /** Types in the terminal in front, a key when the one before was echoed; ms from each key to its echo on the screen, sorted. */
  async echoes(count: number): Promise<number[]> {
    const { page } = this;
    await page.evaluate(`(() => {
      const rows = document.querySelector('.screen:not([hidden]) .xterm-rows');
      let [down, wanted, heard] = [0, '', () => undefined];
      document.addEventListener('keydown', () => { down = performance.now(); }, true);
      new MutationObserver(() => {
        if (wanted !== '' && rows.innerText.includes(wanted)) heard(performance.now() - down);
      }).observe(rows, { subtree: true, childList: true, characterData: true });
      window.echoOf = (text) => {
        window.echo = new Promise((resolve) => { heard = resolve; });
        wanted = text;
      };
    })()`);
    const times: number[] = [];
    for (let line = 0; times.length < count; line += 1) {
      let text = String(line);
      await page.keyboard.type(text);
      for (let at = 0; at < 30 && times.length < count; at += 1) {
        const key = 'abcdefghij'[at % 10] ?? 'a';
        text += key;
        await page.evaluate(`echoOf(${JSON.stringify(text)})`);
        await page.keyboard.press(key);
        times.push(await page.evaluate<number>('echo'));
        await page.waitForTimeout(30);
      }
      await page.keyboard.press('Control+u');
    }
    return times.sort((a, b) => a - b);
  }
}

export const quantile = (sorted: number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Page } from 'playwright-core';
import { ROOT } from '../../tasks/base/paths.ts';
import { poll } from '../../tasks/base/poll.ts';

/** A command of the kit that goes on until it is ended. */
export interface Going {
  /** The first line that it prints which matches. Throws where it ends without one. */
  line(match: RegExp): Promise<string>;
  /** Ends it as Ctrl-C does; resolves with its exit code. */
  end(): Promise<number | null>;
  pid: number;
}

export function going(args: string[]): Going {
  const child: ChildProcess = spawn(process.execPath, [join(ROOT, 'bin', 'lab.js'), ...args], {
    ...{ env: { ...process.env, LAB_LANG: 'en' }, cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  const lines: string[] = [];
  const said = (stream: ChildProcess['stdout']) =>
    stream && createInterface({ input: stream }).on('line', (line) => lines.push(line));
  said(child.stdout);
  said(child.stderr);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  return {
    pid: child.pid ?? 0,
    async line(match) {
      const find = () => lines.find((line) => match.test(line));
      await poll(find, (found) => found !== undefined || isOver(), { every: 0.05, seconds: 600 });
      const found = find();
      if (found === undefined) throw new Error(`lab ${args.join(' ')}: ${lines.join('\n')}`);
      return found;
    },
    end() {
      if (!isOver()) child.kill('SIGINT');
      return ended;
    },
  };
}

/** The link that `lab studio` prints. */
export const linkOf = (studio: Going): Promise<string> => studio.line(/^http:\/\/127\.0\.0\.1:\d+\/#code=/);

/** What a page shows of a lab, by the names that a screen reader has for it. */
export const picture = (page: Page) => ({
  card: (name: string) => page.locator(`[data-machine=${name}]`),
  /** Resolves when a machine's label has these words. */
  machine: (name: string, words: string) =>
    page.locator(`[data-machine=${name}][aria-label*="${words}"]`).waitFor(),
  /** Resolves when an address is held by exactly this machine. */
  held: (address: string, by: string) =>
    page.locator(`[data-address="${address}"][aria-label$="● ${by}"]`).waitFor(),
  /** Who holds an address by the page; empty: not exactly one. */
  holder: async (address: string): Promise<string> => {
    const label = await page.locator(`[data-address="${address}"]`).getAttribute('aria-label');
    return /● (\w+)$/.exec(label ?? '')?.[1] ?? '';
  },
  log: () => page.locator('[role=log]').textContent(),
});

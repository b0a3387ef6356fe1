import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { poll } from '../../tasks/base/poll.ts';
import { LabStudy } from '../../tasks/studio/lab-study.ts';
import { LabShells } from '../../tasks/studio/shells.ts';
import { browserNote, untilTrue } from './helpers/browser.ts';
import { fakeActs } from './studio/acts.ts';
import { stage } from './studio/stage.ts';

describe(`studio: terminals in the page${browserNote}`, function () {
  // A busy computer: the browser is a heavy program.
  this.timeout(120_000);
  /** Of every server that was there. */
  let all: LabShells[] = [];
  let sizes: string[];
  /** Until a machine has started. */
  let boots: Promise<void> | undefined;
  const on = stage(
    () => fakeActs(),
    (feed) => {
      sizes = [];
      const shells = new LabShells(
        async (machine) => {
          await boots;
          if (machine === 'db2') throw new LabError({ en: 'db2 is not running.', fr: 'db2 est éteinte.' });
          return {
            start: () => [process.execPath, join(import.meta.dirname, 'studio/shell.mjs')],
            run: async (command) => void sizes.push(command),
          };
        },
        (open) => feed.keep({ kind: 'shells', shells: open }),
      );
      all.push(shells);
      return { shells, study: new LabStudy('no-such-lab') };
    },
  );
  afterEach(() => {
    for (const shells of all) shells.end();
    all = [];
    boots = undefined;
  });
  const begin = () => on.page.getByRole('button', { name: 'Terminals' }).click();
  const more = (machine: string) =>
    on.page.getByRole('combobox', { name: 'new terminal' }).selectOption(machine);
  const tab = (name: string) => on.page.getByRole('tab', { name, exact: true });
  const screen = `(document.querySelector('.screen:not([hidden]) .xterm-rows')?.innerText ?? '').replaceAll('\\u00a0', ' ')`;
  const shows = (words: string) => untilTrue(on.page, `${screen}.includes(${JSON.stringify(words)})`);
  const read = () => on.page.evaluate<string>(screen);
  /** Resolves when a terminal is in front and takes what is typed. */
  const inFront = async (name: string) => {
    await on.page.getByRole('tab', { name, exact: true, selected: true }).waitFor();
    await untilTrue(on.page, `document.activeElement.closest('.screen:not([hidden])') !== null`);
    await shows('$');
  };
  /** A terminal on a machine, with its prompt. */
  const opened = async (machine = 'web1') => {
    await on.open();
    await begin();
    await more(machine);
    await inFront(machine);
  };

  it('what it is made of is loaded with the first one, from here, and the policy stays as it is', async () => {
    await on.open();
    expect(on.asked.some((url) => url.endsWith('terminal.js'))).to.equal(false);
    await begin();
    await more('web1');
    await shows('welcome');
    expect(on.asked.some((url) => url.endsWith('terminal.js'))).to.equal(true);
    // Colours of all kinds are drawn without what the policy forbids.
    await on.page.keyboard.type('a\r');
    await shows('ran <a>');
    expect(on.problems).to.deep.equal([]);
    await poll(() => sizes.at(-1) ?? '', Boolean, { every: 0.05, seconds: 30 });
    expect(sizes.at(-1)).to.match(/^stty -F \/dev\/pts\/3 cols \d+ rows \d+$/);
  });

  it('several on a machine, which survive a reload with what they show; one is ended by name', async () => {
    await opened();
    await on.page.keyboard.type('one\r');
    await shows('ran <one>');
    await more('web1');
    await inFront('web1 (2)');
    await on.page.keyboard.type('two\r');
    await shows('ran <two>');
    await on.page.reload();
    await shows('ran <two>');
    expect((await read()).match(/ran <two>/g)?.length).to.equal(1);
    await tab('web1 (1)').click();
    await shows('ran <one>');
    await on.page.getByRole('button', { name: 'End this one' }).click();
    await tab('web1').waitFor();
    await shows('ran <two>');
  });

  it('a program that fills the screen draws it again after a reload; a prompt is left alone', async () => {
    const redrawn = /rows (\d+); sleep [\d.]+; stty -F \/dev\/pts\/3 cols \d+ rows (\d+)$/;
    await opened();
    await on.page.reload();
    await shows('$');
    await on.page.getByRole('tab', { name: 'web1' }).click();
    await on.page.keyboard.press('Enter');
    await on.page.keyboard.type('full\r');
    await shows('full screen');
    expect(sizes.filter((command) => redrawn.test(command))).to.deep.equal([]);
    await on.page.reload();
    await shows('full screen');
    const [, less, rows] = await poll(
      () => sizes.map((command) => redrawn.exec(command)).find(Boolean) ?? [],
      ({ length }) => length > 0,
      { every: 0.05, seconds: 30 },
    );
    expect(Number(rows) - Number(less)).to.equal(1);
  });

  it('a server that is gone is said; another one has other terminals', async () => {
    await opened();
    await on.page.keyboard.type('one\r');
    await shows('ran <one>');
    const { port } = on.studio;
    await on.studio.close();
    await on.page.getByText('no connection to the kit: tried again').waitFor();
    await on.serve({ port });
    // Another server has other terminals: this page needs a new link, and says so.
    await on.page.getByText('new link').waitFor();
  });

  it('a connection that breaks off goes on where it was: nothing is lost or repeated', async () => {
    await on.page.addInitScript(`
      const sockets = (window.sockets = []);
      const Real = WebSocket;
      window.WebSocket = class extends Real { constructor(...all) { super(...all); sockets.push(this); } };
    `);
    await opened();
    await on.page.keyboard.type('one\r');
    await shows('ran <one>');
    await on.page.evaluate(`window.sockets.findLast(({ url }) => url.includes('/shell/')).close()`);
    await on.page.getByText('no connection to the kit: tried again').waitFor();
    await on.page.getByText('no connection to the kit: tried again').waitFor({ state: 'detached' });
    await on.page.keyboard.type('two\r');
    await shows('ran <two>');
    expect((await read()).match(/welcome|ran <one>/g)).to.deep.equal(['welcome', 'ran <one>']);
    const from = await on.page.evaluate<string>(
      `window.sockets.filter(({ url }) => url.includes('/shell/')).at(-1).url.split('from=')[1]`,
    );
    expect(Number(from)).to.be.above(20);
  });

  it('a machine that is starting is waited for, and gets what was to be typed there', async () => {
    await on.page.setViewportSize({ width: 1600, height: 900 });
    await on.open();
    await on.page.getByRole('button', { name: 'Guide' }).click();
    await on.page.locator('.guide select').selectOption('04');
    let answer = () => {};
    boots = new Promise((resolve) => {
      answer = resolve;
    });
    const type = on.page
      .locator('figure', { hasText: 'systemctl enable haproxy' })
      .getByRole('button', { name: 'Type it in lb2' });
    await type.click();
    await on.page.getByText('waiting for lb2 to answer').waitFor();
    // Whoever does not wait gets no second terminal.
    await type.click();
    answer();
    await shows('systemctl restart haproxy');
    await on.page.getByText('waiting for lb2 to answer').waitFor({ state: 'detached' });
    expect(await on.page.getByRole('tab').count()).to.equal(1);
    // It ends before Enter was pressed, as with a machine without power: the text is put into another one.
    await on.page.keyboard.press('Control+d');
    await on.page.getByRole('tab', { name: 'lb2 (2)', exact: true, selected: true }).waitFor();
    await shows('systemctl restart haproxy');
    await on.page.keyboard.press('Enter');
    await shows('ran <');
    await on.page.keyboard.press('Control+d');
    await tab('○ lb2 (2)').waitFor();
    expect(await on.page.getByRole('tab').count()).to.equal(2);
  });

  it('a machine that cannot be reached says why; one that ended says so', async () => {
    await opened();
    await on.page.keyboard.type('exit\r');
    await on.page.getByText('this terminal has ended').waitFor();
    await tab('○ web1').waitFor();
    await more('db2');
    await on.page.getByText('db2 is not running.').waitFor();
  });

  it('a block of the guide is typed at the prompt, and Enter stays the reader’s', async () => {
    await on.page.setViewportSize({ width: 1600, height: 900 });
    await on.open();
    await on.page.getByRole('button', { name: 'Guide' }).click();
    await on.page.locator('.guide select').selectOption('04');
    const block = on.page.locator('figure', { hasText: 'systemctl enable haproxy' });
    await block.getByRole('button', { name: 'Type it in lb2' }).click();
    await shows('systemctl restart haproxy');
    const text = await read();
    expect(text).to.contain('systemctl enable haproxy').and.to.not.contain('ran <');
    expect(await on.page.getByRole('tab', { selected: true }).textContent()).to.equal('lb2');
    await on.page.keyboard.press('Enter');
    await shows('ran <');
    // The same machine's terminal is used again.
    const long = on.page.getByText('longer than this terminal');
    expect(await long.count()).to.equal(0);
    await on.page
      .locator('figure', { hasText: 'option httpchk' })
      .getByRole('button', { name: 'Type it in lb2' })
      .click();
    await long.waitFor();
    await on.page.keyboard.press('Enter');
    await long.waitFor({ state: 'detached' });
    await block.getByRole('button', { name: 'Type it in lb2' }).click();
    await untilTrue(on.page, `${screen}.split('systemctl restart haproxy').length > 1`);
    expect(await on.page.getByRole('tab').count()).to.equal(1);
    expect(on.problems).to.deep.equal([]);
  });

  it('what is pasted ends no paste and gives no orders to the terminal', async () => {
    await opened();
    await on.page.evaluate(`(() => {
      const data = new DataTransfer();
      data.setData('text/plain', 'a\\u001b[201~\\rrm -r /\\u009b201~\\u0003b');
      document.querySelector('.xterm textarea').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    })()`);
    await shows('b:paste]');
    const text = await read();
    // One beginning and one end of a paste, xterm's own: what looked like an end is text.
    expect(text.match(/paste/g)?.length).to.equal(2);
    expect(text).to.not.contain('ran <');
    expect(text).to.contain('a[201~');
  });

  it('a flood ends nothing: the page answers, and Ctrl-C is heard', async () => {
    await opened();
    await on.page.keyboard.type('yes\r');
    await shows('y\ny\ny');
    const before = process.memoryUsage().rss;
    for (let count = 0; count < 20; count += 1) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      await on.card('lb1').getAttribute('aria-label');
    }
    expect(process.memoryUsage().rss - before).to.be.below(150 << 20);
    await on.page.keyboard.press('Control+c');
    await shows('^C');
    await on.page.keyboard.type('x\r');
    await shows('ran <x>');
  });

  it('with the keyboard alone: into a terminal with Enter, out of it, to the next tab', async () => {
    await opened();
    await more('lb1');
    await inFront('lb1');
    await on.page.keyboard.press('Control+Shift+F6');
    await untilTrue(on.page, `document.activeElement.id.startsWith('tab-')`);
    await on.page.keyboard.press('ArrowLeft');
    await untilTrue(on.page, `document.activeElement.textContent === 'web1'`);
    await on.page.keyboard.press('Enter');
    await on.page.keyboard.type('here\r');
    await shows('ran <here>');
  });

  it('axe finds nothing wrong and nothing is scrolled sideways, with guide and terminal, in both themes and languages', async () => {
    await opened();
    expect(await on.violations()).to.deep.equal([]);
    await on.page.getByRole('button', { name: 'Guide' }).click();
    await on.page.locator('.guide .text').first().waitFor();
    await on.page.emulateMedia({ colorScheme: 'dark' });
    await on.page.getByRole('button', { name: 'Français' }).click();
    await on.page.getByText('Vérifier au fil du travail').waitFor();
    await untilTrue(on.page, `document.querySelector('.guide .copy').textContent === 'Copier'`);
    for (const width of [1024, 1600]) {
      await on.page.setViewportSize({ width, height: 768 });
      expect(await on.page.evaluate('document.documentElement.scrollWidth')).to.equal(width);
      expect(await on.violations()).to.deep.equal([]);
    }
    expect(on.problems).to.deep.equal([]);
  });

  it('a foreign page opens no terminal, not even by a name and a token that it knows; nor does who only looks', async () => {
    await opened();
    const { port } = on.studio;
    const token = await on.page.evaluate<string>(`sessionStorage.getItem('token')`);
    const id = await on.page.evaluate<string>(`document.querySelector('[role=tab]').id.slice(4)`);
    const socket = (protocols: string) => `new Promise((resolve) => {
      const socket = new WebSocket('ws://127.0.0.1:${port}/shell/${id}?from=0', ${protocols});
      socket.onopen = () => resolve('opened');
      socket.onerror = () => resolve('refused');
    })`;
    const own = `['ha-lab', 'token.${token}']`;
    expect(await on.page.evaluate(socket(own))).to.equal('opened');
    expect(await on.page.evaluate(socket(`['ha-lab']`))).to.equal('refused');
    expect(await on.page.evaluate(socket(`['ha-lab', 'token.${'x'.repeat(43)}']`))).to.equal('refused');
    const evil: Server = createServer((_, response) =>
      response.setHeader('Content-Type', 'text/html').end('<p>x'),
    );
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
    try {
      const there = await on.context.newPage();
      await there.goto(`http://evil.test:${(evil.address() as AddressInfo).port}/`);
      expect(await there.evaluate(socket(own))).to.equal('refused');
      const evilSocket = socket(own).replace('127.0.0.1', 'evil.test');
      expect(await there.evaluate(evilSocket)).to.equal('refused');
      for (const mode of ['cors', 'no-cors'])
        await there.evaluate(
          `fetch('http://127.0.0.1:${port}/act', { method: 'POST', mode: '${mode}', headers: { 'Content-Type': 'application/json', Authorization: 'Bearer ${token}' }, body: '{"do":"shell","machine":"lb2","cols":80,"rows":24}' }).catch(() => undefined)`,
        );
      await there.close();
      await tab('web1').waitFor();
      expect(await on.page.getByRole('tab').count()).to.equal(1);
    } finally {
      evil.closeAllConnections();
      evil.close();
    }
  });
});

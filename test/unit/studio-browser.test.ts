import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { browserNote } from './helpers/browser.ts';
import { atRest, CUT, LOSS, plan, after as then } from './studio/made.ts';
import { stage } from './studio/stage.ts';

describe(`studio: in a browser${browserNote}`, function () {
  // A busy computer: the browser is a heavy program.
  this.timeout(120_000);
  const on = stage();
  const rest = atRest();
  const loss = then(rest, LOSS);
  const cut = then([...rest, ...loss], CUT);
  const { open, tell, violations, card, label } = on;
  const text = (name: string) => on.page.locator(`[data-card=${name}]`).textContent();
  const holder = (address: string, words: string) =>
    on.page.locator(`[data-address="${address}"][aria-label*="${words}"]`).waitFor();

  it('shows every machine with its state, who holds what, and the votes; asks nothing of anybody else', async () => {
    await open();
    for (const { name } of plan.machines) await label(name, 'running');
    await holder('10.0.2.10', '● lb1');
    await holder('10.0.2.40', '● db1');
    expect(await on.page.locator('[data-group=galera]').textContent()).to.contain('3 of 3 votes');
    expect(await on.page.locator('[data-link="10.0.2.10 lb1"] .held').count()).to.equal(1);
    expect(await on.page.locator('[data-link="10.0.2.10 lb2"] .free').count()).to.equal(1);
    expect(on.problems).to.deep.equal([]);
    const own = `127.0.0.1:${on.studio.port}`;
    expect(on.asked.filter((url) => !url.startsWith('data:') && new URL(url).host !== own)).to.deep.equal([]);
  });

  it('a loss is seen: the machine is off, its addresses move, its vote is lost, and each is said', async () => {
    await open();
    await tell(loss);
    await label('lb1', 'off');
    await holder('10.0.2.10', '● lb2');
    await on.page.locator('[data-link="10.0.2.10 lb2"] .held').waitFor({ state: 'attached' });
    expect(await text('lb1')).to.contain('○ vote lost');
    expect(await on.page.locator('[role=log]').textContent()).to.contain('lb2 holds 10.0.2.10');
    expect(await on.page.locator('[role=log]').textContent()).to.not.contain('silent');
  });

  it('what a cut machine believes is unknown, with the time, and so is what it held', async () => {
    await open();
    await tell([...loss, ...cut]);
    await label('db1', 'unknown since');
    await holder('10.0.2.40', '? unknown, last db1');
    expect(await text('db1'))
      .to.contain('? 1 vote')
      .and.to.not.contain('●');
    expect(await on.page.locator('[data-link="10.0.2.40 db1"] .unknown').count()).to.equal(1);
  });

  it('with the keyboard alone: a machine is chosen, read, and left where it was', async () => {
    await open();
    await card('lb2').focus();
    await on.page.keyboard.press('Enter');
    await on.page.getByRole('heading', { name: /^lb2/ }).waitFor();
    expect(await on.page.locator('.services').textContent()).to.contain('● haproxy');
    expect(await card('lb2').getAttribute('aria-pressed')).to.equal('true');
    await on.page.getByRole('button', { name: 'Close' }).focus();
    await on.page.keyboard.press('Escape');
    await on.page.getByRole('heading', { name: /^lb2/ }).waitFor({ state: 'detached' });
    expect(await on.page.evaluate('document.activeElement.dataset.machine')).to.equal('lb2');
  });

  it('axe finds nothing wrong: at rest, after a loss, with details, light and dark, in French', async () => {
    await open();
    expect(await violations()).to.deep.equal([]);
    await tell([...loss, ...cut]);
    await label('db1', 'unknown');
    await card('db1').click();
    await on.page.emulateMedia({ colorScheme: 'dark' });
    expect(await violations()).to.deep.equal([]);
    await on.page.getByRole('button', { name: 'Français' }).click();
    await label('lb1', 'éteinte');
    expect(await on.page.locator('html').getAttribute('lang')).to.equal('fr');
    await on.page.emulateMedia({ colorScheme: 'light' });
    expect(await violations()).to.deep.equal([]);
  });

  it('fits: nothing is scrolled sideways from a tablet to a projector, and the picture stands whole in it', async () => {
    await open();
    for (const [width, height] of [
      [1024, 768],
      [1280, 720],
      [1920, 1080],
      [820, 1180],
    ] as const) {
      await on.page.setViewportSize({ width, height });
      expect(await on.page.evaluate('document.documentElement.scrollWidth')).to.equal(width);
      const box = await card('db2').boundingBox();
      expect((box?.x ?? 0) + (box?.width ?? 0)).to.be.at.most(width);
      if (width >= 1024) expect((box?.y ?? 0) + (box?.height ?? 0)).to.be.at.most(height);
    }
  });

  it('the code leaves the address at once, counts once, and the page is there again after a reload', async () => {
    const link = on.studio.link();
    await open(link);
    expect(on.page.url()).to.equal(`http://127.0.0.1:${on.studio.port}/`);
    await on.page.reload();
    await card('lb1').waitFor();
    const other = await on.context.newPage();
    await other.goto(link);
    await other.getByRole('alert').waitFor();
    expect(await other.getByRole('alert').textContent()).to.contain('new link');
    expect(await other.locator('[data-machine]').count()).to.equal(0);
  });

  it('a server that is gone is said at once, and one that comes again asks for a new link', async () => {
    await open();
    const { port } = on.studio;
    await on.studio.close();
    await on.page.getByRole('alert').waitFor();
    expect(await on.page.getByRole('alert').textContent()).to.contain('what you see is old');
    expect(await on.page.locator('main.old').count()).to.equal(1);
    await on.serve({ port });
    await on.page.getByText('new link').waitFor();
  });

  it('a foreign name that leads here gets nothing, and nobody may frame the page or open its stream', async () => {
    const { port } = on.studio;
    const token = await (async () => {
      await open();
      return on.page.evaluate<string>(`sessionStorage.getItem('token')`);
    })();
    const answer = await on.page.goto(`http://evil.test:${port}/`);
    expect(answer?.status()).to.equal(421);
    const evil: Server = createServer((_, response) =>
      response
        .setHeader('Content-Type', 'text/html')
        .end(`<iframe src="http://127.0.0.1:${port}/"></iframe>`),
    );
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
    try {
      const there = (evil.address() as AddressInfo).port;
      await on.page.goto(`http://evil.test:${there}/`);
      const opened = await on.page.evaluate<string>(`new Promise((resolve) => {
        const socket = new WebSocket('ws://127.0.0.1:${port}/live', ['ha-lab', 'token.${token}']);
        socket.onopen = () => resolve('opened');
        socket.onerror = () => resolve('refused');
      })`);
      expect(opened).to.equal('refused');
      const fetched = await on.page.evaluate<string>(
        `fetch('http://127.0.0.1:${port}/app.js', { mode: 'no-cors' }).then(() => 'read', () => 'refused')`,
      );
      expect(fetched).to.equal('refused');
      expect(await on.page.frames()[1]?.locator('#app').count()).to.equal(0);
    } finally {
      evil.closeAllConnections();
      evil.close();
    }
  });

  it('a recording is replayed: any moment of it, and as fast as it was', async () => {
    await on.studio.close();
    await on.serve({ recording: [...rest, ...loss, ...cut] });
    await open();
    const slider = on.page.getByRole('slider', { name: 'Moment' });
    await slider.fill('11');
    await label('db1', 'unknown since');
    await slider.fill('3');
    await label('lb1', 'running');
    await on.page.getByRole('button', { name: 'Play' }).click();
    await label('lb1', 'off');
    await on.page.getByRole('button', { name: 'Pause' }).click();
    expect(await violations()).to.deep.equal([]);
    expect(on.problems).to.deep.equal([]);
  });
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Broken } from '../../tasks/watch/model/state.ts';
import { browserNote, untilTrue } from './helpers/browser.ts';
import { fakeActs } from './studio/acts.ts';
import { atRest, T, after as then } from './studio/made.ts';
import { stage } from './studio/stage.ts';

describe(`studio: breaking something from the page${browserNote}`, function () {
  // A busy computer: the browser is a heavy program.
  this.timeout(120_000);
  let acts: ReturnType<typeof fakeActs>;
  const on = stage(() => {
    acts = fakeActs();
    return acts;
  });
  const rest = atRest();
  const cut: Broken = {
    ...{ machine: 'lb1', since: T + 5000, by: 'user' },
    words: { en: 'power of lb1 cut', fr: 'alimentation de lb1 coupée' },
  };
  const incident: Broken = {
    ...{ machine: '', since: T + 6000, by: 'incident' },
    words: { en: 'an incident', fr: 'un incident' },
  };
  const broken = (...all: Broken[]) =>
    then(rest, [['', 6500, { source: 'kit', what: 'broken', broken: all }]]);
  const begin = () => on.page.getByRole('button', { name: 'Break something' });
  const strip = () => on.page.getByRole('region', { name: 'Broken on purpose' });
  const undo = () => on.page.getByRole('button', { name: 'Undo all' });

  it('says what the design predicts before anything is done: seconds, formula, where from, votes left', async () => {
    await on.open();
    await begin().click();
    const forecast = on.page.locator('.forecast');
    await forecast.locator('.figure').first().waitFor();
    const text = (await forecast.textContent()) ?? '';
    expect(text).to.contain('power of lb1 cut (held: front, router)');
    expect(text).to.contain('3 × advert + (256 − priority) ÷ 256 × advert').and.to.contain('RFC 9568');
    expect(text).to.contain('0.5 – 0.8 s').and.to.contain('page, new connection');
    expect(text).to.contain('2 of 3 votes left, 2 needed');
    expect(acts.begun).to.deep.equal([]);
    // What the picture is told to show, it asks for: the machine that is chosen there.
    await on.card('web2').click();
    await on.page.getByText('no outage is foreseen').waitFor();
    expect(acts.asked.at(-1)).to.deep.equal({ kind: 'power', machine: 'web2' });
  });

  it('with the keyboard alone: a fault is chosen, predicted, measured; Escape goes back to where it began', async () => {
    await on.open();
    await begin().focus();
    await on.page.keyboard.press('Enter');
    const taken = () => untilTrue(on.page, `document.activeElement.tagName === 'SELECT'`);
    await taken();
    await on.page.keyboard.press('d');
    await untilTrue(on.page, `document.activeElement.value === 'db1'`);
    await on.page.keyboard.press('Tab');
    await on.page.keyboard.type('freeze');
    await untilTrue(on.page, `document.activeElement.value === 'freeze'`);
    await on.page.locator('.forecast').getByText('db1 frozen').waitFor();
    await on.page.getByLabel('Your prediction').fill('2,5');
    const measure = on.page.getByRole('button', { name: 'Break and measure' });
    await measure.focus();
    await on.page.keyboard.press('Enter');
    await begin().waitFor();
    await acts.reach(1);
    expect(acts.begun).to.deep.equal([
      { do: 'drill', target: { kind: 'freeze', machine: 'db1' }, language: 'en', expect: 2.5 },
    ]);
    await begin().focus();
    await on.page.keyboard.press('Enter');
    await taken();
    await on.page.keyboard.press('Escape');
    await begin().waitFor();
    await untilTrue(on.page, 'document.activeElement.className === "begin"');
  });

  it('what is broken stays in sight with what undoes it, whoever broke it; an incident names nothing', async () => {
    await on.open();
    expect(await strip().count()).to.equal(0);
    await on.tell(broken(cut, incident));
    await undo().waitFor();
    expect(await strip().textContent())
      .to.contain('power of lb1 cut')
      .and.to.contain('an incident');
    expect(await on.page.locator('[role=log]').textContent()).to.contain('fault: power of lb1 cut');
    await begin().click();
    await on.page.locator('.forecast .figure').first().waitFor();
    // A drill begins from a lab that is whole; another fault may be made.
    expect(await on.page.getByRole('button', { name: 'Break and measure' }).isDisabled()).to.equal(true);
    expect(await on.page.getByRole('button', { name: 'Break and leave' }).isDisabled()).to.equal(false);
    await undo().click();
    await on.page.getByText('asked…').waitFor({ state: 'detached' });
    await acts.reach(1);
    expect(acts.begun).to.deep.equal([{ do: 'undo', language: 'en' }]);
    await on.tell(
      then([...rest, ...broken(cut)], [['', 9000, { source: 'kit', what: 'broken', broken: [incident] }]]),
    );
    await undo().waitFor({ state: 'detached' });
    expect(await strip().textContent()).to.contain('an incident');
  });

  it('what the kit does is said while it is at work, and why it failed with the exact command', async () => {
    await on.open();
    const command = 'npx lab fault lb1 --fault power';
    on.feed.tellWork({ command, what: 'fault', state: 'running', said: [] });
    await strip().waitFor();
    expect(await strip().textContent()).to.contain(`at work: ${command}`);
    on.feed.tellWork({
      command,
      what: 'fault',
      state: 'failed',
      said: ['lb1 is not running.', 'To do: lab up'],
    });
    await on.page.getByText('lb1 is not running.').waitFor();
    expect(await strip().textContent()).to.contain(`this failed: ${command}`);
    await strip().getByRole('button', { name: 'Close' }).click();
    await strip().waitFor({ state: 'detached' });
    acts.busy = true;
    await begin().click();
    await on.page.locator('.forecast .figure').first().waitFor();
    await on.page.getByRole('button', { name: 'Break and leave' }).click();
    await on.page.getByText('Another command of this page is at work.').waitFor();
  });

  it('axe finds nothing wrong and nothing is scrolled sideways, in both themes and languages', async () => {
    await on.open();
    await on.tell(broken(cut, incident));
    await begin().click();
    await on.page.locator('.forecast .figure').first().waitFor();
    expect(await on.violations()).to.deep.equal([]);
    await on.page.emulateMedia({ colorScheme: 'dark' });
    await on.page.getByRole('button', { name: 'Français' }).click();
    await on.page.getByRole('button', { name: 'Tout annuler' }).waitFor();
    expect(await on.violations()).to.deep.equal([]);
    for (const width of [1024, 820]) {
      await on.page.setViewportSize({ width, height: 768 });
      expect(await on.page.evaluate('document.documentElement.scrollWidth')).to.equal(width);
    }
    expect(on.problems).to.deep.equal([]);
  });

  it('a foreign page has nothing done, not even by a user who is there', async () => {
    await on.open();
    const { port } = on.studio;
    const token = await on.page.evaluate<string>(`sessionStorage.getItem('token')`);
    const evil: Server = createServer((_, response) =>
      response.setHeader('Content-Type', 'text/html').end('<p>x'),
    );
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
    try {
      await on.page.goto(`http://evil.test:${(evil.address() as AddressInfo).port}/`);
      for (const headers of [
        `{ 'Content-Type': 'text/plain' }`,
        `{ 'Content-Type': 'application/json', Authorization: 'Bearer ${token}' }`,
      ])
        for (const mode of ['cors', 'no-cors'])
          await on.page.evaluate(
            `fetch('http://127.0.0.1:${port}/act', { method: 'POST', mode: '${mode}', headers: ${headers}, body: '{"do":"undo","language":"en"}' }).catch(() => undefined)`,
          );
      await on.page.evaluate(`new Promise((resolve) => {
        const form = document.createElement('form');
        form.method = 'POST'; form.enctype = 'text/plain'; form.action = 'http://127.0.0.1:${port}/act';
        const frame = document.createElement('iframe'); frame.name = 'f'; frame.onload = resolve;
        form.target = 'f'; form.innerHTML = '<input name=\\'{"do":"undo","language":"en","x":"\\' value=\\'"}\\'>';
        document.body.append(frame, form); form.submit(); setTimeout(resolve, 3000);
      })`);
      expect(acts.begun).to.deep.equal([]);
    } finally {
      evil.closeAllConnections();
      evil.close();
    }
  });
});

import { expect } from 'chai';
import { poll } from '../../tasks/base/poll.ts';
import { inLanguage } from '../../tasks/base/text.ts';
import { readLab } from '../../tasks/exercises/guides/load.ts';
import { piecesHtml } from '../../tasks/exercises/guides/page/render.ts';
import { viewOf } from '../../tasks/exercises/guides/page/view.ts';
import { LabStudy } from '../../tasks/studio/lab-study.ts';
import type { Checks } from '../../tasks/studio/page/protocol.ts';
import type { Study } from '../../tasks/studio/study.ts';
import { browserNote, untilTrue } from './helpers/browser.ts';
import { fakeActs } from './studio/acts.ts';
import { T } from './studio/made.ts';
import { stage } from './studio/stage.ts';

const root = `${import.meta.dirname}/../..`;

/** What a guide might hold that somebody wrote who means ill. */
const EVIL = [
  '# A guide',
  '<script>window.ran = 1</script><img src=x onerror="window.ran = 2"><b onclick="window.ran = 3">bold</b>',
  '[link](javascript:window.ran=4) ![picture](https://evil.test/x.png)',
  '```bash web1" onclick="window.ran=5',
  '```',
].join('\n\n');

describe(`studio: the guide in the page${browserNote}`, function () {
  // A busy computer: the browser is a heavy program.
  this.timeout(120_000);
  const study = new LabStudy('no-such-lab');
  let real: Study & Partial<Pick<LabStudy, 'hostLines'>> = study;
  let wanted: unknown[];
  let read: number;
  let acts: ReturnType<typeof fakeActs> | undefined;
  const on = stage(
    () => acts,
    () => ({
      study: {
        labs: () => real.labs(),
        snapshots: () => real.snapshots(),
        guide: async (lab, language) => {
          const told = await real.guide(lab, language);
          const all = readLab(`${root}/labs/04-keepalived`).steps[0]?.hints ?? [];
          return { ...told, hints: { '04.1': all.slice(0, read).map((hint) => hint[language]) } };
        },
      },
      practice: {
        check: (lab, language) => void wanted.push(['check', lab, language]),
        hint: async (step) => {
          wanted.push(['hint', step]);
          read += 1;
        },
        run: async (lab, text, language) => {
          await real.hostLines?.(lab, text, language);
          wanted.push(['run', lab, text]);
        },
        stopRun: () => void wanted.push(['stop-run']),
      },
    }),
  );
  before(() => {
    acts = fakeActs();
  });
  beforeEach(() => {
    wanted = [];
    read = 0;
    real = study;
  });
  const opened = async () => {
    await on.open();
    await on.page.getByRole('button', { name: 'Guide' }).click();
    await on.page.locator('.guide select').selectOption('04');
    await on.page.getByRole('heading', { name: 'Two identical load balancers' }).waitFor();
  };
  const found = (change: Partial<Checks>) =>
    on.feed.keep({ kind: 'checks', checks: { lab: '04', running: true, steps: [], ...change } });
  const failing: Checks['steps'] = [
    { id: '04.1', outcome: 'passed', missing: [] },
    {
      ...{ id: '04.2', outcome: 'failed' },
      missing: [
        {
          title: { en: 'one machine holds the address', fr: 'une machine tient l’adresse' },
          expected: { en: 'one', fr: 'une' },
          found: { en: 'none', fr: 'aucune' },
        },
      ],
    },
    {
      ...{ id: '04.3', outcome: 'not-judged', missing: [] },
      cause: { en: 'step 04.2 does not hold', fr: 'l’étape 04.2 n’est pas acquise' },
    },
  ];
  const step = (id: string) => on.page.locator(`[data-step="${id}"]`);

  it('has the lab’s own addresses, folded answers, and both languages', async () => {
    await opened();
    const text = await on.page.locator('.guide').textContent();
    expect(text).to.contain('10.0.2.10').and.to.not.contain('{{');
    const answer = on.page.locator('.guide details .answer').first();
    expect(await answer.isVisible()).to.equal(false);
    await on.page.locator('.guide details summary').first().click();
    await answer.waitFor();
    await on.page.getByRole('button', { name: 'Français' }).click();
    await on.page.getByRole('heading', { name: 'Deux répartiteurs identiques' }).waitFor();
    await untilTrue(on.page, `document.querySelector('.guide .text p').textContent.startsWith('Durée')`);
    expect(on.problems).to.deep.equal([]);
  });

  it('a block is copied, without the line’s end that would run it', async () => {
    await on.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await opened();
    const block = on.page.locator('figure', { hasText: 'systemctl enable haproxy' });
    await block.getByRole('button', { name: 'Copy' }).click();
    await block.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await on.page.evaluate('navigator.clipboard.readText()')).to.equal(
      'haproxy -c -f /etc/haproxy/haproxy.cfg\nsystemctl enable haproxy\nsystemctl restart haproxy',
    );
  });

  it('checks are made when asked for, and what they find stands at its step', async () => {
    await opened();
    expect(wanted).to.deep.equal([]);
    await on.page.getByRole('button', { name: 'Check as I work' }).click();
    found({});
    await on.page.getByRole('button', { name: 'Stop checking' }).waitFor();
    expect(wanted).to.deep.equal([['check', '04', 'en']]);
    found({ at: T, steps: failing });
    await on.page.getByText('1 of 5 steps').waitFor();
    expect(await step('04.1').textContent()).to.contain('holds, 2 points');
    expect(await step('04.2').locator('.found').textContent())
      .to.contain('one machine holds the address')
      .and.to.contain('expected one')
      .and.to.contain('found none');
    expect(await step('04.3').locator('.found').textContent()).to.contain('step 04.2 does not hold');
    found({ at: T + 5000, steps: failing.map(({ id }) => ({ id, outcome: 'passed', missing: [] })) });
    await on.page.getByText('3 of 5 steps').waitFor();
    await on.page.getByRole('button', { name: 'Stop checking' }).click();
    found({ running: false, problem: ['web1 is not running.'] });
    await on.page.getByText('web1 is not running.').waitFor();
    expect(wanted.at(-1)).to.deep.equal(['check', undefined, 'en']);
  });

  it('a block for this computer is run, and what it prints stands below the guide until it is put away', async () => {
    await opened();
    const block = on.page.locator('figure', { hasText: 'npx lab check 4' });
    await block.getByRole('button', { name: 'Run it here' }).click();
    await poll(() => wanted.length, Boolean, { every: 0.02, seconds: 30 });
    expect(wanted).to.deep.equal([['run', '04', 'npx lab check 4\n']]);
    const told = { lab: '04', text: 'npx lab check 4\n', left: 0 };
    on.feed.keep({
      kind: 'output',
      output: { ...told, running: true, lines: ['$ npx lab check 4', '  ▲ not yet'] },
    });
    const output = on.page.getByRole('region', { name: 'On this computer' });
    await output.getByText('not yet').waitFor();
    await output.getByRole('button', { name: 'Stop it' }).click();
    await poll(
      () => wanted.length,
      (count) => count > 1,
      { every: 0.02, seconds: 30 },
    );
    expect(wanted.at(-1)).to.deep.equal(['stop-run']);
    on.feed.keep({
      kind: 'output',
      output: { ...told, running: false, code: 1, lines: ['$ npx lab check 4', '<b>bold</b>'] },
    });
    await output.getByText('ended with exit code 1').waitFor();
    // What a command prints is text.
    expect(await output.locator('.printed').textContent()).to.contain('<b>bold</b>');
    expect(await on.violations()).to.deep.equal([]);
    await output.getByRole('button', { name: 'Close' }).click();
    await output.waitFor({ state: 'detached' });
    // Blocks for machines, and those that are no commands of the kit's, have no such button.
    const runs = on.page.locator('.guide figure', { has: on.page.locator('.run') });
    expect((await runs.allTextContents()).map((text) => /npx lab \w+/.exec(text)?.[0])).to.deep.equal([
      ...['npx lab ssh', 'npx lab check'],
    ]);
  });

  it('nothing else is run for a page, whatever it asks for', async () => {
    await opened();
    const answer = (body: object) =>
      on.page.evaluate<number>(
        `fetch('/act', { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: 'Bearer ' + sessionStorage.getItem('token') }, body: ${JSON.stringify(JSON.stringify(body))} }).then(({ status }) => status)`,
      );
    for (const text of [
      'npx lab destroy --yes\n',
      'npx lab check 4; reboot\n',
      'npx lab check 5\n',
      'npx lab check 4',
    ])
      expect(await answer({ do: 'run', lab: '04', text, language: 'en' }), text).to.equal(409);
    expect(await answer({ do: 'run', lab: '4; reboot', text: 'x', language: 'en' })).to.equal(400);
    expect(await answer({ do: 'run', lab: '04', text: 'x'.repeat(700), language: 'en' })).to.equal(400);
    expect(wanted).to.deep.equal([]);
  });

  it('hints come one at a time, and count as read', async () => {
    await opened();
    const ask = (which: string) => step('04.1').getByRole('button', { name: `Hint ${which}` });
    await ask('1/3').click();
    await step('04.1').getByText('Both machines have to give the page').waitFor();
    await ask('2/3').waitFor();
    expect(wanted).to.deep.equal([['hint', '04.1']]);
  });

  it('nothing in a guide runs or is loaded, whatever stands in it', async () => {
    const lab = readLab(`${root}/labs/04-keepalived`);
    const html = inLanguage('en', () => {
      const view = viewOf(lab, EVIL.split('```')[0] ?? '', String, { answers: true, hints: false });
      const block = {
        ...{
          kind: 'block' as const,
          caption: '<i onmouseover="window.ran=6">',
          copies: true,
          id: '"><script>',
        },
        ...{ text: '</code><script>window.ran = 7</script>', on: ['web1" onclick="window.ran=5'] },
        path: '"><img src=x onerror="window.ran=8">',
      };
      return piecesHtml(root, [...(view.sections[0]?.shown ?? []), block], '<b>');
    });
    real = {
      labs: () => study.labs(),
      snapshots: () => study.snapshots(),
      guide: async (wish) => ({ lab: wish, sections: [{ step: 0, html }], hints: {}, later: [] }),
    };
    await on.open();
    await on.page.getByRole('button', { name: 'Guide' }).click();
    await on.page.getByText('onclick=').first().waitFor();
    for (const button of await on.page.locator('.guide .text button').all()) await button.click();
    await on.page.evaluate(
      `document.querySelectorAll('.guide .text :not(a)').forEach((part) => part.dispatchEvent(new MouseEvent('click', { bubbles: true })))`,
    );
    expect(await on.page.evaluate('window.ran')).to.equal(undefined);
    expect(
      await on.page.locator('.guide .text :is(script, img, b, i, [onclick], [onerror])').count(),
    ).to.equal(0);
    expect(await on.page.locator('.guide .text a[href^="javascript"]').count()).to.equal(0);
    expect(on.asked.filter((url) => url.includes('evil.test'))).to.deep.equal([]);
  });

  it('beside the picture from 1024 px on, alone with it where there is little room; axe finds nothing wrong', async () => {
    await opened();
    found({ at: T, steps: failing });
    await step('04.2').locator('.found').waitFor();
    const events = on.page.locator('.events');
    for (const [width, alone] of [
      [1024, true],
      [1280, true],
      [1600, false],
    ] as const) {
      await on.page.setViewportSize({ width, height: 768 });
      expect(await on.page.evaluate('document.documentElement.scrollWidth')).to.equal(width);
      expect(await events.isVisible()).to.equal(!alone);
      expect((await on.page.locator('.picture svg').boundingBox())?.width).to.be.above(380);
      expect(await on.violations()).to.deep.equal([]);
    }
    await on.page.emulateMedia({ colorScheme: 'dark' });
    expect(await on.violations()).to.deep.equal([]);
    // A machine that is chosen takes the guide's place where there is no room for both.
    await on.page.setViewportSize({ width: 1024, height: 768 });
    await on.card('lb2').click();
    await on.page.getByRole('heading', { name: /^lb2/ }).waitFor();
    expect(await on.page.locator('.guide').count()).to.equal(0);
    expect(on.problems).to.deep.equal([]);
  });

  describe('where nothing may be done', () => {
    before(() => {
      acts = undefined;
    });
    it('it is read: no checks, no hints, nothing to be typed', async () => {
      await opened();
      const buttons = await on.page.locator('.guide button:visible').allTextContents();
      expect([...new Set(buttons)].sort()).to.deep.equal(['Close', 'Copy']);
      const { port } = on.studio;
      const code = await on.page.evaluate<number>(
        `fetch('http://127.0.0.1:${port}/act', { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: 'Bearer ' + sessionStorage.getItem('token') }, body: '{"do":"check","lab":"04","language":"en"}' }).then(({ status }) => status)`,
      );
      expect([code, wanted]).to.deep.equal([404, []]);
    });
  });
});

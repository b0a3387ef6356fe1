import { expect } from 'chai';
import { LabStudy } from '../../tasks/studio/lab-study.ts';
import type { Work } from '../../tasks/studio/page/protocol.ts';
import { browserNote } from './helpers/browser.ts';
import { fakeActs } from './studio/acts.ts';
import { atRest } from './studio/made.ts';
import { stage } from './studio/stage.ts';

describe(`studio: the lab as a whole, from the page${browserNote}`, function () {
  // A busy computer: the browser is a heavy program.
  this.timeout(120_000);
  let acts: ReturnType<typeof fakeActs>;
  const study = new LabStudy('no-such-lab');
  const on = stage(
    () => {
      acts = fakeActs();
      return acts;
    },
    () => ({
      study: {
        labs: () => study.labs(),
        guide: (lab, language) => study.guide(lab, language),
        snapshots: async () => [{ name: 'before', taken: '2026-01-01T10:00:00Z' }],
      },
    }),
  );
  const button = (name: string) => on.page.getByRole('button', { name, exact: true });
  const door = () => on.page.getByRole('region', { name: /^The lab as a whole/ });
  const gone = () => {
    acts.offer.door.exists = false;
    on.feed.forget();
    on.feed.offers(acts.offer);
  };
  const work = (change: Partial<Work>) =>
    on.feed.tellWork({ command: 'npx lab up', what: 'up', state: 'running', said: [], ...change });

  it('where there is none it is built, with what the command says; then its picture is there', async () => {
    gone();
    await on.page.goto(on.studio.link());
    await button('Build the lab').waitFor();
    expect(await on.page.locator('[data-machine]').count()).to.equal(0);
    expect(await on.violations()).to.deep.equal([]);
    await on.page.getByLabel('Topology').selectOption('spread');
    await button('Build the lab').click();
    await acts.reach(1);
    expect(acts.begun).to.deep.equal([{ do: 'up', topology: 'spread', language: 'en' }]);
    work({});
    work({ said: ['web1: started'] });
    work({ said: ['web2: started'] });
    await on.page.locator('.log', { hasText: 'web2: started' }).waitFor();
    expect(await on.page.locator('.log').textContent()).to.contain('npx lab upweb1: startedweb2: started');
    expect(await button('Build the lab').isDisabled()).to.equal(true);
    await on.page.setViewportSize({ width: 1024, height: 768 });
    expect(await on.page.evaluate('document.documentElement.scrollWidth')).to.equal(1024);
    acts.offer.door.exists = true;
    on.feed.offers(acts.offer);
    work({ state: 'done' });
    await on.tell(atRest());
    await on.card('lb1').waitFor();
    expect(on.problems).to.deep.equal([]);
  });

  it('what failed says why, with the command as it would be typed', async () => {
    gone();
    await on.page.goto(on.studio.link());
    await button('Build the lab').click();
    work({ state: 'failed', said: ['Packages are missing: bridge-utils.', 'To do: lab up --yes.'] });
    const alert = on.page.getByRole('region', { name: 'Broken on purpose' });
    await alert.getByText('To do: lab up --yes.').waitFor();
    expect(await alert.textContent()).to.contain('npx lab up');
  });

  it('a lab that is gone leaves nothing of it in the page', async () => {
    await on.open();
    gone();
    await button('Build the lab').waitFor();
    expect(await on.page.locator('[data-machine], .events').count()).to.equal(0);
  });

  it('a lab of the kit is started, or gone on with; a snapshot is saved, and restored when that is sure', async () => {
    await on.open();
    await button('Lab').click();
    await door().getByRole('combobox', { name: 'Start a lab' }).selectOption('04');
    await button('From its beginning').click();
    await on.page.getByText('Whose work it is').click();
    await on.page.getByLabel('Identifier').fill('alice');
    await on.page.getByLabel('Code from your teacher').fill('abcd 1234');
    expect(await on.violations()).to.deep.equal([]);
    await button('Where I left it').click();
    await on.page.getByLabel('name of a snapshot').fill('Not a name');
    await button('Save').click();
    await on.page.getByLabel('name of a snapshot').fill('mine');
    await button('Save').click();
    await button('Restore before').click();
    await acts.reach(3);
    expect(acts.begun.length).to.equal(3);
    await button('No').click();
    await button('Restore before').click();
    await button('Yes').click();
    await button('Restore before').waitFor();
    await acts.reach(4);
    // What was started has its guide shown, in the place of what started it.
    work({ command: 'npx lab start 04', what: 'start', state: 'running', said: ['ready'] });
    work({ command: 'npx lab start 04', what: 'start', state: 'done', said: ['ready'] });
    await on.page.getByRole('heading', { name: 'Guide' }).waitFor();
    await door().waitFor({ state: 'detached' });
    const language = 'en';
    expect(acts.begun).to.deep.equal([
      { do: 'start', lab: '04', resume: false, language },
      { do: 'start', lab: '04', resume: true, language, student: 'alice', code: 'abcd 1234' },
      { do: 'snapshot', action: 'save', snapshot: 'mine', language },
      { do: 'snapshot', action: 'restore', snapshot: 'before', language },
    ]);
    expect(await on.violations()).to.deep.equal([]);
  });

  it('a lab begins with the student’s own files where it may, and with whose it began stays to be read', async () => {
    await on.open();
    await button('Lab').click();
    const labs = door().getByRole('combobox', { name: 'Start a lab' });
    const mine = door().getByRole('checkbox', { name: 'Begin with my own files of lab 04', exact: true });
    await labs.selectOption('04');
    expect(await mine.count()).to.equal(0);
    await labs.selectOption('08');
    expect(await mine.isChecked()).to.equal(false);
    await mine.check();
    // The wish was for that lab.
    await labs.selectOption('03');
    await labs.selectOption('08');
    expect(await mine.isChecked()).to.equal(false);
    await button('From its beginning').click();
    await acts.reach(1);
    await mine.check();
    expect(await on.violations()).to.deep.equal([]);
    await button('From its beginning').click();
    await button('Where I left it').click();
    await acts.reach(3);
    const language = 'en';
    expect(acts.begun).to.deep.equal([
      { do: 'start', lab: '08', resume: false, language },
      { do: 'start', lab: '08', resume: false, fromMine: true, language },
      { do: 'start', lab: '08', resume: true, language },
    ]);
    const start = { command: 'npx lab start 08 --from-mine', what: 'start' } as const;
    const said =
      "The kit's files are on lb1, lb2, not yours of lab 04: haproxy does not run with them on lb1.";
    work({ ...start, said: [said] });
    work({ ...start, state: 'done', said: ['ready'] });
    await on.page.getByRole('heading', { name: 'Guide' }).waitFor();
    await door().getByText(said).waitFor();
    await on.page.getByRole('button', { name: 'Français' }).click();
    await on.page
      .getByRole('checkbox', { name: 'Commencer avec mes propres fichiers du lab 04', exact: true })
      .waitFor();
    expect(await on.violations()).to.deep.equal([]);
    expect(on.problems).to.deep.equal([]);
  });

  it('it is removed after the question that the command asks', async () => {
    acts.offer.door.question = { en: 'Remove the lab "lab" with its 7 machines?', fr: 'Supprimer ?' };
    on.feed.offers(acts.offer);
    await on.open();
    await button('Lab').click();
    await button('Remove the lab').click();
    await on.page.getByText('Remove the lab "lab" with its 7 machines?').waitFor();
    expect(acts.begun).to.deep.equal([]);
    expect(await on.violations()).to.deep.equal([]);
    await button('Yes').click();
    await button('Shut down').click();
    await button('Yes').click();
    await button('Shut down').waitFor();
    await acts.reach(2);
    expect(acts.begun).to.deep.equal([
      { do: 'destroy', lab: 'lab', language: 'en' },
      { do: 'halt', language: 'en' },
    ]);
  });
});

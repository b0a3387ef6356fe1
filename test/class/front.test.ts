import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { chromiumProgram, untilTrue } from '../unit/helpers/browser.ts';
import { browserAt, Person, quantile, screen } from './browsers.ts';
import { roster, TestCluster, whyNoCluster } from './cluster.ts';

const lab = join(import.meta.dirname, 'page-lab.sh');
const why = whyNoCluster() ?? (chromiumProgram ? undefined : 'no Chromium on this computer');
const report = (text: string) => console.log(`      ${text}`);
const load = () => readFileSync('/proc/loadavg', 'utf8').split(' ')[0];

describe(`the page of a class in real browsers${why ? ` (skipped: ${why})` : ''}`, () => {
  const cluster = new TestCluster();
  const browsers: Browser[] = [];
  const links = new Map<string, string>();
  let alice: Person;
  let bob: Person;
  let teacher: Person;
  let front: ChildProcess;

  before(async function () {
    if (why) return this.skip();
    await cluster.start('s1', 's2');
    await cluster.mustLab(
      'pages',
      ...['init', join(cluster.shared, 'pages'), '--cluster', '--program', lab],
      ...['--memory', '512', '--cores', '1', '--save-seconds', '600', '--grace-seconds', '30'],
    );
    writeFileSync(join(cluster.shared, 'roster.csv'), roster(2));
    await cluster.mustLab('pages', 'up', join(cluster.shared, 'roster.csv'));
    await cluster.until('pages', (all) => all.every(({ condition }) => condition === 'running'), 120);
    const made = await cluster.mustLab<{ links: { student: string; link: string }[]; wall: string }>(
      'pages',
      ...['links', '--host', 'ctl'],
    );
    for (const { student, link } of made.links) links.set(student, link);
    links.set('wall', made.wall);
    front = await cluster.front('pages');
  });
  after(async () => {
    for (const browser of browsers) await browser.close();
    await cluster.stop();
  });

  it('two students at the same time: each in the own lab, and in no other one', async () => {
    for (const _ of ['s1', 's2']) browsers.push(await browserAt(cluster));
    [alice, bob] = (await Promise.all(browsers.map((browser) => Person.with(browser)))) as [Person, Person];
    const both = { s1: alice, s2: bob };
    await Promise.all(
      Object.entries(both).map(async ([who, person]) => {
        await person.open(links.get(who) ?? '');
        expect(await person.page.locator('h1').textContent()).to.contain(who);
        await person.terminal('web1', '$');
        await person.page.keyboard.type(`echo "$WHO:$ON:$((6 * 7))"\r`);
        await person.shows(`${who}:web1:42`);
      }),
    );
    // Their labs are on different servers, and neither page has anything of the other's.
    const servers = (await cluster.status('pages')).map(({ server }) => server);
    expect(servers.sort()).to.deep.equal(['s1', 's2']);
    expect(await alice.page.content()).to.not.contain('s2:web1');
    expect(await bob.page.content()).to.not.contain('s1:web1');
    // The name of a terminal of the other's lab opens nothing.
    const id = await bob.page.locator('[role=tab]').first().getAttribute('id');
    const code = await alice.page.evaluate<number>(`new Promise((resolve) => {
      const socket = new WebSocket('wss://' + location.host + '/shell/${id?.replace('tab-', '')}?from=0',
        ['ha-lab', 'token.' + sessionStorage.getItem('token')]);
      socket.onclose = ({ code }) => resolve(code);
    })`);
    expect(code, 'the terminal of the other lab').to.equal(4404);
    for (const { problems } of [alice, bob]) expect(problems).to.deep.equal([]);
  });

  it('a key in a terminal is echoed within 50 ms (p95, on a quiet computer), while another one types', async () => {
    const before = load();
    const all = await Promise.all([alice, bob].map((person) => person.echoes(120)));
    for (const times of all) {
      expect(times).to.have.length(120);
      report(
        `key to echo on the screen: ${quantile(times, 0.5).toFixed(0)} ms median, ${quantile(times, 0.95).toFixed(0)} ms p95 (load ${before} to ${load()})`,
      );
    }
    expect(quantile(all[0] ?? [], 0.95)).to.be.below(50 * Math.max(1, Number(load())));
  });

  it('a message to all shows in both pages; help is seen on the wall', async () => {
    await cluster.mustLab('pages', 'say', 'Ten minutes left');
    await Promise.all(
      [alice, bob].map(({ page }) => page.locator('#class').getByText('Ten minutes left').waitFor()),
    );
    await alice.page.getByRole('button', { name: 'Read' }).click();
    await alice.page.getByRole('button', { name: 'Ask for help' }).click();
    await alice.page.getByRole('button', { name: 'Take it back' }).waitFor();
    teacher = await Person.with(browsers[1] as Browser);
    await teacher.page.goto(links.get('wall') ?? '');
    await teacher.page.getByText('ASKS FOR HELP').waitFor();
    expect(await teacher.page.locator('li b').allTextContents(), 'who asks for help is first').to.deep.equal([
      'Student 1',
      'Student 2',
    ]);
  });

  it('the teacher looks into a lab once the student allows it, sees what is typed, and can do nothing', async () => {
    await teacher.page.getByRole('button', { name: 'Look: Student 1' }).click();
    await alice.page.getByRole('button', { name: 'Allow, for an hour' }).click();
    const opens = teacher.page.context().waitForEvent('page');
    await teacher.page.getByRole('button', { name: 'Open: Student 1' }).click();
    const look = Person.at(await opens);
    await look.page.getByText('nothing can be done here').waitFor();
    await look.page.getByRole('tab', { name: 'web1' }).waitFor();
    await alice.page.locator('.screen:not([hidden]) .console').click();
    await alice.page.keyboard.type('echo $((1234 * 3))\r');
    await look.shows('3702');
    // What the teacher types gets nowhere: the next line of the student's is as she wrote it.
    await look.page.locator('.screen:not([hidden]) .console').click();
    await look.page.keyboard.type('exit\r');
    await alice.page.keyboard.type('echo "still $((40 + 2))"\r');
    await alice.shows('still 42');
    await look.shows('still 42');
    for (const name of ['End this one', 'Break something', 'Lab'])
      expect(await look.page.getByRole('button', { name, exact: true }).count(), name).to.equal(0);
    await alice.page.getByRole('button', { name: 'End it' }).click();
    await look.page.getByText('Open your personal link again').waitFor();
    await look.page.close();
  });

  it('the front is killed while both work, and served again: nothing of a terminal is lost', async () => {
    const type = async ({ page }: Person, line: string) => {
      await page.locator('.screen:not([hidden]) .console').click();
      await page.keyboard.type(line);
    };
    // What goes on in the terminals meanwhile.
    for (const person of [alice, bob])
      await type(
        person,
        'for n in $(seq 1 400); do echo "line $n of $WHO"; sleep 0.05; done; echo "all $((9 * 9))"\r',
      );
    await untilTrue(
      alice.page,
      `${screen}.match(/line \\d+ of s1/g)?.some((line) => Number(line.split(' ')[1]) >= 20)`,
    );
    const since = Date.now();
    await cluster.killFront(front);
    front = await cluster.front('pages');
    const served = Date.now() - since;
    for (const [who, person] of [
      ['s1', alice],
      ['s2', bob],
    ] as const) {
      await person.shows('all 81');
      const numbers = [...person.heard.matchAll(new RegExp(`line (\\d+) of ${who}`, 'g'))].map(([, n]) =>
        Number(n),
      );
      expect(numbers, 'every line, once, in its order').to.deep.equal(
        Array.from({ length: 400 }, (_, at) => at + 1),
      );
      // And the same terminal takes what is typed; nobody opened a link again.
      await type(person, 'echo "again $((5 * 5))"\r');
      await person.shows('again 25');
    }
    report(`front killed and serving again after ${served} ms (load ${load()})`);
  });

  it('a lab that nobody uses is saved and ends; its student opens it again and it goes on', async () => {
    await cluster.mustLab(
      'pages',
      'init',
      join(cluster.shared, 'pages'),
      '--cluster',
      '--idle-seconds',
      '40',
    );
    await cluster.mustLab('pages', 'down', '--keep');
    await cluster.mustLab('pages', 'up');
    await cluster.until('pages', (all) => all.every(({ condition }) => condition === 'running'), 60);
    await alice.page.close();
    const kept = cluster.saved('pages', 's1').length;
    // The link once more, in the same tab.
    await bob.open(links.get('s2') ?? '');
    await bob.terminal('web1', '$');
    // It holds nobody up should the test fail.
    const uses = setInterval(() => void bob.page.keyboard.type('a').catch(() => undefined), 5000).unref();
    await cluster.until('pages', (all) => all[0]?.condition === 'idle', 180);
    expect((await cluster.status('pages'))[1]?.condition, 'who works').to.equal('running');
    clearInterval(uses);
    const work = cluster.saved('pages', 's1');
    expect(work.length).to.be.above(kept);
    const since = Date.now();
    alice = await Person.with(browsers[0] as Browser);
    await alice.open(links.get('s1') ?? '');
    report(`an idle lab opened again: its page after ${Date.now() - since} ms (load ${load()})`);
    await cluster.mustLab('pages', 'down', 's1', '--keep');
    expect(cluster.saved('pages', 's1').slice(0, work.length)).to.deep.equal(work);
  });
});

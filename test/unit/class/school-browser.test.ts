import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { browserNote, untilTrue, violationsOf } from '../helpers/browser.ts';
import { onPosix } from '../helpers/only.ts';
import { schoolStage } from './school-stage.ts';

const GO = {
  en: 'Sign in with your school account',
  fr: 'Se connecter avec le compte de votre établissement',
};

onPosix('sockets in the file system').describe(
  `class: signing in through a school, in a browser${browserNote}`,
  () => {
    const on = schoolStage();
    const address = (path: string) => `${on.front.origin}${path}`;
    const go = (page: Page) => page.getByRole('button', { name: GO.en });
    const said = (page: Page, words: string) => page.getByRole('status').getByText(words).waitFor();
    const lab = async (page: Page, student: string) => {
      await page.locator('[data-machine=lb1]').waitFor();
      expect(await page.locator('h1').textContent()).to.equal(`Lab ${student}`);
      expect(page.url()).to.equal(address('/'));
    };
    /** At the provider, by keys alone: who it is, and (the first time) that this class may know it. */
    const atProvider = async (page: Page, who: string, agrees = true) => {
      await page.getByPlaceholder('Enter any login').waitFor();
      for (const word of [who, 'x']) {
        await page.keyboard.type(word);
        await page.keyboard.press(word === 'x' ? 'Enter' : 'Tab');
      }
      if (!agrees) return;
      await page.getByRole('button', { name: 'Continue' }).waitFor();
      await page.keyboard.press('Enter');
    };
    const signIn = async (page: Page, who: string) => {
      await go(page).click();
      await atProvider(page, who);
    };
    /** Tab, until something is in front that is called so; then Enter. */
    const press = async (page: Page, name: string) => {
      for (let count = 0; count < 60; count += 1) {
        if ((await page.evaluate('document.activeElement.textContent')) === name)
          return page.keyboard.press('Enter');
        await page.keyboard.press('Tab');
      }
      throw new Error(`no way by keys to: ${name}`);
    };
    const inBothThemes = async (page: Page, where: string) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        expect(await violationsOf(page), `${where}, ${colorScheme}`).to.deep.equal([]);
      }
    };
    const entries = async (page: Page) => {
      const session = await page.context().newCDPSession(page);
      const found = (await session.send('Page.getNavigationHistory')) as { entries: { url: string }[] };
      return found.entries.map(({ url }) => url);
    };
    const kept = (page: Page, name: string) =>
      page.evaluate<string | null>(`sessionStorage.getItem(${JSON.stringify(name)})`);
    const isIn = (page: Page, token: string) =>
      page.evaluate<number>(
        `fetch('/session', { headers: { Authorization: 'Bearer ${token}' } }).then(({ status }) => status)`,
      );

    it('two students at once, by keys alone: each in the own lab; nothing secret is left; a reload stays in', async () => {
      const asked: Promise<Record<string, string>>[] = [];
      const heard: string[] = [];
      const enters = async (page: Page, who: string, language: 'en' | 'fr') => {
        page.on('request', (request) => asked.push(request.allHeaders().catch(() => ({}))));
        page.on('request', (request) => heard.push(request.url()));
        await page.locator('#class').getByText(GO[language]).waitFor();
        if (language === 'fr') await inBothThemes(page, 'at the front');
        await press(page, GO[language]);
        await atProvider(page, who);
        await lab(page, who);
      };
      const [alice, bob] = await Promise.all([on.comes('/'), on.comes('/', 'fr-FR')]);
      await Promise.all([enters(alice, 'alice', 'en'), enters(bob, 'bob', 'fr')]);
      await inBothThemes(alice, 'in the lab');
      // What is pressed by keys stays in front under its new name.
      await press(alice, 'Ask for help');
      await untilTrue(alice, `document.activeElement.textContent.endsWith('Take it back')`);
      expect(await alice.content()).to.not.contain('bob');
      expect(await bob.content()).to.not.contain('alice');

      const codes = heard.map((url) => new URL(url).searchParams.get('code')).filter((code) => code !== null);
      expect(codes.length).to.equal(2);
      const [one, two] = [(await kept(alice, 'token')) ?? '', (await kept(bob, 'token')) ?? ''];
      expect(one)
        .to.match(/^[\w-]{43}$/)
        .and.not.equal(two);
      const referers = (await Promise.all(asked)).map(({ referer }) => referer ?? '');
      expect(
        referers.some((text) => text !== ''),
        'the provider’s pages have one',
      ).to.equal(true);
      const left = [...referers, ...(await entries(alice)), ...(await entries(bob))].join('\n');
      for (const secret of [...codes, one, two, 'code=', 'state=']) expect(left).to.not.contain(secret);
      expect(await kept(alice, 'ticket')).to.equal(null);
      expect(await alice.context().cookies(on.front.origin)).to.deep.equal([]);

      await alice.reload();
      await lab(alice, 'alice');
      expect(await kept(alice, 'token')).to.equal(one);
    });

    it('who is not of the class: a sentence, and another account', async () => {
      const page = await on.comes('/school');
      await signIn(page, 'mallory');
      await said(page, 'This account of your school is not in this class.');
      expect(await page.getByRole('status').textContent()).to.contain('(mallory)');
      expect(page.url()).to.equal(address('/school'));
      await press(page, 'Français');
      await said(page, 'Ce compte de votre établissement n’est pas dans cette classe.');
      expect(await page.title()).to.equal('Connexion');
      await inBothThemes(page, 'refusé');
      // The school knows mallory still; it asks who it is all the same.
      await press(page, 'Se connecter avec un autre compte');
      await atProvider(page, 'alice');
      await lab(page, 'alice');
    });

    it('back from the provider, and cancelled there: a sentence, and the button is in front', async () => {
      const page = await on.comes('/school');
      await go(page).click();
      await page.getByPlaceholder('Enter any login').waitFor();
      await page.goBack();
      // A browser that keeps a page for "back" shows it as it was left: it is opened anew.
      const opened = page.waitForEvent('load');
      await page.evaluate(`void dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`);
      await opened;
      await go(page).click();
      await page.getByRole('link', { name: 'Cancel' }).click();
      await said(page, 'this was cancelled or refused there');
      await page.keyboard.press('Enter');
      await atProvider(page, 'bob');
      await lab(page, 'bob');
      expect(on.told).to.deep.equal([]);
    });

    it('the provider does not answer: a sentence, at the beginning and at the end', async () => {
      const page = await on.comes('/school');
      on.meanwhile = on.stopProvider;
      await signIn(page, 'alice');
      await said(page, 'The sign-in of your school does not answer.');
      expect(on.told.join()).to.match(/^school: fetch failed \(/);
      await page.getByRole('button', { name: 'Français' }).click();
      await said(page, 'La connexion de votre établissement ne répond pas.');
      await page.getByRole('button', { name: 'English' }).click();
      on.told.length = 0;
      const answers = page.waitForResponse(address('/school/begin'));
      await go(page).click();
      await answers;
      await said(page, 'The sign-in of your school does not answer.');
      await on.startProvider();
      await signIn(page, 'alice');
      await lab(page, 'alice');
    });

    it('the way back opens nothing in another browser, and nothing twice', async () => {
      const [alice, mallory] = await Promise.all([on.comes('/school'), on.comes('/school')]);
      let url = '';
      on.meanwhile = async (query) => {
        url = address(`/school?${query}`);
        await mallory.goto(url);
        await said(mallory, 'This sign-in was begun in another tab or browser');
      };
      await signIn(alice, 'alice');
      // What the other browser did was none of this flow's business.
      await lab(alice, 'alice');
      expect(await kept(mallory, 'token')).to.equal(null);
      const token = await kept(alice, 'token');
      // Once more in the same tab: who is in stays in, and comes back there.
      await alice.goto(url);
      await lab(alice, 'alice');
      expect(await kept(alice, 'token')).to.equal(token);
      await alice.getByRole('button', { name: 'Sign out' }).click();
      await alice.getByText('You are signed out.').waitFor();
      await alice.goto(url);
      await said(alice, 'This sign-in was begun in another tab or browser');
      expect(await kept(alice, 'token')).to.equal(null);
      expect((await entries(alice)).join()).to.not.contain('code=');
    });

    it('signed out: here, in a second tab, on the way back, and at the school', async () => {
      const page = await on.comes('/school');
      await signIn(page, 'alice');
      await lab(page, 'alice');
      const token = (await kept(page, 'token')) ?? '';
      const opens = page.context().waitForEvent('page');
      await page.evaluate(`void open('/')`);
      const second = await opens;
      await lab(second, 'alice');
      await press(page, 'Sign out');
      await page.getByText('You are signed out.').waitFor();
      await inBothThemes(page, 'signed out');
      expect(await page.locator('[data-machine]').count()).to.equal(0);
      expect(await isIn(page, token)).to.equal(401);
      await second.locator('#class').getByText(GO.en).waitFor();
      expect(await second.locator('[data-machine]').count(), 'in the second tab').to.equal(0);

      for (let count = (await entries(page)).length; count > 1; count -= 1) {
        await page.goBack({ waitUntil: 'commit' });
        expect(await page.locator('[data-machine]').count(), page.url()).to.equal(0);
      }
      await page.goto(address('/'));
      expect(await kept(page, 'token')).to.equal(null);
      await page.getByRole('link', { name: 'Sign out there too' }).click();
      await page.getByRole('button', { name: 'Yes, sign me out' }).click();
      await page.getByText('Sign-out Success').waitFor();
      await page.goto(address('/school'));
      // Whoever comes next in this tab is asked who it is.
      await page.getByRole('button', { name: 'Sign in with another account' }).click();
      await atProvider(page, 'bob');
      await lab(page, 'bob');
      expect(await page.content()).to.not.contain('alice');
    });

    it('with whose files a lab began stands above it, in the language of the page, until it was read', async () => {
      const page = await on.comes(on.links.get('bob') ?? '', 'fr-FR');
      await lab(page, 'bob');
      const line = page.locator('#class [role=alert]');
      expect(await line.count()).to.equal(0);
      const own = [{ lab: '04', machines: { lb1: ['/etc/haproxy/haproxy.cfg'] }, done: [] }];
      on.began('bob', { lab: '08', own, kit: [] });
      await line.waitFor();
      expect(await line.textContent()).to.equal(
        'Lab 08 Il commence avec vos propres fichiers du lab 04 : lb1 (haproxy.cfg).Lu',
      );
      await inBothThemes(page, 'with whose files');
      await press(page, 'Lu');
      await untilTrue(page, `document.querySelectorAll('#class [role=alert]').length === 0`);
      await page.reload();
      await lab(page, 'bob');
      await page.getByRole('button', { name: 'Se déconnecter' }).waitFor();
      expect(await line.count(), 'after a reload').to.equal(0);
      on.began('bob', undefined);
    });

    it('personal links let in beside it, and a teacher comes to the wall', async () => {
      const [alice, bob, wall] = await Promise.all([
        on.comes('/school'),
        on.comes(on.links.get('bob') ?? ''),
        on.comes('/wall'),
      ]);
      await signIn(alice, 'alice');
      await Promise.all([lab(alice, 'alice'), lab(bob, 'bob')]);
      await bob.getByRole('button', { name: 'Sign out' }).click();
      await bob.getByText('You are signed out.').waitFor();
      expect(await bob.locator('#class').textContent(), 'a link is none of the school’s').to.not.contain(
        'may still',
      );
      await bob.goto(on.links.get('bob') ?? '');
      await lab(bob, 'bob');
      expect(await isIn(alice, (await kept(alice, 'token')) ?? '')).to.equal(200);

      await inBothThemes(wall, 'the wall, nobody in');
      await press(wall, GO.en);
      await atProvider(wall, 'tina');
      await wall.getByText('Student alice').waitFor();
      await press(wall, 'Français');
      await untilTrue(wall, `document.title === 'Classe ha1' && document.documentElement.lang === 'fr'`);
      await press(wall, 'English');
      await untilTrue(wall, `document.title === 'Class ha1' && document.documentElement.lang === 'en'`);
      await inBothThemes(wall, 'the wall');
      await press(wall, 'Sign out');
      await wall.getByText('You are signed out.').waitFor();
      await untilTrue(wall, `document.querySelectorAll('li').length === 0`);
    });
  },
);

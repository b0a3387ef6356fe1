import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CustomFetch } from 'openid-client';
import type { Browser, Page } from 'playwright-core';
import { Agent, fetch as reach } from 'undici';
import { ROOT } from '../../../tasks/base/paths.ts';
import { certificateFor } from '../../../tasks/class/front/certificate.ts';
import { Desk } from '../../../tasks/class/front/desk.ts';
import { giveKeys, readLinks } from '../../../tasks/class/front/links.ts';
import { LAB_HOST } from '../../../tasks/class/front/proxy.ts';
import { countsAt, SchoolSignIn } from '../../../tasks/class/front/school.ts';
import { type Front, startFront } from '../../../tasks/class/front/server.ts';
import { readBar, readSchool, readSigning, readWall } from '../../../tasks/class/front/wall.ts';
import { placesOf as placesOfClass } from '../../../tasks/class/places.ts';
import type { School } from '../../../tasks/class/school-settings.ts';
import { readTalk } from '../../../tasks/class/talk.ts';
import { assetsOf } from '../../../tasks/studio/assets.ts';
import { Feed } from '../../../tasks/studio/feed.ts';
import { type Studio, startStudio } from '../../../tasks/studio/server.ts';
import { chromiumProgram, openBrowser } from '../helpers/browser.ts';
import { fakeActs } from '../studio/acts.ts';
import { atRest } from '../studio/made.ts';
import { buildPage, placesOf } from '../studio/stage.ts';

const STUDENTS = ['alice', 'bob'];
/** Who the provider says is a teacher. */
const TEACHER = 'tina';

/** The front of a class and the provider of its school, both with TLS and names of their own on the loopback address, and a browser. */
export interface SchoolStage {
  browser: Browser;
  front: Front;
  /** Where the provider is. */
  issuer: string;
  /** Personal links of students. */
  links: Map<string, string>;
  /** What the front told whoever runs it, of the provider. */
  told: string[];
  /** With whose files a student's lab began, as its server said it; undefined: nobody asked. */
  began(student: string, said: unknown): void;
  /** What happens, once, between the way back from the provider and the front's question to it. */
  meanwhile: ((query: string) => Promise<void>) | undefined;
  stopProvider(): Promise<void>;
  startProvider(): Promise<void>;
  /** A browser of somebody's own at a page of the front. */
  comes(path: string, locale?: string): Promise<Page>;
}

/** Registers what makes a stage, where there is a Chromium. */
export function schoolStage(): SchoolStage {
  const own = { links: new Map(), told: [] as string[] } as unknown as SchoolStage;
  const studios: Studio[] = [];
  let folder = '';
  let provider: ChildProcess | undefined;
  let port = 0;
  let signIn: SchoolSignIn;
  let school: School;
  const { error } = console;

  /** The studio of a student's lab, with a picture that says whose it is. */
  async function serveLab(student: string): Promise<void> {
    const feed = new Feed(placesOf);
    const behind = { socket: join(folder, student), host: LAB_HOST, token: tokenOf(student) };
    studios.push(await startStudio(feed, assetsOf(ROOT, ''), behind, fakeActs()));
    for (const event of atRest())
      await feed.event(event.what === 'plan' ? { ...event, plan: { ...event.plan, lab: student } } : event);
  }

  own.began = (student, said) => {
    const places = placesOfClass(folder);
    mkdirSync(places.lab(student), { recursive: true });
    if (said === undefined) rmSync(places.began(student), { force: true });
    else writeFileSync(places.began(student), JSON.stringify(said));
  };

  async function serveFront(): Promise<void> {
    const { students, teacher } = await giveKeys(folder, STUDENTS, STUDENTS, false);
    const script = Buffer.from((await buildPage(ROOT)).contents).toString();
    const lab = (student: string) =>
      ({ student, name: `Student ${student}`, condition: 'running', server: 's1' }) as const;
    own.front = await startFront(
      {
        ...(await certificateFor(folder, 'front.test', {})),
        host: 'front.test',
        listen: '127.0.0.1',
        port: 0,
      },
      {
        ...{
          assets: assetsOf(ROOT, script),
          wall: readWall(ROOT),
          bar: readBar(ROOT),
          signing: readSigning(ROOT),
        },
        links: () => readLinks(folder),
        connect: async (student) => ({ socket: connect(join(folder, student)), token: tokenOf(student) }),
        labs: () => ({ class: 'ha1', now: Date.now(), labs: STUDENTS.map(lab) }),
        desk: new Desk({
          ...{ folder, lab, talk: () => readTalk(folder), resume: async () => undefined },
          ...{ start: async () => [], extend: async () => [] },
        }),
        school: {
          page: readSchool(ROOT),
          signIn: {
            begin: (...words) => signIn.begin(...words),
            async end(origin, query, ticket) {
              const { meanwhile } = own;
              own.meanwhile = undefined;
              await meanwhile?.(String(query));
              return signIn.end(origin, query, ticket);
            },
            wayOut: () => signIn.wayOut(),
          },
          counts: async () => (entered) => countsAt(school, STUDENTS, entered),
        },
        sessions: placesOfClass(folder).sessions,
      },
    );
    for (const { student, key } of students) own.links.set(student, `${own.front.origin}/#code=${key}`);
    own.links.set('teacher', `${own.front.origin}/wall#code=${teacher}`);
  }

  /** As the front reaches it, with TLS: the name is this computer's here, and the certificate one that is known. */
  async function trustProvider(): Promise<void> {
    const { cert } = await certificateFor(join(folder, 'provider'), 'school.test', {});
    const lookup = (_name: string, _options: unknown, done: (error: null, found: unknown) => void) =>
      done(null, [{ address: '127.0.0.1', family: 4 }]);
    const dispatcher = new Agent({ connect: { ca: cert, lookup } as never, keepAliveTimeout: 1 });
    const asked: CustomFetch = async (url, init) =>
      (await reach(url, { ...init, dispatcher } as never)) as unknown as Response;
    own.issuer = `https://school.test:${port}`;
    school = {
      ...{ issuer: own.issuer, clientId: 'labs', secretFile: join(folder, 'secret') },
      ...{ claim: 'preferred_username', teachers: [TEACHER] },
    };
    signIn = new SchoolSignIn(school, async () => STUDENTS, Date.now, asked);
  }

  Object.assign(own, {
    async startProvider() {
      const { cert, key } = placesOfClass(join(folder, 'provider')).certificate;
      const words = ['https://school.test', `${own.front.origin}/school`, cert, key, String(port)];
      const started = fork(join(import.meta.dirname, 'provider.mjs'), words, {
        stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
        execArgv: [],
      });
      provider = started;
      port = await new Promise<number>((resolve, reject) => {
        started.once('exit', () => reject(new Error('no provider')));
        started.stdout?.on('data', (data) => {
          const [, found] = /port (\d+)/.exec(String(data)) ?? [];
          if (found) resolve(Number(found));
        });
      });
    },
    async stopProvider() {
      if (!provider || provider.exitCode !== null || provider.signalCode !== null) return;
      const ended = once(provider, 'exit');
      provider.kill();
      await ended;
    },
    async comes(path: string, locale = 'en-GB') {
      const context = await own.browser.newContext({
        ...{ locale, viewport: { width: 1280, height: 720 }, reducedMotion: 'reduce' },
        // Both certificates are ones that were made for here.
        ignoreHTTPSErrors: true,
      });
      context.setDefaultTimeout(60_000);
      const page = await context.newPage();
      await page.goto(path.startsWith('https:') ? path : `${own.front.origin}${path}`);
      return page;
    },
  } satisfies Partial<SchoolStage>);

  before(async function () {
    if (!chromiumProgram) this.skip();
    folder = mkdtempSync(join(tmpdir(), 'school-'));
    mkdirSync(join(folder, 'provider'));
    writeFileSync(join(folder, 'secret'), 'secret-of-labs\n');
    for (const student of STUDENTS) await serveLab(student);
    await serveFront();
    await certificateFor(join(folder, 'provider'), 'school.test', {});
    await own.startProvider();
    await trustProvider();
    // What is neither of both names leads nowhere.
    own.browser = await openBrowser('--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND');
    console.error = (line: string) => void own.told.push(line);
  });
  after(async () => {
    console.error = error;
    await own.browser?.close();
    await own.front?.close();
    for (const studio of studios) await studio.close();
    await own.stopProvider();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const context of own.browser?.contexts() ?? []) await context.close();
    own.told.length = 0;
  });
  return own;
}

const tokenOf = (student: string) => `token-of-${student}-0123456789`;

import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { certificateFor } from '../../../tasks/class/front/certificate.ts';
import { Desk } from '../../../tasks/class/front/desk.ts';
import { digest } from '../../../tasks/class/front/links.ts';
import { toldOf, whyOf } from '../../../tasks/class/front/refusal.ts';
import {
  countsAt,
  type Entered,
  SchoolSignIn,
  studentNamed,
  subjectKey,
} from '../../../tasks/class/front/school.ts';
import { type Front, startFront } from '../../../tasks/class/front/server.ts';
import { type School, schoolFrom } from '../../../tasks/class/school-settings.ts';
import { askServer } from '../helpers/asking.ts';

const ISSUER = 'https://school.test';
const FRONT = 'https://front.test:8443';
const BACK = `${FRONT}/school`;
const STALE = { why: 'stale' };
const FAILED = { why: 'failed' };

describe('class: who a school says somebody is', () => {
  const school: School = {
    issuer: ISSUER,
    clientId: 'labs',
    secretFile: '/s',
    claim: 'preferred_username',
    teachers: ['t1'],
  };
  const roster = ['alice', 'bob@example.org'];

  it('exactly a student of the roster, or nobody', () => {
    const named = (claims: Record<string, unknown>, more: Partial<School> = {}) =>
      studentNamed({ ...school, ...more }, claims, roster);
    expect(named({ preferred_username: ' Alice ' })).to.equal('alice');
    expect(named({ preferred_username: 'bob@example.org' })).to.equal('bob@example.org');
    for (const value of ['bob', 'alice@elsewhere.org', '', 5, undefined, ['alice'], 'constructor', 'alicé'])
      expect(named({ preferred_username: value }), String(value)).to.equal(undefined);
    const mail = { claim: 'email', domain: 'School.test' };
    expect(named({ email: 'alice@school.test', email_verified: true }, mail)).to.equal('alice');
    expect(named({ email: 'alice@school.test' }, mail)).to.equal('alice');
    expect(named({ email: 'alice@school.test', email_verified: false }, mail)).to.equal(undefined);
    for (const email of [
      'alice@evil.test',
      'alice@evilschool.test',
      'alice',
      '@school.test',
      'alice@school.test@evil.test',
    ])
      expect(named({ email }, mail), email).to.equal(undefined);
  });

  it('a session counts as long as the class says so', () => {
    const alice: Entered = { visitor: { kind: 'student', student: 'alice' }, key: subjectKey(ISSUER, 's') };
    const teacher: Entered = { visitor: { kind: 'teacher' }, key: subjectKey(ISSUER, 't1') };
    expect([alice, teacher].map((one) => countsAt(school, roster, one))).to.deep.equal([true, true]);
    expect(countsAt(school, ['bob'], alice)).to.equal(false);
    expect(countsAt({ ...school, teachers: ['t2'] }, roster, teacher)).to.equal(false);
    expect(countsAt({ ...school, issuer: 'https://other.test' }, roster, teacher)).to.equal(false);
    expect(countsAt(undefined, roster, alice)).to.equal(false);
    expect(countsAt(school, roster, { ...alice, key: digest('x') })).to.equal(false);
  });

  it('settings that cannot be: one sentence', () => {
    const of = (more: Record<string, unknown>) => () => schoolFrom({ ...school, domain: undefined, ...more });
    expect(of({})()).to.deep.include(school);
    for (const more of [
      { issuer: 'http://school.test' },
      { issuer: 'x' },
      { secretFile: 'secret' },
      { claim: 'a b' },
      { domain: 'a/b' },
      { clientId: '' },
      { issuer: undefined },
    ])
      expect(of(more), JSON.stringify(more)).to.throw(/cannot be a sign-in/);
  });
});

describe('class: signing in through a school', () => {
  let folder: string;
  let provider: ChildProcess;
  let port = 0;
  let school: School;
  const students = ['alice', 'bob'];
  /** What is done to what the provider answers at its token endpoint. */
  let forged: ((tokens: Record<string, unknown>) => Record<string, unknown>) | undefined;
  let last: Record<string, unknown> = {};

  /** The provider as its proxy reaches it. */
  const reach = (url: string, init: RequestInit = {}) => {
    const at = new URL(url);
    const headers = new Headers(init.headers);
    headers.set('X-Forwarded-Proto', 'https');
    headers.set('X-Forwarded-Host', 'school.test');
    return fetch(`http://127.0.0.1:${port}${at.pathname}${at.search}`, {
      ...init,
      headers,
      redirect: 'manual',
    });
  };
  const forClient = async (url: string, init: unknown) => {
    const answer = await reach(url, init as RequestInit);
    if (!url.endsWith('/token') || !answer.ok) return answer;
    last = (await answer.json()) as Record<string, unknown>;
    return Response.json(forged ? forged(last) : last);
  };
  const signIn = (now?: () => number, more: Partial<School> = {}) =>
    new SchoolSignIn({ ...school, ...more }, async () => students, now, forClient);

  /** A browser at the provider: signs in as somebody, agrees, and returns the words that it is sent back with. */
  const atProvider = async (to: string, who: string): Promise<string> => {
    const cookies = new Map<string, string>();
    let url = to;
    let form: string | undefined;
    for (let hops = 0; hops < 20; hops += 1) {
      const headers = new Headers({
        Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      });
      if (form !== undefined) headers.set('Content-Type', 'application/x-www-form-urlencoded');
      const answer = await reach(url, {
        headers,
        ...(form === undefined ? {} : { method: 'POST', body: form }),
      });
      for (const cookie of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        if (value === '') cookies.delete(name);
        else cookies.set(name, value);
      }
      const next = answer.headers.get('location');
      form = undefined;
      if (next?.startsWith(BACK)) return next.slice(BACK.length + 1);
      if (next) url = new URL(next, url).href;
      else {
        const prompt = /name="prompt" value="(\w+)"/.exec(await answer.text())?.[1];
        if (!prompt) throw new Error(`the provider said ${answer.status} at ${url}`);
        form = prompt === 'login' ? `prompt=login&login=${who}&password=x` : `prompt=${prompt}`;
      }
    }
    throw new Error('no end');
  };
  const quietly = async <T>(work: () => Promise<T>, told: unknown[] = []): Promise<T> => {
    const { error } = console;
    console.error = (line: unknown) => void told.push(line);
    try {
      return await work();
    } finally {
      console.error = error;
    }
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'school-'));
    writeFileSync(join(folder, 'secret'), 'secret-of-labs\n');
    writeFileSync(join(folder, 'other'), 'secret-of-other\n');
    school = {
      issuer: ISSUER,
      clientId: 'labs',
      secretFile: join(folder, 'secret'),
      claim: 'preferred_username',
      teachers: ['tina'],
    };
    provider = fork(join(import.meta.dirname, 'provider.mjs'), [ISSUER, BACK], {
      stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
      execArgv: [],
    });
    port = await new Promise<number>((resolve, reject) => {
      provider.once('exit', () => reject(new Error('no provider')));
      provider.stdout?.on('data', (data) => {
        const [, found] = /port (\d+)/.exec(String(data)) ?? [];
        if (found) resolve(Number(found));
      });
    });
  });
  after(() => {
    provider?.removeAllListeners('exit');
    provider?.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    forged = undefined;
  });

  it('a student and a teacher come in; state, nonce and PKCE are asked for', async () => {
    const desk = signIn();
    const { to, ticket } = await desk.begin(FRONT);
    const words = new URL(to).searchParams;
    expect(words.get('redirect_uri')).to.equal(BACK);
    expect(words.get('code_challenge_method')).to.equal('S256');
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(words.get(name), name).to.match(/^[\w-]{43}$/);
    expect(to).to.not.contain(ticket);
    const query = await atProvider(to, 'alice');
    expect(await desk.end(FRONT, query, ticket)).to.deep.equal({
      ...{ visitor: { kind: 'student', student: 'alice' }, key: subjectKey(ISSUER, 'alice') },
    });
    const second = await desk.begin(FRONT);
    expect(await desk.end(FRONT, await atProvider(second.to, 'tina'), second.ticket)).to.deep.equal({
      ...{ visitor: { kind: 'teacher' }, key: subjectKey(ISSUER, 'tina') },
    });
    const mail = signIn(undefined, { claim: 'email', domain: 'school.test' });
    const third = await mail.begin(FRONT);
    expect(await mail.end(FRONT, await atProvider(third.to, 'bob'), third.ticket)).to.deep.equal({
      ...{ visitor: { kind: 'student', student: 'bob' }, key: subjectKey(ISSUER, 'bob') },
    });
    expect(new URL((await desk.begin(FRONT, true)).to).searchParams.get('prompt')).to.equal('login');
    expect(words.get('prompt')).to.equal(null);
    expect(await desk.wayOut()).to.equal(`${ISSUER}/session/end?client_id=labs`);
    expect(await signIn().wayOut(), 'not asked yet').to.equal(undefined);
  });

  it('attacks: another state, another browser, used again, too late, nobody of the class', async () => {
    let now = Date.now();
    const desk = signIn(() => now);
    const [one, two] = [await desk.begin(FRONT), await desk.begin(FRONT)];
    const query = await atProvider(one.to, 'alice');
    const stateOf = (to: string) => new URL(to).searchParams.get('state') ?? '';
    const swapped = new URLSearchParams(query);
    swapped.set('state', stateOf(two.to));
    for (const [name, words, ticket] of [
      ['no state', query.replace(/state=[^&]*/, ''), one.ticket],
      ['a state of nobody', query.replace(/state=[^&]*/, 'state=x'), one.ticket],
      ['another browser: its own ticket', query, two.ticket],
      ['no ticket', query, undefined],
      ['no words', undefined, one.ticket],
      ['an object', { state: stateOf(one.to) }, one.ticket],
      // The state of a flow of one's own with a code of another's: the code belongs to another verifier.
      ['a code of another flow', swapped.toString(), two.ticket],
    ] as const)
      expect(await quietly(() => desk.end(FRONT, words, ticket)), name).to.deep.equal(STALE);
    // That code was tried with another verifier: the provider gives nothing for it any more, or it counts once.
    const good = await desk.begin(FRONT);
    const words = await atProvider(good.to, 'alice');
    expect(await desk.end(FRONT, words, good.ticket), 'the first time').to.include.keys('visitor');
    expect(await desk.end(FRONT, words, good.ticket), 'the second time').to.deep.equal(STALE);
    const fresh = await desk.begin(FRONT);
    const replayed = new URLSearchParams(words);
    replayed.set('state', stateOf(fresh.to));
    expect(
      await quietly(() => desk.end(FRONT, replayed.toString(), fresh.ticket)),
      'a used code',
    ).to.deep.equal(STALE);
    const late = await desk.begin(FRONT);
    const lateWords = await atProvider(late.to, 'alice');
    now += 10 * 60_000;
    expect(await desk.end(FRONT, lateWords, late.ticket), 'too late').to.deep.equal(STALE);
    const mallory = await desk.begin(FRONT);
    const said: unknown[] = [];
    const asMallory = await atProvider(mallory.to, 'mallory');
    expect(
      await quietly(() => desk.end(FRONT, asMallory, mallory.ticket), said),
      'nobody of the class',
    ).to.deep.equal({ why: 'stranger', account: 'mallory' });
    // So does an administrator learn a teacher's subject.
    expect(said).to.deep.equal([
      'school: not in this class: preferred_username "mallory", subject "mallory"',
    ]);
    const refused = await desk.begin(FRONT);
    const error = `error=access_denied&state=${stateOf(refused.to)}&iss=${encodeURIComponent(ISSUER)}`;
    expect(await quietly(() => desk.end(FRONT, error, refused.ticket)), 'refused').to.deep.equal({
      why: 'denied',
    });
  });

  it('attacks: a token for another client, of another flow, of another signature, from another issuer', async () => {
    const other = signIn(undefined, { clientId: 'other', secretFile: join(folder, 'other') });
    const begun = await other.begin(FRONT);
    await other.end(FRONT, await atProvider(begun.to, 'alice'), begun.ticket);
    const foreign = last.id_token;
    const desk = signIn();
    const attempt = async (how?: typeof forged, query = (words: string) => words) => {
      const { to, ticket } = await desk.begin(FRONT);
      const words = query(await atProvider(to, 'alice'));
      forged = how;
      return quietly(() => desk.end(FRONT, words, ticket));
    };
    expect(await attempt(), 'as it is').to.include.keys('visitor');
    const earlier = last.id_token;
    expect(await attempt((tokens) => ({ ...tokens, id_token: foreign })), 'another audience').to.deep.equal(
      FAILED,
    );
    expect(await attempt((tokens) => ({ ...tokens, id_token: earlier })), 'another nonce').to.deep.equal(
      FAILED,
    );
    expect(await attempt(({ id_token: _, ...tokens }) => tokens), 'no token of who it is').to.deep.equal(
      FAILED,
    );
    const changed = (token: unknown) => {
      const [head = '', body = '', sign = ''] = String(token).split('.');
      const claims = { ...JSON.parse(Buffer.from(body, 'base64url').toString()), sub: 'tina' };
      return [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), sign].join('.');
    };
    const asTeacher = await attempt((tokens) => ({ ...tokens, id_token: changed(tokens.id_token) }));
    expect(asTeacher, 'changed claims').to.deep.equal(FAILED);
    const unsigned = await attempt(({ id_token, ...tokens }) => ({
      ...tokens,
      id_token: String(id_token).replace(/[^.]{40}$/, 'A'.repeat(40)),
    }));
    expect(unsigned, 'another signature').to.deep.equal(FAILED);
    const issuer = await attempt(undefined, (words) =>
      words.replace(/iss=[^&]*/, `iss=${encodeURIComponent('https://evil.test')}`),
    );
    expect(issuer, 'another issuer').to.deep.equal(FAILED);
  });

  it('the front: its page, who may ask, a token that opens the own lab alone and ends with the class’s word', async () => {
    const pair = await certificateFor(folder, 'localhost', {});
    let roster = students;
    let offered = true;
    const assets = { html: '', script: '', style: '', terminal: '' };
    const fake = {
      begin: async () => ({ to: 'https://school.test/auth', ticket: 't' }),
      end: async (_origin: string, query: unknown) =>
        query === 'good'
          ? { visitor: { kind: 'student', student: 'alice' } as const, key: subjectKey(ISSUER, 's') }
          : { why: 'stale' as const },
      wayOut: async () => 'https://school.test/session/end',
    };
    const parts = {
      ...{
        assets,
        wall: assets,
        bar: assets,
        signing: '',
        links: async () => ({ students: {} }),
        labs: () => ({ labs: [] }),
      },
      connect: () => Promise.reject(new Error('no lab')),
      desk: new Desk({
        folder,
        lab: () => undefined,
        talk: async () => ({ messages: [], help: {}, looks: {} }),
      } as unknown as ConstructorParameters<typeof Desk>[0]),
    };
    const start = (more: object): Promise<Front> =>
      startFront({ host: 'localhost', listen: '127.0.0.1', port: 0, ...pair }, {
        ...parts,
        ...more,
      } as Parameters<typeof startFront>[1]);
    const front = await start({
      school: {
        ...{ page: { html: 'the page', script: 'x' }, signIn: fake },
        counts: async () => (entered: Entered) => countsAt(offered ? school : undefined, roster, entered),
      },
    });
    const plain = await start({});
    const ask = (
      at: Front,
      method: string,
      path: string,
      body: unknown,
      headers: Record<string, string> = {},
    ) =>
      askServer(
        {
          host: '127.0.0.1',
          port: at.port,
          servername: 'localhost',
          ca: pair.cert,
          method,
          path,
          headers: {
            Host: `localhost:${at.port}`,
            Origin: `https://localhost:${at.port}`,
            'Content-Type': 'application/json',
            ...headers,
          },
        },
        body === undefined ? '' : JSON.stringify(body),
      );
    try {
      const page = await ask(front, 'GET', '/school?code=x&state=y', undefined, {
        'Sec-Fetch-Site': 'cross-site',
      });
      expect([page.code, page.body]).to.deep.equal([200, 'the page']);
      expect((await ask(plain, 'GET', '/school', undefined)).code).to.equal(404);
      expect((await ask(plain, 'POST', '/school/begin', {})).code).to.equal(404);
      expect(JSON.parse((await ask(front, 'POST', '/school/begin', {})).body)).to.deep.equal({
        to: 'https://school.test/auth',
        ticket: 't',
      });
      expect((await ask(front, 'POST', '/school/begin', {}, { Origin: 'https://evil.test' })).code).to.equal(
        403,
      );
      expect((await ask(front, 'POST', '/school/other', {})).code).to.equal(404);
      for (const wrong of [{ query: 'bad', ticket: 't' }, 'x']) {
        const { code, body } = await ask(front, 'POST', '/school/end', wrong);
        expect([code, JSON.parse(body)]).to.deep.equal([400, STALE]);
      }
      const { token, teacher } = JSON.parse(
        (await ask(front, 'POST', '/school/end', { query: 'good', ticket: 't' })).body,
      ) as { token: string; teacher: boolean };
      expect(teacher).to.equal(false);
      const session = async () =>
        (await ask(front, 'GET', '/session', undefined, { Authorization: `Bearer ${token}` })).code;
      expect(await session()).to.equal(200);
      expect(
        (await ask(front, 'POST', '/labs', {}, { Authorization: `Bearer ${token}` })).code,
        'the wall',
      ).to.equal(403);
      roster = ['bob'];
      expect(await session(), 'no longer of the class').to.equal(401);
      roster = students;
      offered = false;
      expect(await session(), 'no longer offered').to.equal(401);
      offered = true;
      expect(await session()).to.equal(200);
      const logout = async (headers: Record<string, string> = { Authorization: `Bearer ${token}` }) => {
        const { code, body } = await ask(front, 'POST', '/logout', {}, headers);
        return code === 200 ? JSON.parse(body) : code;
      };
      expect(await logout({ Authorization: `Bearer ${token}`, Origin: 'https://evil.test' })).to.equal(403);
      expect(await logout({}), 'nobody').to.deep.equal({ bySchool: false });
      expect(await session(), 'somebody else’s sign-out').to.equal(200);
      expect(await logout()).to.deep.equal({ bySchool: true, at: 'https://school.test/session/end' });
      expect(await session(), 'signed out').to.equal(401);
    } finally {
      await front.close();
      await plain.close();
    }
  });

  it('a provider that cannot be reached is asked again the next time', async () => {
    const away = new SchoolSignIn(
      school,
      async () => students,
      Date.now,
      async () => Promise.reject(new Error('away')),
    );
    let failed = 0;
    for (let count = 0; count < 2; count += 1) await away.begin(FRONT).catch(() => (failed += 1));
    expect(failed).to.equal(2);
  });

  it('what goes wrong has a reason, and a line for whoever runs the front', async () => {
    const begin = (more: Partial<School>, answer: () => Promise<Response>) =>
      new SchoolSignIn({ ...school, ...more }, async () => students, Date.now, answer)
        .begin(FRONT)
        .then(() => undefined)
        .catch((error: unknown) => error);
    const refused = await begin({}, () => fetch('http://127.0.0.1:1/'));
    expect(whyOf(refused), 'nobody listens').to.equal('away');
    expect(toldOf(refused)).to.match(/^school: fetch failed \(.+\)$/);
    expect(whyOf(await begin({}, async () => new Response('', { status: 502 }))), '502').to.equal('away');
    expect(whyOf(await begin({}, async () => new Response('', { status: 404 }))), '404').to.equal('failed');
    expect(whyOf(await begin({}, async () => Response.json({ issuer: 'https://evil.test' })))).to.equal(
      'failed',
    );
    const noFile = await begin({ secretFile: join(folder, 'none') }, () => Promise.reject(new Error('x')));
    expect(whyOf(noFile), 'no secret').to.equal('failed');
    expect(toldOf(Object.assign(new Error('a\u001b[2Jb'), { error_description: 'c\nd' }))).to.equal(
      'school: a [2Jb (c d)',
    );
  });
});

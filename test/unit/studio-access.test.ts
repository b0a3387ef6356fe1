import { expect } from 'chai';
import { WebSocket } from 'ws';
import { LabError } from '../../tasks/base/errors.ts';
import { Access } from '../../tasks/studio/access.ts';
import { Feed } from '../../tasks/studio/feed.ts';
import type { Forecast, ServerMessage } from '../../tasks/studio/page/protocol.ts';
import { type Studio, startStudio } from '../../tasks/studio/server.ts';
import { applyAll } from '../../tasks/watch/model/apply.ts';
import { askServer } from './helpers/asking.ts';
import { fakeActs } from './studio/acts.ts';
import { after, atRest, LOSS } from './studio/made.ts';

describe('studio: codes and tokens', () => {
  it('a code counts once, for a minute; a token for as long as the server runs', () => {
    let now = 0;
    const access = new Access(() => now);
    const [one, two] = [access.code(), access.code()];
    const token = access.exchange(one);
    expect(access.knows(token)).to.equal(true);
    expect(access.exchange(one)).to.equal(undefined);
    now = 60_000;
    expect(access.exchange(two)).to.equal(undefined);
    expect(access.knows(token)).to.equal(true);
  });

  it('nothing else is a code or a token', () => {
    const access = new Access();
    const code = access.code();
    for (const wrong of [undefined, null, '', 5, {}, `${code}x`, code.slice(1)])
      expect(access.exchange(wrong)).to.equal(undefined);
    for (const wrong of [undefined, '', code]) expect(access.knows(wrong)).to.equal(false);
    expect(access.exchange(code)).to.match(/^[\w-]{43}$/);
  });
});

describe('studio: the server', () => {
  let studio: Studio;
  let feed: Feed;
  const assets = { html: '<p>page', script: '1', style: 'a{}', terminal: '2' };
  beforeEach(async () => {
    feed = new Feed(async () => undefined);
    studio = await startStudio(feed, assets);
  });
  afterEach(() => studio.close());

  /** Code and headers of an answer; `headers` are sent as they are. */
  const ask = (method: string, path: string, headers: Record<string, string> = {}, body = '') =>
    askServer(
      {
        ...{ host: '127.0.0.1', port: studio.port, method, path },
        headers: { Host: `127.0.0.1:${studio.port}`, ...headers },
      },
      body,
    );
  const own = () => ({ Origin: `http://127.0.0.1:${studio.port}` });
  const login = (code: string, headers: Record<string, string> = own()) =>
    ask('POST', '/login', headers, JSON.stringify({ code }));
  const codeIn = (link: string) => /#code=(.*)$/.exec(link)?.[1] ?? '';

  it('the page comes with a policy that lets nothing in from elsewhere, and nobody frames or keeps it', async () => {
    const { code, headers, body } = await ask('GET', '/');
    expect([code, body]).to.deep.equal([200, '<p>page']);
    expect(headers['content-security-policy'])
      .to.contain("default-src 'none'")
      .and.to.contain("frame-ancestors 'none'");
    expect(headers['content-security-policy']).to.not.contain('unsafe');
    expect(headers).to.include({
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
    expect(Object.keys(headers).filter((name) => /allow-origin|set-cookie/.test(name))).to.deep.equal([]);
  });

  it('a foreign name that leads here is refused, whatever is asked for', async () => {
    for (const path of ['/', '/app.js', '/session'])
      for (const host of [
        'evil.test',
        `evil.test:${studio.port}`,
        '127.0.0.1',
        `127.0.0.1.evil.test:${studio.port}`,
      ])
        expect((await ask('GET', path, { Host: host })).code, host).to.equal(421);
    const link = studio.link();
    expect(
      (
        await login(codeIn(link), {
          Host: `evil.test:${studio.port}`,
          Origin: `http://evil.test:${studio.port}`,
        })
      ).code,
    ).to.equal(421);
  });

  it('a code is taken from the page itself alone, and once', async () => {
    const code = codeIn(studio.link());
    for (const origin of [
      'http://evil.test',
      'null',
      `http://localhost:${studio.port}`,
      `https://127.0.0.1:${studio.port}`,
    ])
      expect((await login(code, { Origin: origin })).code, origin).to.equal(403);
    expect((await login(code, {})).code).to.equal(403);
    expect((await login(code, { ...own(), 'Sec-Fetch-Site': 'cross-site' })).code).to.equal(403);
    expect((await ask('GET', `/login?code=${code}`, own())).code).to.equal(404);
    expect((await ask('GET', '/login', own())).code).to.equal(404);
    expect((await login(code)).code).to.equal(200);
    expect((await login(code)).code).to.equal(401);
    expect((await ask('POST', '/login', own(), 'x'.repeat(5000))).code).to.equal(401);
  });

  it('what is embedded elsewhere is refused; a link from elsewhere may lead to the page', async () => {
    expect((await ask('GET', '/app.js', { 'Sec-Fetch-Site': 'cross-site' })).code).to.equal(403);
    expect((await ask('GET', '/app.js', { 'Sec-Fetch-Site': 'same-site' })).code).to.equal(403);
    expect((await ask('GET', '/app.js', { 'Sec-Fetch-Site': 'same-origin' })).code).to.equal(200);
    expect((await ask('GET', '/', { 'Sec-Fetch-Site': 'cross-site' })).code).to.equal(200);
  });

  it('a page that only shows has no way to change anything, not even with its token', async () => {
    const headers = {
      ...own(),
      Authorization: `Bearer ${await token()}`,
      'Content-Type': 'application/json',
    };
    for (const path of ['/act', '/predict'])
      for (const method of ['POST', 'GET', 'PUT'])
        expect(
          (await ask(method, path, headers, method === 'GET' ? '' : '{"do":"undo"}')).code,
          path,
        ).to.equal(404);
  });

  describe('what a page may have done', () => {
    let acts: ReturnType<typeof fakeActs>;
    let good: Record<string, string>;
    beforeEach(async () => {
      await studio.close();
      acts = fakeActs();
      studio = await startStudio(feed, assets, 0, acts);
      good = { ...own(), Authorization: `Bearer ${await token()}`, 'Content-Type': 'application/json' };
    });
    const undo = JSON.stringify({ do: 'undo', language: 'en' });
    const act = (headers: Record<string, string>, body: unknown = { do: 'undo', language: 'en' }) =>
      ask('POST', '/act', headers, typeof body === 'string' ? body : JSON.stringify(body));

    it('is begun with the token, from the page itself, as JSON', async () => {
      expect((await act(good)).code).to.equal(202);
      expect(acts.begun).to.deep.equal([{ do: 'undo', language: 'en' }]);
    });

    it('is refused without the token or with another one, from elsewhere, under another name, and as a form', async () => {
      const evil = `evil.test:${studio.port}`;
      const { Authorization: _, ...nobody } = good;
      const { Origin: __, ...nowhere } = good;
      for (const [code, headers] of [
        [401, nobody],
        [401, { ...good, Authorization: 'Bearer x' }],
        [401, { ...good, Authorization: good.Authorization?.slice(7) ?? '' }],
        [403, nowhere],
        [403, { ...good, Origin: 'http://evil.test' }],
        [403, { ...good, Origin: 'null' }],
        [403, { ...good, Origin: `http://localhost:${studio.port}` }],
        [403, { ...good, 'Sec-Fetch-Site': 'cross-site' }],
        [403, { ...good, 'Sec-Fetch-Site': 'same-site' }],
        [421, { ...good, Host: evil, Origin: `http://${evil}` }],
        [415, { ...good, 'Content-Type': 'text/plain' }],
        [415, { ...good, 'Content-Type': 'application/x-www-form-urlencoded' }],
      ] as const)
        for (const path of ['/act', '/predict'])
          expect((await ask('POST', path, headers, undo)).code, JSON.stringify(headers)).to.equal(code);
      for (const method of ['GET', 'PUT', 'DELETE', 'HEAD'])
        expect((await ask(method, '/act', good)).code, method).to.equal(404);
      expect(acts.begun).to.deep.equal([]);
    });

    it('is what is offered and nothing else: no other words reach a command line', async () => {
      const language = 'en';
      for (const body of [
        ...['', 'x', '[]', 'null', '{}', 'x'.repeat(5000), '{"do":"undo"}'],
        { do: 'destroy', language },
        { do: 'undo', language: 'de' },
        { do: 'undo', language, lab: 'other' },
        { do: 'fault', language, target: { kind: 'power' } },
        { do: 'fault', language, target: { kind: 'power', machine: 'client' } },
        { do: 'fault', language, target: { kind: 'power', machine: 'lb9' } },
        { do: 'fault', language, target: { kind: 'power', machine: '--undo' } },
        { do: 'fault', language, target: { kind: 'none', machine: 'lb1' } },
        { do: 'fault', language, target: { kind: 'power', machine: 'lb1', holder: 'front' } },
        { do: 'fault', language, target: { kind: 'kill', machine: 'lb1', service: 'ssh' } },
        { do: 'fault', language, target: { kind: 'kill', machine: 'lb1', service: 'haproxy; reboot' } },
        { do: 'fault', language, target: { kind: 'kill', machine: 'lb1', service: ['haproxy'] } },
        { do: 'fault', language, target: { kind: 'pair', machine: 'db1', peer: 'client' } },
        { do: 'fault', language, target: { kind: 'power', holder: 'everything' } },
        { do: 'drill', language, target: { kind: 'power', machine: 'lb1' }, expect: -1 },
        { do: 'drill', language, target: { kind: 'power', machine: 'lb1' }, expect: '3 --all' },
      ])
        expect((await act(good, body)).code, JSON.stringify(body)).to.equal(400);
      expect(acts.begun).to.deep.equal([]);
      for (const target of [
        { kind: 'kill', machine: 'lb1', service: 'haproxy' },
        { kind: 'power', holder: 'front' },
        { kind: 'pair', machine: 'db1', peer: 'db2' },
      ])
        expect((await act(good, { do: 'fault', language, target })).code).to.equal(202);
      expect(acts.begun).to.have.length(3);
    });

    it('a prediction is told of what is offered; what cannot be told, and a busy kit, say why', async () => {
      const answer = await ask('POST', '/predict', good, '{"kind":"power","holder":"front"}');
      const { fault, expected } = JSON.parse(answer.body) as Forecast;
      expect([answer.code, fault.machine]).to.deep.equal([200, 'lb1']);
      expect(expected.find(({ kind }) => kind === 'page.new')?.formula).to.contain('advert');
      expect((await ask('POST', '/predict', good, '{"kind":"power","machine":"x"}')).code).to.equal(400);
      acts.predict = async () => {
        throw new LabError({ en: 'Nobody holds it.', fr: 'Personne.' });
      };
      const refused = await ask('POST', '/predict', good, '{"kind":"power","holder":"front"}');
      expect([refused.code, JSON.parse(refused.body)]).to.deep.equal([
        409,
        { what: { en: 'Nobody holds it.', fr: 'Personne.' } },
      ]);
      acts.busy = true;
      const busy = await act(good);
      expect(busy.code).to.equal(409);
      expect(busy.body).to.contain('at work');
    });
  });

  const token = async () =>
    (JSON.parse((await login(codeIn(studio.link()))).body) as { token: string }).token;
  /** The first messages of the stream; undefined when it is refused. */
  const stream = (
    protocols: string[],
    options: { origin?: string; host?: string; path?: string } = {},
    count = 1,
  ) =>
    new Promise<ServerMessage[] | undefined>((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${studio.port}${options.path ?? '/live'}`, protocols, {
        origin: options.origin ?? own().Origin,
        ...(options.host ? { headers: { Host: options.host } } : {}),
      });
      const messages: ServerMessage[] = [];
      socket.on('message', (data) => {
        messages.push(JSON.parse(String(data)) as ServerMessage);
        if (messages.length < count) return;
        socket.close();
        resolve(messages);
      });
      socket.on('error', () => resolve(undefined));
    });

  it('the stream needs the token, the page’s own origin and this server’s name', async () => {
    for (const event of atRest()) await feed.event(event);
    const good = ['ha-lab', `token.${await token()}`];
    expect(await stream(good)).to.have.length(1);
    expect(await stream(['ha-lab'])).to.equal(undefined);
    expect(await stream(['ha-lab', 'token.x'])).to.equal(undefined);
    expect(await stream(good.slice(1))).to.equal(undefined);
    expect(await stream(good, { origin: 'http://evil.test' })).to.equal(undefined);
    expect(
      await stream(good, { host: `evil.test:${studio.port}`, origin: `http://evil.test:${studio.port}` }),
    ).to.equal(undefined);
    expect(await stream(good, { path: '/login' })).to.equal(undefined);
    expect((await ask('GET', '/session', { Authorization: `Bearer ${good[1]?.slice(6)}` })).code).to.equal(
      200,
    );
    expect((await ask('GET', '/session', { Authorization: 'Bearer x' })).code).to.equal(401);
  });

  it('a page gets a snapshot, then what happens; both add up to the same state', async () => {
    const rest = atRest();
    const loss = after(rest, LOSS);
    for (const event of rest) await feed.event(event);
    const all = stream(['ha-lab', `token.${await token()}`], {}, 2);
    // What was pending before the page came may still be sent: it is known already.
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const event of loss) await feed.event(event);
    const events = ((await all) ?? []).flatMap((message) =>
      message.kind === 'events' ? message.events : [],
    );
    expect(events[0]?.what).to.equal('snapshot');
    expect(applyAll(events)).to.deep.equal(applyAll([...rest, ...loss]));
  });
});

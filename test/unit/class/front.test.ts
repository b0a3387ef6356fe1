import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { tokenFile } from '../../../tasks/class/front/bridge.ts';
import { cached } from '../../../tasks/class/front/cached.ts';
import { certificateFor } from '../../../tasks/class/front/certificate.ts';
import { Desk } from '../../../tasks/class/front/desk.ts';
import { overLines } from '../../../tasks/class/front/lines.ts';
import { digest, giveKeys, readLinks, renewTeacher, visitorOf } from '../../../tasks/class/front/links.ts';
import { harmlessIn } from '../../../tasks/class/front/look.ts';
import { LAB_HOST } from '../../../tasks/class/front/proxy.ts';
import { type Front, startFront } from '../../../tasks/class/front/server.ts';
import { Sessions } from '../../../tasks/class/front/sessions.ts';
import { Ways } from '../../../tasks/class/front/way.ts';
import { placesOf } from '../../../tasks/class/places.ts';
import type { Condition, LabStatus } from '../../../tasks/class/state.ts';
import { readTalk } from '../../../tasks/class/talk.ts';
import { Feed } from '../../../tasks/studio/feed.ts';
import { type Studio, startStudio } from '../../../tasks/studio/server.ts';
import { askServer } from '../helpers/asking.ts';
import { onPosix } from '../helpers/only.ts';
import { fakeActs } from '../studio/acts.ts';

const posix = onPosix('sockets in the file system');
const assets = { html: '<p>page', script: '1', style: 'a{}', terminal: '2' };

describe('class: links', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'front-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are given once, and only their digests are kept', async () => {
    const { students, teacher = '' } = await giveKeys(
      folder,
      ['alice', 'constructor'],
      ['alice', 'constructor'],
      false,
    );
    expect(students.map(({ student }) => student)).to.deep.equal(['alice', 'constructor']);
    const kept = readFileSync(join(folder, 'links.json'), 'utf8');
    for (const key of [teacher, ...students.map(({ key }) => key)]) {
      expect(key).to.match(/^[\w-]{43}$/);
      expect(kept).to.not.include(key);
    }
    if (process.platform !== 'win32')
      expect(statSync(join(folder, 'links.json')).mode & 0o777).to.equal(0o600);
    const links = await readLinks(folder);
    expect(visitorOf(links, students[0]?.key)).to.deep.equal({ kind: 'student', student: 'alice' });
    expect(visitorOf(links, teacher)).to.deep.equal({ kind: 'teacher' });
    for (const wrong of [undefined, '', 5, {}, 'alice', links.students.alice, links.teacher])
      expect(visitorOf(links, wrong)).to.equal(undefined);
    expect(await giveKeys(folder, ['alice'], ['alice', 'constructor'], false)).to.deep.equal({
      students: [],
      teacher: undefined,
    });
  });

  it('renewed, the earlier one counts no more; nor does that of who left the class', async () => {
    const first = await giveKeys(folder, ['alice', 'bob'], ['alice', 'bob'], false);
    const second = await giveKeys(folder, ['alice'], ['alice'], true);
    const links = await readLinks(folder);
    expect(first.students.map(({ key }) => visitorOf(links, key))).to.deep.equal([undefined, undefined]);
    expect(visitorOf(links, second.students[0]?.key)).to.deep.equal({ kind: 'student', student: 'alice' });
    const key = await renewTeacher(folder);
    expect(visitorOf(await readLinks(folder), first.teacher)).to.equal(undefined);
    expect(visitorOf(await readLinks(folder), key)).to.deep.equal({ kind: 'teacher' });
  });

  it('who is in stays for twelve hours, and no longer than the link counts', async () => {
    let now = 0;
    const sessions = new Sessions(() => now);
    const links = { students: { alice: '' } };
    const key = 'k';
    const visitor = { kind: 'student', student: 'alice' } as const;
    const token = await sessions.begin(visitor, digest(key));
    expect(sessions.visitor(token, links), 'another key').to.equal(undefined);
    const counts = {
      students: { alice: '8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a' },
    };
    expect(sessions.visitor(token, counts)).to.deep.equal(visitor);
    expect(sessions.visitor('x', counts)).to.equal(undefined);
    expect(sessions.visitor(undefined, counts)).to.equal(undefined);
    now = 12 * 3_600_000;
    expect(sessions.visitor(token, counts)).to.equal(undefined);
  });

  it('who is in stays in when the front is served again; a file that is damaged lets nobody in', async () => {
    const file = join(folder, 'sessions.json');
    const links = { students: { alice: digest('a'), bob: digest('b') } };
    const first = await new Sessions(Date.now, file).load();
    const [alice = '', bob = ''] = await Promise.all(
      ['alice', 'bob'].map((student) =>
        first.begin({ kind: 'student', student }, digest(student.slice(0, 1))),
      ),
    );
    expect(readFileSync(file, 'utf8')).to.not.include(alice);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).to.equal(0o600);
    const second = await new Sessions(Date.now, file).load();
    for (const [token, student] of [
      [alice, 'alice'],
      [bob, 'bob'],
    ] as const)
      expect(second.visitor(token, links)).to.deep.equal({ kind: 'student', student });
    expect(second.visitor(alice, { students: { alice: digest('c') } }), 'another link').to.equal(undefined);
    writeFileSync(file, '{"half');
    const said = console.error;
    console.error = () => undefined;
    const third = await new Sessions(Date.now, file).load();
    console.error = said;
    expect(third.visitor(alice, links)).to.equal(undefined);
  });
});

describe('class: bytes over lines', () => {
  it('all of them arrive, in both directions, however the lines are cut', async () => {
    const [there, back] = [new PassThrough(), new PassThrough()];
    const [one, other] = [overLines(back, there), overLines(there, back)];
    const sent = Buffer.from(Array.from({ length: 50_000 }, (_, at) => (at * 7) % 256));
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      const got: Buffer[] = [];
      const all = new Promise<void>((resolve) =>
        to.on('data', (chunk: Buffer) => {
          got.push(chunk);
          if (got.reduce((sum, { length }) => sum + length, 0) === sent.length) resolve();
        }),
      );
      for (let at = 0; at < sent.length; at += 1777) from.write(sent.subarray(at, at + 1777));
      await all;
      expect(Buffer.concat(got).equals(sent)).to.equal(true);
    }
  });

  it('what is no line of it ends it', async () => {
    const input = new PassThrough();
    const stream = overLines(input, new PassThrough());
    const failed = new Promise<Error>((resolve) => stream.on('error', resolve));
    input.write('srun: error: something\n');
    expect((await failed).message).to.include('srun: error');
  });
});

posix.describe('class: the front', () => {
  let folder = '';
  let front: Front;
  let ways: Ways;
  const studios: Studio[] = [];
  const keys = new Map<string, string>();
  const running = new Set<string>();
  let cert = '';
  const conditions: Record<string, Condition> = { eve: 'idle' };
  const resumed: string[] = [];
  const done: string[] = [];
  const labOf = (student: string): LabStatus => ({
    ...{ student, name: student, condition: conditions[student] ?? 'running' },
  });
  const asked: string[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'front-'));
    for (const student of ['alice', 'bob']) {
      const socket = join(folder, student);
      const feed = new Feed(async () => undefined);
      feed.keep({ kind: 'work', work: { command: `of ${student}`, what: 'up', state: 'done', said: [] } });
      const acts = fakeActs();
      const begin = acts.begin.bind(acts);
      acts.begin = (act) => {
        asked.push(`${student} ${act.do}`);
        return begin(act);
      };
      studios.push(
        await startStudio(
          feed,
          assets,
          { socket, host: LAB_HOST, token: `token-of-${student}-0123456789` },
          acts,
        ),
      );
      writeFileSync(tokenFile(socket), `token-of-${student}-0123456789`);
      running.add(student);
    }
    const { students, teacher = '' } = await giveKeys(
      folder,
      ['alice', 'bob', 'eve'],
      ['alice', 'bob', 'eve'],
      false,
    );
    for (const { student, key } of students) keys.set(student, key);
    keys.set('teacher', teacher);
    const pair = await certificateFor(folder, 'localhost', {});
    cert = pair.cert;
    ways = new Ways(async (student) =>
      running.has(student)
        ? {
            program: process.execPath,
            args: ['--import=tsx', join(import.meta.dirname, 'bridge.mjs'), join(folder, student)],
          }
        : undefined,
    );
    front = await startFront(
      { ...pair, host: 'localhost', listen: '127.0.0.1', port: 0 },
      {
        ...{ assets, wall: { html: '<p>wall', script: '3', style: 'b{}' } },
        links: () => readLinks(folder),
        connect: (student) => ways.connect(student),
        bar: { script: '4', style: 'c{}' },
        signing: '5',
        labs: () => ({ labs: [labOf('alice'), labOf('bob'), labOf('eve')] }),
        desk: new Desk({
          ...{ folder, lab: (student) => (keys.has(student) ? labOf(student) : undefined) },
          talk: cached(placesOf(folder).talk, () => readTalk(folder)),
          resume: async (student) => void resumed.push(student),
          start: async (lab, to, told) => {
            told(1, 1);
            done.push(`start ${lab} ${to?.join() ?? 'all'}`);
            return [];
          },
          extend: async (minutes, to) => {
            done.push(`extend ${minutes} ${to?.join() ?? 'all'}`);
            return [];
          },
        }),
      },
    );
  });
  after(async () => {
    await ways?.closeAll();
    await front?.close();
    for (const studio of studios) await studio.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const ask = (method: string, path: string, headers: Record<string, string> = {}, body = '') =>
    askServer(
      {
        ...{ host: '127.0.0.1', servername: 'localhost', ca: cert, port: front.port, method, path },
        headers: { Host: `localhost:${front.port}`, ...headers },
      },
      body,
    );
  const own = (token = '') => ({
    ...{ Origin: front.origin, 'Content-Type': 'application/json' },
    ...(token ? { Authorization: `Bearer ${token}` } : {}),
  });
  const login = async (who: string): Promise<string> => {
    const { code, body } = await ask('POST', '/login', own(), JSON.stringify({ code: keys.get(who) }));
    expect(code, who).to.equal(200);
    return (JSON.parse(body) as { token: string }).token;
  };
  const stop = JSON.stringify({ do: 'stop', language: 'en' });
  /** The first message of a stream that says whose it is; the code that refuses it. */
  const live = (token: string, origin = front.origin, path = '/live') =>
    new Promise<string>((resolve) => {
      const socket = new WebSocket(`wss://127.0.0.1:${front.port}${path}`, ['ha-lab', `token.${token}`], {
        ...{ ca: cert, servername: 'localhost', origin },
        headers: { Host: `localhost:${front.port}` },
      });
      socket.on('message', (data) => {
        const text = String(data);
        if (!text.includes('"work"')) return;
        resolve(text);
        socket.terminate();
      });
      socket.on('unexpected-response', (_, { statusCode }) => resolve(String(statusCode)));
      socket.on('error', () => resolve('error'));
    });

  const stream = (token: string) =>
    new WebSocket(`wss://127.0.0.1:${front.port}/live`, ['ha-lab', `token.${token}`], {
      ...{ ca: cert, servername: 'localhost', origin: front.origin },
      headers: { Host: `localhost:${front.port}` },
    });
  /** Kinds of what a stream says at its beginning, until some time after one of them. */
  const kindsOf = (token: string, last: string) =>
    new Promise<string[]>((resolve, reject) => {
      const socket = stream(token);
      const kinds: string[] = [];
      socket.on('error', reject);
      socket.on('message', (data) => {
        const { kind } = JSON.parse(String(data)) as { kind: string };
        kinds.push(kind);
        if (kind !== last) return;
        setTimeout(() => {
          socket.terminate();
          resolve(kinds);
        }, 500);
      });
    });
  /** A stream that is open, until it is cut off. */
  const until = (token: string) => {
    const socket = stream(token);
    socket.on('error', () => undefined);
    return {
      begun: new Promise((resolve) => socket.once('message', resolve)),
      ended: new Promise((resolve) => socket.once('close', resolve)),
    };
  };

  it('the page is for everybody, with a policy that lets nothing in from elsewhere', async () => {
    for (const path of ['/', '/wall']) {
      const { code, headers } = await ask('GET', path);
      expect(code).to.equal(200);
      expect(headers['content-security-policy'])
        .to.contain("default-src 'none'")
        .and.contain("frame-ancestors 'none'")
        .and.contain(`connect-src 'self' wss://localhost:${front.port}`)
        .and.not.contain('unsafe');
      expect(headers).to.include({
        'x-frame-options': 'DENY',
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
      });
      expect(Object.keys(headers).filter((name) => /allow-origin|set-cookie/.test(name))).to.deep.equal([]);
    }
    for (const path of ['/links.json', '/../class.json', '/constructor', '/app.js?x'])
      expect((await ask('GET', path)).code, path).to.equal(404);
  });

  it('another name, and another page’s wish, are refused', async () => {
    for (const host of ['evil.test', `evil.test:${front.port}`, 'localhost', `127.0.0.1:${front.port}`])
      expect((await ask('GET', '/', { Host: host })).code, host).to.equal(421);
    const code = JSON.stringify({ code: keys.get('alice') });
    for (const Origin of [
      'https://evil.test',
      'null',
      front.origin.replace('https', 'http'),
      'https://localhost',
    ])
      expect((await ask('POST', '/login', { Origin }, code)).code, Origin).to.equal(403);
    expect((await ask('POST', '/login', {}, code)).code).to.equal(403);
    expect((await ask('POST', '/login', { ...own(), 'Sec-Fetch-Site': 'cross-site' }, code)).code).to.equal(
      403,
    );
    for (const wrong of ['', '{}', '{"code":5}', '{"code":"x"}', 'x'.repeat(5000)])
      expect((await ask('POST', '/login', own(), wrong)).code, wrong.slice(0, 20)).to.equal(401);
  });

  it('each student gets to the own lab, and to no other one', async () => {
    const [alice, bob] = [await login('alice'), await login('bob')];
    expect(alice).to.not.equal(bob);
    expect((await ask('GET', '/session', own(alice))).code).to.equal(200);
    expect((await ask('POST', '/act', own(alice), stop)).code).to.equal(202);
    expect((await ask('POST', '/act', own(bob), stop)).code).to.equal(202);
    expect(asked).to.deep.equal(['alice stop', 'bob stop']);
    expect(await live(alice))
      .to.include('of alice')
      .and.not.include('of bob');
    expect(await live(bob))
      .to.include('of bob')
      .and.not.include('of alice');
  });

  it('no token, a wrong one, the link itself, and the studio’s own token let nobody in', async () => {
    for (const token of ['', 'x', keys.get('alice') ?? '', 'token-of-alice-0123456789']) {
      expect((await ask('POST', '/act', own(token), stop)).code, token).to.equal(401);
      expect((await ask('GET', '/session', own(token))).code, token).to.equal(401);
      expect(await live(token), token).to.equal('403');
    }
    const alice = await login('alice');
    expect(await live(alice, 'https://evil.test')).to.equal('403');
    for (const path of ['/live?x', '/labs', '/shell/0123456789abcdef?from=1&x'])
      expect(await live(alice, front.origin, path), path).to.equal('403');
    expect((await ask('POST', '/act', { ...own(alice), 'Content-Type': 'text/plain' }, stop)).code).to.equal(
      415,
    );
  });

  it('the wall is the teacher’s, and a teacher’s link is in no lab', async () => {
    const [alice, teacher] = [await login('alice'), await login('teacher')];
    expect((await ask('POST', '/labs', own(alice), '{}')).code).to.equal(403);
    expect((await ask('POST', '/labs', own(), '{}')).code).to.equal(401);
    const told = JSON.parse((await ask('POST', '/labs', own(teacher), '{}')).body) as { labs: LabStatus[] };
    expect(told.labs.map(({ student }) => student)).to.deep.equal(['alice', 'bob', 'eve']);
    expect((await ask('POST', '/act', own(teacher), stop)).code).to.equal(403);
    expect(await live(teacher)).to.equal('403');
  });

  it('a lab that does not run is said in a sentence; it is there again when it runs elsewhere', async () => {
    expect(resumed).to.deep.equal([]);
    const eve = await login('eve');
    expect(resumed, 'opened again, a lab that nobody used goes on').to.deep.equal(['eve']);
    const { code, body } = await ask('POST', '/act', own(eve), stop);
    expect(code).to.equal(503);
    expect((JSON.parse(body) as { what: { fr: string } }).what.fr).to.match(/ne tourne pas/);
    expect(await live(eve)).to.equal('503');
    const bob = await login('bob');
    await ways.close('bob');
    expect(await live(bob)).to.include('of bob');
  });

  const teach = async (wish: unknown, who = 'teacher') => {
    const { code, body } = await ask('POST', '/teach', own(await login(who)), JSON.stringify(wish));
    return { code, said: code === 403 ? undefined : (JSON.parse(body) as Record<string, unknown>) };
  };
  const ofClass = async (token: string, wish: unknown = {}) =>
    JSON.parse((await ask('POST', '/class', own(token), JSON.stringify(wish))).body) as Record<
      string,
      unknown
    >;

  it('a lab that takes nothing any more and ends does no harm to the others', async () => {
    const pidFile = join(folder, 'pid');
    const way = new Ways(async () => ({
      program: 'sh',
      args: [
        '-c',
        'echo $$ >"$0"; exec "$@"',
        pidFile,
        ...[process.execPath, '--import=tsx', join(import.meta.dirname, 'bridge.mjs'), join(folder, 'bob')],
      ],
    }));
    const { socket } = await way.connect('bob');
    socket.on('error', () => undefined);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    process.kill(pid, 'SIGSTOP');
    // More than what any pipe holds.
    for (let count = 0; count < 20; count += 1) socket.write(Buffer.alloc(65_536));
    await new Promise((resolve) => setTimeout(resolve, 200));
    process.kill(pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 500));
    const again = await way.connect('bob');
    expect(again.token).to.equal('token-of-bob-0123456789');
    await way.closeAll();
  });

  it('a message to all, and one to one student; help is asked for, and seen on the wall', async () => {
    const [alice, bob, teacher] = [await login('alice'), await login('bob'), await login('teacher')];
    expect((await teach({ do: 'say', text: 'Ten <b>minutes</b>\u001b[2J' })).code).to.equal(200);
    expect((await teach({ do: 'say', text: 'Well done', to: ['bob'] })).code).to.equal(200);
    expect((await teach({ do: 'say', text: 'x', to: ['mallory'] })).code).to.equal(400);
    expect((await teach({ do: 'say', text: ' ' })).code).to.equal(409);
    expect((await teach({ do: 'say', text: 'x' }, 'alice')).code).to.equal(403);
    const texts = async (token: string) =>
      ((await ofClass(token)).messages as { text: string }[]).map(({ text }) => text);
    expect(await texts(alice)).to.deep.equal(['Ten <b>minutes</b>[2J']);
    expect(await texts(bob)).to.deep.equal(['Ten <b>minutes</b>[2J', 'Well done']);
    expect((await ofClass(alice, { do: 'help', on: true })).help).to.equal(true);
    expect((await ofClass(bob)).help).to.equal(false);
    const onWall = async () =>
      (
        JSON.parse((await ask('POST', '/labs', own(teacher), '{}')).body) as { labs: { help?: number }[] }
      ).labs.map(({ help }) => help !== undefined);
    expect(await onWall()).to.deep.equal([true, false, false]);
    await teach({ do: 'helped', student: 'alice' });
    expect(await onWall()).to.deep.equal([false, false, false]);
  });

  it('labs are started and extended from the wall, for all or for one', async () => {
    expect((await teach({ do: 'start', lab: '2' })).code).to.equal(202);
    expect((await teach({ do: 'extend', minutes: 30, to: ['bob'] })).code).to.equal(200);
    expect((await teach({ do: 'extend', minutes: -5 })).code).to.equal(400);
    expect((await teach({ do: 'start', lab: '2' }, 'bob')).code).to.equal(403);
    expect(done).to.deep.equal(['start 2 all', 'extend 30 bob']);
  });

  it('a look into a lab: with the student’s word alone, and nothing can be done there', async () => {
    const alice = await login('alice');
    expect((await teach({ do: 'look', student: 'alice' })).said, 'asked').to.deep.equal({});
    expect((await ofClass(alice)).look).to.equal('asked');
    expect((await teach({ do: 'look', student: 'alice' })).said, 'not answered').to.deep.equal({});
    expect((await ofClass(alice, { do: 'look', allow: true })).look).to.equal('yes');
    const { code } = (await teach({ do: 'look', student: 'alice' })).said ?? {};
    const come = (key: unknown) => ask('POST', '/login', own(), JSON.stringify({ code: key }));
    const { token } = JSON.parse((await come(code)).body) as { token: string };
    expect((await come(code)).code, 'a code counts once').to.equal(401);
    expect(await live(token)).to.include('of alice');
    asked.length = 0;
    for (const path of ['/act', '/predict', '/labs', '/teach'])
      expect((await ask('POST', path, own(token), stop)).code, path).to.equal(403);
    expect(asked).to.deep.equal([]);
    expect(await ofClass(token, { do: 'help', on: true })).to.deep.equal({ looks: 'alice' });
    expect((await ofClass(alice)).help).to.equal(false);
    // What is typed, and what a page may do, do not get through.
    expect(
      ['{"type":"rm"}', '{"size":[9,9]}', '{"redraw":true}', 'x', '{"got":-1}'].map(harmlessIn),
    ).to.deep.equal(Array.from({ length: 5 }, () => undefined));
    expect(harmlessIn('{"got":5}')).to.equal('{"got":5}');
    expect(await kindsOf(token, 'work'))
      .to.include('work')
      .and.not.include('offer');
    expect(await kindsOf(alice, 'offer')).to.include('offer');
    // Ended by the student: what is open is cut off, and nothing opens any more.
    const open = until(token);
    await open.begun;
    await ofClass(alice, { do: 'look', allow: false });
    await open.ended;
    expect(await live(token)).to.equal('403');
    expect((await ask('GET', '/session', own(token))).code).to.equal(401);
  });

  it('signed out, a session is over with its streams; another one of the same student goes on', async () => {
    const [here, there] = [await login('alice'), await login('alice')];
    const [cut, kept] = [until(here), until(there)];
    await Promise.all([cut.begun, kept.begun]);
    let ended = false;
    void kept.ended.then(() => {
      ended = true;
    });
    const logout = async (token: string) => JSON.parse((await ask('POST', '/logout', own(token), '{}')).body);
    expect(await logout(here)).to.deep.equal({ bySchool: false });
    await cut.ended;
    expect(ended).to.equal(false);
    expect((await ask('GET', '/session', own(here))).code).to.equal(401);
    expect((await ask('GET', '/session', own(there))).code).to.equal(200);
    expect(await logout(here), 'again').to.deep.equal({ bySchool: false });
    expect((await ask('POST', '/logout', { ...own(there), Origin: 'https://evil.test' })).code).to.equal(403);
    expect((await ask('GET', '/session', own(there))).code).to.equal(200);
  });

  it('a link that was renewed ends what came with it', async () => {
    const alice = await login('alice');
    await giveKeys(folder, ['alice'], ['alice', 'bob', 'eve'], true);
    expect((await ask('GET', '/session', own(alice))).code).to.equal(401);
    expect(await live(alice)).to.equal('403');
  });
});

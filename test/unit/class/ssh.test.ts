import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import ssh2, { type Client } from 'ssh2';
import { addKey, hostKey, publicKey, readKeys } from '../../../tasks/class/front/keys.ts';
import { LAB_HOST } from '../../../tasks/class/front/proxy.ts';
import { startSsh } from '../../../tasks/class/front/ssh.ts';
import { Feed } from '../../../tasks/studio/feed.ts';
import { type Studio, startStudio } from '../../../tasks/studio/server.ts';
import { LabShells } from '../../../tasks/studio/shells.ts';
import { onPosix } from '../helpers/only.ts';
import { fakeActs } from '../studio/acts.ts';

const posix = onPosix('sockets in the file system');
const pairOf = () => ssh2.utils.generateKeyPairSync('ed25519');

posix.describe('class: ssh', () => {
  let folder = '';
  let server: Awaited<ReturnType<typeof startSsh>>;
  const studios: Studio[] = [];
  const all: LabShells[] = [];
  const keys = { alice: pairOf(), bob: pairOf(), eve: pairOf() };
  const opened: string[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ssh-'));
    for (const student of ['alice', 'bob']) {
      const feed = new Feed(async () => undefined);
      const shells = new LabShells(
        async (machine) => {
          opened.push(`${student} ${machine}`);
          return {
            start: () => [process.execPath, join(import.meta.dirname, '../studio/shell.mjs')],
            run: async () => undefined,
          };
        },
        (open) => feed.keep({ kind: 'shells', shells: open }),
      );
      all.push(shells);
      studios.push(
        await startStudio(
          feed,
          { html: '', script: '', style: '', terminal: '' },
          { socket: join(folder, student), host: LAB_HOST, token: `token-of-${student}-0123456789` },
          fakeActs(),
          { shells },
        ),
      );
      await addKey(folder, student, `${keys[student as 'alice'].public} somebody@home`);
    }
    const { connect } = await import('node:net');
    server = await startSsh(
      { listen: '127.0.0.1', port: 0, key: await hostKey(folder) },
      {
        keys: () => readKeys(folder),
        connect: async (student) => {
          const socket = connect(join(folder, student));
          await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
          return { socket, token: `token-of-${student}-0123456789` };
        },
      },
    );
  });
  after(async () => {
    await server?.close();
    for (const shells of all) shells.end();
    for (const studio of studios) await studio.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** Somebody who is in; rejects for who is not let in. */
  const come = (username: string, key: { private: string }) =>
    new Promise<Client>((resolve, reject) => {
      const client = new ssh2.Client();
      client.on('ready', () => resolve(client)).on('error', reject);
      client.connect({ host: '127.0.0.1', port: server.port, username, privateKey: key.private });
    });
  /** Runs it on a terminal (or none); what is shown, and with which code it ended. `type`: what is typed when something is shown. */
  const session = async (
    client: Client,
    command: string,
    type: [shown: string, keys: string][],
    pty = true,
  ) =>
    new Promise<{ shown: string; code: number }>((resolve, reject) => {
      client.exec(command, pty ? { pty: { cols: 90, rows: 20, term: 'xterm' } } : {}, (error, stream) => {
        if (error) return reject(error);
        let shown = '';
        let code = -1;
        const take = (data: Buffer) => {
          shown += String(data);
          const [next] = type;
          if (next && shown.includes(next[0])) {
            type.shift();
            stream.write(next[1]);
          }
        };
        stream.on('data', take).stderr.on('data', take);
        stream.on('exit', (ended: number) => {
          code = ended;
        });
        stream.on('close', () => resolve({ shown, code }));
      });
    });

  it('a key is a public one, written down without its comment and for its owner alone', async () => {
    const { alice } = await readKeys(folder);
    expect(alice).to.deep.equal([keys.alice.public.split(' ').slice(0, 2).join(' ')]);
    if (process.platform !== 'win32')
      for (const name of ['keys.json', 'ssh-host.key'])
        expect(statSync(join(folder, name)).mode & 0o777, name).to.equal(0o600);
    for (const wrong of [
      '',
      'ssh-ed25519',
      'ssh-ed25519 AAAA',
      keys.alice.private,
      `x\n${keys.alice.public}`,
    ])
      expect(() => publicKey(wrong), wrong.slice(0, 30)).to.throw();
    expect(await hostKey(folder)).to.equal(readFileSync(join(folder, 'ssh-host.key'), 'utf8'));
  });

  it('a terminal on a machine of the own lab, which ends with its shell', async () => {
    const client = await come('alice', keys.alice);
    const { shown, code } = await session(client, 'web1', [
      ['$ ', 'one\r'],
      ['ran <one>', '\x04'],
    ]);
    expect(shown).to.include('welcome').and.include('ran <one>').and.not.include('7777;');
    expect(code).to.equal(0);
    client.end();
    expect(opened.splice(0)).to.deep.equal(['alice web1']);
  });

  it('the machine may stand behind the name', async () => {
    const client = await come('bob+db1', keys.bob);
    await new Promise<void>((resolve, reject) =>
      client.shell({ cols: 80, rows: 24 }, (error, stream) => {
        if (error) return reject(error);
        stream.on('data', (data: Buffer) => String(data).includes('$ ') && stream.write('\x04'));
        stream.on('close', () => resolve());
      }),
    );
    client.end();
    expect(opened.splice(0)).to.deep.equal(['bob db1']);
  });

  it('who has no key, another one’s, or a password is not let in; nor is anybody into another lab', async () => {
    const tries: [string, Parameters<typeof come>[1]][] = [
      ['alice', keys.eve],
      ['alice', keys.bob],
      ['eve', keys.eve],
      ['constructor', keys.eve],
      ['root', keys.alice],
    ];
    for (const [name, key] of tries) {
      const error = await come(name, key).then(
        () => undefined,
        (failed: Error) => failed,
      );
      expect(error?.message, name).to.match(/authentication/);
    }
    const password = new Promise((resolve, reject) =>
      new ssh2.Client()
        .on('ready', () => reject(new Error('a password lets in')))
        .on('error', resolve)
        .connect({ host: '127.0.0.1', port: server.port, username: 'alice', password: '' }),
    );
    expect(await password).to.be.an('error');
    expect(opened).to.deep.equal([]);
  });

  it('a terminal is all there is: no command, file, way into the network or agent of this computer', async () => {
    const client = await come('alice', keys.alice);
    for (const command of ['id', 'web1; id', 'web1 id', '$(id)', ''])
      expect(await session(client, command, [], false), command).to.deep.include({ code: 1 });
    for (const command of ['web1; id', '-oProxyCommand=id', '../x'])
      expect((await session(client, command, [])).code, command).to.equal(1);
    const refused = (work: (done: (error: Error | undefined) => void) => void) =>
      new Promise((resolve) => work((error) => resolve(error !== undefined)));
    expect(await refused((done) => void client.sftp((error) => done(error)))).to.equal(true);
    const target = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => target.once('listening', resolve));
    const { port } = target.address() as { port: number };
    expect(
      await refused(
        (done) => void client.forwardOut('127.0.0.1', 1, '127.0.0.1', port, (error) => done(error)),
      ),
    ).to.equal(true);
    expect(await refused((done) => void client.forwardIn('127.0.0.1', 0, (error) => done(error)))).to.equal(
      true,
    );
    target.close();
    client.end();
    expect(opened).to.deep.equal([]);
  });
});

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { isPrivate, socketFolder } from '../../tasks/remote/sockets.ts';
import {
  commonOptions,
  controlPath,
  forgetConnection,
  quote,
  runRemote,
  type SshHost,
  sshArguments,
  sshTimeouts,
} from '../../tasks/remote/ssh.ts';
import { fakeSsh } from './helpers/fake-ssh.ts';
import { onPosix } from './helpers/only.ts';

onPosix('it runs shell scripts and looks at owners of folders').describe('ssh to a machine', () => {
  const outside = process.env.XDG_RUNTIME_DIR;
  let folder = '';
  beforeEach(() => {
    // A space in the path, as students have it.
    folder = mkdtempSync(join(tmpdir(), 'ssh lab-'));
    process.env.XDG_RUNTIME_DIR = folder;
  });
  afterEach(() => {
    if (outside === undefined) delete process.env.XDG_RUNTIME_DIR;
    else process.env.XDG_RUNTIME_DIR = outside;
    rmSync(folder, { recursive: true, force: true });
  });
  const host = (changes: Partial<SshHost> = {}): SshHost => ({
    Host: 'web1',
    HostName: '192.0.2.21',
    User: 'root',
    IdentityFile: join(folder, 'one', 'id_ed25519'),
    ...changes,
  });
  /** What OpenSSH itself understands. */
  function understood(target: SshHost): Map<string, string> {
    const result = spawnSync('ssh', ['-G', ...sshArguments(target)], { encoding: 'utf8' });
    expect(result.stderr).to.equal('');
    return new Map(
      result.stdout.split('\n').map((line) => {
        const [name = '', ...rest] = line.split(' ');
        return [name, rest.join(' ')];
      }),
    );
  }

  it('words are quoted so that a shell gives them back', () => {
    for (const word of ['plain', "it's", '', '$HOME `id` "x" \\', 'two\nlines', "'", '*', '-n']) {
      const { stdout } = spawnSync('sh', ['-c', `printf %s ${quote(word)}`], { encoding: 'utf8' });
      expect(stdout).to.equal(word);
    }
  });

  it('OpenSSH takes address, user, key and port as they are meant, in folders with spaces too', () => {
    const options = understood(host({ Port: '2222' }));
    expect(options.get('hostname')).to.equal('192.0.2.21');
    expect(options.get('user')).to.equal('root');
    expect(options.get('port')).to.equal('2222');
    expect(options.get('identityfile')).to.equal(join(folder, 'one', 'id_ed25519'));
    expect(options.get('userknownhostsfile')).to.equal(join(folder, 'one', 'known_hosts'));
    expect(options.get('hostkeyalias')).to.equal('web1');
    // ssh -G shows a path with a space and two paths alike.
    expect(sshArguments(host())).to.include(`UserKnownHostsFile="${join(folder, 'one', 'known_hosts')}"`);
  });

  it('a machine of a slow lab is waited for longer', () => {
    expect(understood(host()).get('connecttimeout')).to.equal('6');
    const slow = understood(host(sshTimeouts(2.5)));
    expect([slow.get('connecttimeout'), slow.get('serveraliveinterval')]).to.deep.equal(['15', '13']);
  });

  it('a command that is given up ends, though another process holds its output', async () => {
    const path = process.env.PATH;
    // What ssh does with a shared connection: the process that keeps it has the pipes of every command.
    writeFileSync(join(folder, 'ssh'), '#!/bin/sh\nsleep 8 &\necho first\nexec sleep 9\n', { mode: 0o755 });
    process.env.PATH = `${folder}:${path}`;
    try {
      const since = performance.now();
      const result = await runRemote(host(), 'true', { timeout: 1 });
      expect(result).to.deep.equal({ code: 124, stdout: 'first\n', stderr: '' });
      expect(performance.now() - since).to.be.below(4000);
    } finally {
      process.env.PATH = path;
    }
  });

  it('asks nobody anything: no password, no other key, host keys kept at first sight', () => {
    const options = understood(host());
    expect(options.get('passwordauthentication')).to.equal('no');
    expect(options.get('identitiesonly')).to.equal('yes');
    expect(options.get('stricthostkeychecking')).to.equal('accept-new');
  });

  it('goes through the engine’s own way in', () => {
    expect(understood(host({ ProxyCommand: 'bash "/a b/connect.sh" %h %p' })).get('proxycommand')).to.equal(
      'bash "/a b/connect.sh" %h %p',
    );
  });

  it('shared connections: one for each machine of each lab, in a folder of this user', () => {
    const other = host({ IdentityFile: join(folder, 'two', 'id_ed25519') });
    const paths = [host(), host({ Host: 'web2' }), other].map((host) => understood(host).get('controlpath'));
    expect(new Set(paths).size).to.equal(3);
    expect(paths[0]).to.equal(controlPath(host()));
    expect(statSync(join(controlPath(host()), '..')).mode & 0o777).to.equal(0o700);
  });

  describe('a folder that somebody else may have made is not where connections are shared', () => {
    const taken = () => join(folder, `ha-lab-${userInfo().uid}`);
    const traps: [string, () => void][] = [
      [
        'a link to a folder',
        () => {
          mkdirSync(join(folder, 'elsewhere'), { mode: 0o700 });
          symlinkSync(join(folder, 'elsewhere'), taken());
        },
      ],
      [
        'a folder that others can write to',
        () => {
          mkdirSync(taken());
          chmodSync(taken(), 0o777);
        },
      ],
      ['a file', () => writeFileSync(taken(), '')],
    ];
    for (const [what, make] of traps)
      it(what, () => {
        make();
        const used = dirname(controlPath(host()));
        expect(used).to.not.equal(taken());
        expect(isPrivate(used, userInfo().uid)).to.equal(true);
        // The same one for the whole process, or nothing would be shared.
        expect(dirname(controlPath(host(), true))).to.equal(used);
        expect(sshArguments(host()).join(' ')).to.include(`ControlPath="${used}/`).and.not.include(taken());
      });

    it('a folder of another user', () => {
      expect(socketFolder()).to.equal(taken());
      expect(isPrivate(taken(), userInfo().uid)).to.equal(true);
      expect(isPrivate(taken(), userInfo().uid + 1)).to.equal(false);
    });
  });

  it('a connection with long timeouts bears silence and a slow greeting, and is not shared with others', () => {
    const bears = sshArguments(host(), true).join(' ');
    const value = (name: string, words: string) => Number(new RegExp(`${name}=(\\d+)`).exec(words)?.[1]);
    const silence = (words: string) =>
      value('ServerAliveInterval', words) * value('ServerAliveCountMax', words);
    expect(silence(bears)).to.be.at.least(60);
    expect(value('ConnectTimeout', bears)).to.be.at.least(60);
    const usual = sshArguments(host()).join(' ');
    expect(silence(usual)).to.equal(15);
    expect(value('ConnectTimeout', usual)).to.equal(6);
    expect(controlPath(host(), true)).to.not.equal(controlPath(host()));
    expect(bears).to.include(controlPath(host(), true)).and.not.include(controlPath(host()));
  });

  it('a socket’s path is short enough for the kernel below usual folders', () => {
    process.env.XDG_RUNTIME_DIR = '/run/user/1000000';
    // ssh adds a dot and 16 characters while it makes the socket; 108 bytes with the final zero are allowed.
    expect(controlPath(host({ Host: 'a'.repeat(20) })).length + 17).to.be.below(108);
  });

  it('no option is given twice: the first would win silently', () => {
    const names = sshArguments(host()).flatMap((word, index, all) =>
      all[index - 1] === '-o' ? [word.split('=')[0]] : [],
    );
    expect(new Set(names).size).to.equal(names.length);
    expect(Object.keys(commonOptions('/x'))).to.include.members(['ConnectTimeout', 'ServerAliveInterval']);
  });

  it('a connection is forgotten; the host key only with the machine, and only that machine’s', () => {
    const known = join(folder, 'one', 'known_hosts');
    mkdirSync(join(folder, 'one'));
    sshArguments(host());
    for (const longTimeouts of [false, true]) writeFileSync(controlPath(host(), longTimeouts), '');
    writeFileSync(known, 'web1 ssh-ed25519 A\nweb10 ssh-ed25519 B\nweb2 ssh-ed25519 C\n');
    forgetConnection(host());
    for (const longTimeouts of [false, true])
      expect(() => statSync(controlPath(host(), longTimeouts))).to.throw('ENOENT');
    expect(readFileSync(known, 'utf8')).to.include('web1 ');
    forgetConnection(host(), true);
    expect(readFileSync(known, 'utf8')).to.equal('web10 ssh-ed25519 B\nweb2 ssh-ed25519 C\n');
    forgetConnection(host({ IdentityFile: join(folder, 'none', 'id') }), true);
  });

  it('a command is given up when its signal says so, as by its time limit', async () => {
    const ssh = fakeSsh('echo begun; exec sleep 60');
    try {
      const given = new AbortController();
      const result = runRemote(host(), 'x', { signal: given.signal, onLine: () => given.abort() });
      expect(await result).to.include({ code: 124 });
      expect((await runRemote(host(), 'x', { timeout: 0.3 })).code).to.equal(124);
    } finally {
      ssh.remove();
    }
  });

  it('a command with runaway output is given up with code 1: it did answer', async () => {
    const ssh = fakeSsh('yes');
    try {
      const result = await runRemote(host(), 'x', { maxBytes: 100_000, timeout: 15 });
      expect(result.code).to.equal(1);
      expect(result.stdout.length).to.be.above(100_000);
    } finally {
      ssh.remove();
    }
  });
});

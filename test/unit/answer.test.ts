import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { setLanguage } from '../../tasks/base/text.ts';
import type { Engine } from '../../tasks/engines/engine.ts';
import { lastLine, leastWork, waitForMachine } from '../../tasks/environment/provision/answer.ts';
import { applyRole, LostConnection, RoleFailed } from '../../tasks/environment/provision/machine.ts';
import type { RemoteOptions, runRemote, SshHost } from '../../tasks/remote/ssh.ts';
import { fakeClock } from './helpers/clock.ts';
import { fakeEngine } from './helpers/fake-engine.ts';

const host: SshHost = { Host: 'db1', HostName: '192.0.2.1', User: 'root', IdentityFile: '/none/key' };
const refused = { code: 255, stdout: '', stderr: 'Connection refused' };

describe('a machine that is awaited', () => {
  let folder = '';
  beforeEach(() => {
    setLanguage('en');
    folder = mkdtempSync(join(tmpdir(), 'answer-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Waits for a machine that answers after so many seconds (or never), with this work. */
  async function boot(
    after: number,
    work: (time: number) => number | undefined,
    changes: Partial<Engine> = {},
  ) {
    const clock = fakeClock();
    const told: string[] = [];
    const remote: typeof runRemote = async () =>
      clock.time < after ? refused : { code: 0, stdout: 'common:abc\n--\nactive\nfailed\n', stderr: '' };
    const engine = fakeEngine(['db1'], 'running', folder, {
      progressOf: async () => work(clock.time),
      ...changes,
    });
    const services = ['mariadb', 'garb'];
    const end = await waitForMachine(engine, host, services, (line) => told.push(line), {
      remote,
      clock,
    }).catch((error: Error) => error);
    return { end, told, time: clock.time };
  }

  it('says which roles it has and which services do not run', async () => {
    const { end } = await boot(0, () => undefined);
    expect(end).to.deep.equal({ roles: new Map([['common', 'abc']]), down: new Set(['garb']) });
  });

  it('is waited for past bootSeconds while it works', async () => {
    const { end, time, told } = await boot(700, (now) => now / 2);
    expect(end).to.have.property('roles');
    expect(time).to.be.within(700, 702);
    expect(told[0]).to.equal('booting, 6 s');
  });

  it('a machine at rest is given up: it takes a little of a processor as well', async () => {
    const { end, time } = await boot(9999, (now) => now * 0.04);
    expect(time).to.be.within(120, 130);
    expect(end)
      .to.have.property('message')
      .that.matches(
        /^db1 did not answer over ssh within 12\d s, and did nothing for the last 12\d s of them/,
      );
  });

  it('one that works on and on is given up after half an hour', async () => {
    const { end, time } = await boot(9999, (now) => now);
    expect(time).to.be.within(1800, 1810);
    expect(end).to.have.property('message').that.includes('though it is still at work');
  });

  it('where the engine cannot tell, the clock alone counts', async () => {
    const { time } = await boot(9999, () => 0, { progressOf: undefined as never });
    expect(time).to.be.within(120, 122);
  });

  it('one that stops is not waited for', async () => {
    const { end, time } = await boot(9999, () => 0, { states: async () => new Map([['db1', 'off']]) });
    expect(end).to.have.property('message').that.includes('stopped while it was starting');
    expect(time).to.equal(0);
  });

  it('shows the last line of its console, in both languages', async () => {
    const console = join(folder, 'console');
    writeFileSync(console, `[    0.1] first\r\n\x1b[0;1;31m[ *** ]\x1b[0m A job is running\r\n\r\n`);
    expect(lastLine(console)).to.equal('[ *** ] A job is running');
    expect(lastLine(join(folder, 'none'))).to.equal('');
    writeFileSync(console, `${'x'.repeat(5000)}\n${'y'.repeat(100)}\n`);
    expect(lastLine(console)).to.equal('y'.repeat(60));
    setLanguage('fr');
    const { told } = await boot(20, () => 0, { consoleLog: () => console });
    expect(told[0]).to.equal(`démarrage, 6 s ; console : ${'y'.repeat(60)}`);
  });

  it('one that ran before is not said to boot; its console is shown once it prints', async () => {
    const clock = fakeClock();
    const console = join(folder, 'console');
    writeFileSync(console, 'booted last week\n');
    const remote: typeof runRemote = async () => {
      if (clock.time >= 8) writeFileSync(console, 'booted last week\nbooting again\n');
      return clock.time < 14 ? refused : { code: 0, stdout: '--\n', stderr: '' };
    };
    const engine = fakeEngine(['db1'], 'running', folder, { consoleLog: () => console });
    const told: string[] = [];
    const tools = { remote, clock, ranBefore: true };
    await waitForMachine(engine, host, [], (line) => told.push(line), tools);
    expect(told.slice(0, 2)).to.deep.equal([
      ...[
        'waiting for an answer over ssh, 6 s',
        'waiting for an answer over ssh, 12 s; console: booting again',
      ],
    ]);
  });

  it('a try that was cut off is given more time, one that was refused is not', async () => {
    const clock = fakeClock();
    const timeouts: (number | undefined)[] = [];
    const codes = [255, 124, 124, 124, 255, 0];
    const remote = async (_host: SshHost, _command: string, options: RemoteOptions = {}) => {
      timeouts.push(options.timeout);
      expect(options.longTimeouts).to.equal(true);
      return { code: codes[timeouts.length - 1] ?? 0, stdout: '--\n', stderr: '' };
    };
    await waitForMachine(fakeEngine(['db1'], 'running', folder), host, [], undefined, { remote, clock });
    expect(timeouts).to.deep.equal([20, 20, 40, 80, 160, 160]);
  });
});

describe('a role that is applied', () => {
  let folder = '';
  beforeEach(() => {
    setLanguage('en');
    folder = mkdtempSync(join(tmpdir(), 'apply-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const options = (changes: object = {}) => ({
    ...{ log: join(folder, 'log'), stall: 600, end: 3600, attempt: 1, work: async () => 0 },
    ...changes,
  });
  const ended = (code: number, ...lines: string[]) => {
    const remote: typeof runRemote = async (_host, _command, { onLine } = {}) => {
      for (const line of lines) onLine?.(line);
      return { code, stdout: '', stderr: '' };
    };
    return applyRole(host, 'web', 'abc', options(), () => undefined, { remote }).catch((error) => error);
  };

  it('counts what it changed', async () => {
    expect(await ended(0, 'changed: a', 'other', 'changed: b', 'result: changed')).to.equal(2);
  });

  it('its failure may pass, unless a script is wrong or the disk is full; a lost machine is another thing', async () => {
    expect(await ended(1, 'error: no')).to.be.instanceOf(RoleFailed);
    for (const code of [2, 126, 127]) expect(await ended(code)).to.not.be.instanceOf(RoleFailed);
    expect(await ended(1, 'x: No space left on device')).to.not.be.instanceOf(RoleFailed);
    expect(await ended(255))
      .to.be.instanceOf(LostConnection)
      .and.not.instanceOf(RoleFailed);
  });

  /** A role that never ends, prints at these times (s) and works like this; when it was given up, and how. */
  async function endless(prints: number[], work: (time: number) => number) {
    const clock = fakeClock();
    let signal: AbortSignal | undefined;
    const remote: typeof runRemote = (_host, _command, given = {}) => {
      signal = given.signal;
      return new Promise(() => {
        const step = (): void => {
          while (prints[0] !== undefined && prints[0] <= clock.time) given.onLine?.(`line ${prints.shift()}`);
          if (!given.signal?.aborted) setImmediate(step);
        };
        step();
      });
    };
    const error: unknown = await applyRole(
      host,
      'web',
      'abc',
      options({ work: async () => work(clock.time) }),
      () => undefined,
      { remote, clock },
    ).catch((reason: unknown) => reason);
    expect(signal?.aborted).to.equal(true);
    return { error, time: clock.time };
  }

  it('is given up when it prints nothing and its machine hardly works', async () => {
    const { error, time } = await endless([], () => 0);
    expect(time).to.be.within(600, 640);
    expect(error)
      .to.have.property('message')
      .that.matches(/^web was given up on db1 after 6\d\d s: for 6\d\d s it printed nothing/);
    expect(error).to.not.be.instanceOf(RoleFailed);
  });

  it('goes on while it prints', async () => {
    const { time } = await endless([300, 800, 1300], () => 0);
    expect(time).to.be.within(1900, 1970);
  });

  it('goes on while its machine works, for an hour', async () => {
    const { error, time } = await endless([], (now) => now * 2 * (leastWork(600) / 600));
    expect(time).to.be.within(3600, 3640);
    expect(error).to.have.property('message').that.includes('was not done on db1');
  });
});

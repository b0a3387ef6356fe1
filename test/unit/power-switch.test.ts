import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

const { ROOT } = await import('../../tasks/base/paths.ts');
const { poll } = await import('../../tasks/base/poll.ts');
const { fencedMachines } = await import('../../tasks/engines/uml/power-switch.ts');
const { loadTopology } = await import('../../tasks/topology/load.ts');

const KEY = 'abcdefghijkmnpqrstuvwxyz';
const AGENT = join(ROOT, 'roles/storage/files/fence_lab_power');
const HMAC = join(ROOT, 'roles/storage/files/hmac.sh');

const hmac = (key: string, message: string) => createHmac('sha256', key).update(message).digest('hex');

describe('the power switch', () => {
  let folder: string;
  let server: Server;
  let port: number;
  /** What answers a connection; the power switch itself but for tests of the agent. */
  let answer: (() => ChildProcess) | undefined;
  const machines: ChildProcess[] = [];

  const outlet = (machine: string) => {
    const file = join(folder, 'outlets', machine);
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  };
  /** A process that says it is the kernel of a machine, with a child in its session. */
  async function running(machine: string): Promise<() => boolean> {
    const child = spawn(
      'bash',
      [
        '-c',
        'sleep 60 & exec -a "linux" bash -c "read -r -t 60 <&3" umid="$0" 3<>/dev/udp/127.0.0.1/9',
        machine,
      ],
      {
        detached: true,
        stdio: 'ignore',
      },
    );
    machines.push(child);
    mkdirSync(join(folder, 'memory', machine), { recursive: true });
    writeFileSync(join(folder, 'memory', machine, 'pid'), `${child.pid}\n`);
    const named = () => readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').includes(`umid=${machine}`);
    await poll(
      async () => named(),
      (there) => there,
      { every: 0.02, seconds: 5 },
    );
    return () => child.exitCode === null && child.signalCode === null;
  }
  async function agent(options: Record<string, string>): Promise<{ code: number | null; output: string }> {
    const given = { ip: '127.0.0.1', ipport: String(port), key_file: join(folder, 'key'), ...options };
    const child = spawn('bash', [AGENT], {
      env: { ...process.env, LAB_SCRIPTS: join(ROOT, 'roles/storage/files') },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.stdin.end(
      Object.entries(given)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code, output: output.trim() };
  }
  /** A conversation by hand: what it says, and what it says to this line. */
  async function talk(line: (nonce: string) => string): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    let heard = '';
    let said = false;
    socket.on('data', (chunk) => {
      heard += chunk;
      const nonce = /^lab-power-switch (\S+)\n/.exec(heard)?.[1];
      if (said || nonce === undefined) return;
      said = true;
      socket.write(`${line(nonce)}\n`);
    });
    await new Promise((resolve) => socket.on('close', resolve));
    return heard.split('\n')[1] ?? '';
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lab-power-'));
    mkdirSync(join(folder, 'outlets'));
    writeFileSync(join(folder, 'key'), `${KEY}\n`, { mode: 0o600 });
    const real = () =>
      spawn('bash', [join(ROOT, 'tasks/engines/uml/power-switch.sh'), 'answer'], {
        env: {
          ...process.env,
          LAB_POWER_KEY: join(folder, 'key'),
          LAB_POWER_OUTLETS: join(folder, 'outlets'),
          LAB_POWER_MEMORY: join(folder, 'memory'),
          LAB_POWER_MACHINES: 'db1 db2',
        },
      });
    server = createServer((socket) => {
      const child = (answer ?? real)();
      child.stdout?.pipe(socket);
      if (child.stdin) socket.pipe(child.stdin);
      child.stdin?.on('error', () => undefined);
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterEach(() => {
    answer = undefined;
    for (const { pid } of machines.splice(0))
      try {
        if (pid) process.kill(-pid, 'SIGKILL');
      } catch {
        // It was cut.
      }
    rmSync(join(folder, 'memory'), { recursive: true, force: true });
    for (const name of ['db1', 'db2']) rmSync(join(folder, 'outlets', name), { force: true });
  });
  after(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('has an HMAC as everybody’s', () => {
    for (const [key, message] of [
      [KEY, 'off db1'],
      ['k', ''],
      ['x'.repeat(64), 'a%sb\\x41 é'],
    ] as const) {
      const script = 'source "$1"; hmac "$2" "$3"; echo "$REPLY"';
      const { stdout } = spawnSync('bash', ['-c', script, 'hmac', HMAC, key, message], { encoding: 'utf8' });
      expect(stdout.trim()).to.equal(hmac(key, message));
    }
  });

  it('is there for the storage machines, where there are two', async () => {
    expect(fencedMachines(await loadTopology('seven', ROOT))).to.deep.equal(['db1', 'db2']);
    const { machines, ...rest } = await loadTopology('seven', ROOT);
    expect(
      fencedMachines({ ...rest, machines: machines.filter(({ name }) => name !== 'db2') }),
    ).to.deep.equal([]);
  });

  it('cuts the power of the machine that is named, with all that it started, and of no other', async () => {
    const [one, other] = [await running('db1'), await running('db2')];
    expect(await agent({ action: 'off', plug: 'db1' })).to.deep.equal({ code: 0, output: '' });
    await poll(
      async () => one(),
      (runs) => !runs,
      { every: 0.02, seconds: 5 },
    );
    expect([one(), other()]).to.deep.equal([false, true]);
    expect(outlet('db1')).to.equal('off');
    const session = ['-o', 'stat=', '--sid', String(machines[0]?.pid)];
    const left = spawnSync('ps', session, { encoding: 'utf8' }).stdout.split('\n');
    expect(
      left.filter((state) => state && !state.startsWith('Z')),
      'processes of its session',
    ).to.deep.equal([]);
    expect(await agent({ action: 'on', plug: 'db1' })).to.deep.equal({ code: 0, output: '' });
    expect(outlet('db1')).to.equal('on');
  });

  it('gives the power again after a reboot', async () => {
    const one = await running('db1');
    expect((await agent({ action: 'reboot', plug: 'db1' })).code).to.equal(0);
    await poll(
      async () => one(),
      (runs) => !runs,
      { every: 0.02, seconds: 5 },
    );
    expect(one()).to.equal(false);
    expect(outlet('db1')).to.equal('on');
  });

  it('says whether a machine has power, as the API has it', async () => {
    expect((await agent({ action: 'status', plug: 'db1' })).code).to.equal(2);
    await running('db1');
    expect((await agent({ action: 'status', plug: 'db1' })).code).to.equal(0);
    expect((await agent({ action: 'monitor', plug: 'db2' })).code).to.equal(0);
    // Pacemaker's older word for it, and the other name that it may send.
    expect((await agent({ action: 'status', port: 'db1' })).code).to.equal(0);
  });

  it('tells a program which machine has no power any more, and only then', async () => {
    const heard = join(folder, 'heard');
    const program = join(folder, 'after');
    writeFileSync(program, `#!/bin/bash\necho "$*" >>"${heard}"\n`, { mode: 0o755 });
    await running('db1');
    for (const action of ['status', 'monitor', 'on'])
      expect((await agent({ action, plug: 'db1', after_cut: program })).code, action).to.equal(0);
    expect((await agent({ action: 'off', plug: 'web1', after_cut: program })).code).to.equal(1);
    expect(existsSync(heard)).to.equal(false);
    expect((await agent({ action: 'reboot', plug: 'db1', after_cut: program })).code).to.equal(0);
    expect(readFileSync(heard, 'utf8')).to.equal('db1\n');
    expect((await agent({ action: 'off', plug: 'db1', after_cut: '/no/program' })).output).to.match(
      /after_cut is no program/,
    );
  });

  it('has already done it where the machine is off', async () => {
    expect((await agent({ action: 'off', plug: 'db1' })).code).to.equal(0);
  });

  it('takes a number that another process has by now for no machine', async () => {
    const stranger = await running('db1');
    mkdirSync(join(folder, 'memory', 'db2'), { recursive: true });
    writeFileSync(join(folder, 'memory', 'db2', 'pid'), `${machines[0]?.pid}\n`);
    expect((await agent({ action: 'off', plug: 'db2' })).code).to.equal(0);
    expect(stranger()).to.equal(true);
  });

  it('does nothing for machines that it is not told of', async () => {
    const web = await running('web1');
    const { code, output } = await agent({ action: 'off', plug: 'web1' });
    expect(code).to.equal(1);
    expect(output).to.equal('fence_lab_power: the power switch says refused to off of web1');
    expect(web()).to.equal(true);
  });

  it('does nothing for who does not know the key, and says nothing', async () => {
    const one = await running('db1');
    writeFileSync(join(folder, 'other'), 'another key\n');
    const { code, output } = await agent({ action: 'off', plug: 'db1', key_file: join(folder, 'other') });
    expect(code).to.equal(1);
    expect(output).to.equal('fence_lab_power: the power switch does not take this key');
    const before = 'a'.repeat(32);
    for (const line of [
      // What was heard of another conversation; another action than the one that was signed; nonsense.
      () => `off db1 ${hmac(KEY, `${before} off db1`)}`,
      (nonce: string) => `off db1 ${hmac(KEY, `${nonce} status db1`)}`,
      (nonce: string) => `off ../db1 ${hmac(KEY, `${nonce} off ../db1`)}`,
      () => 'off db1',
      () => '$(kill $PPID) db1 x',
    ])
      expect(await talk(line)).to.equal('');
    expect(one()).to.equal(true);
    expect(await talk((nonce) => `status db1 ${hmac(KEY, `${nonce} status db1`)}`)).to.match(
      /^on [a-f0-9]{64}$/,
    );
  });

  it('is not believed where somebody else answers in its place', async () => {
    answer = () =>
      spawn('bash', [
        '-c',
        `echo "lab-power-switch ${'a'.repeat(32)}"; read -r line; echo "off ${'b'.repeat(64)}"`,
      ]);
    expect(await agent({ action: 'off', plug: 'db1' })).to.deep.equal({
      code: 1,
      output: "fence_lab_power: the answer is not the power switch's own",
    });
    answer = () => spawn('bash', ['-c', 'echo SSH-2.0-OpenSSH']);
    expect((await agent({ action: 'off', plug: 'db1' })).output).to.match(/is no power switch$/);
    answer = () => spawn('sleep', ['5']);
    expect((await agent({ action: 'off', plug: 'db1', answer_timeout: '0.2' })).output).to.match(
      /says nothing$/,
    );
  });

  it('is missed at once where nobody listens', async () => {
    const { code, output } = await agent({ action: 'off', plug: 'db1', ipport: '9' });
    expect(code).to.equal(1);
    expect(output).to.equal('fence_lab_power: the power switch does not answer at 127.0.0.1:9');
  });

  it('has an agent that says what it can, and what is wrong with what it is asked', async () => {
    const { code, output } = await agent({ action: 'metadata' });
    expect(code).to.equal(0);
    for (const action of ['on', 'off', 'reboot', 'status', 'monitor', 'metadata'])
      expect(output).to.include(`<action name="${action}"`);
    expect(output).to.match(/<parameter name="plug"/);
    expect((await agent({ action: 'explode', plug: 'db1' })).output).to.equal(
      'fence_lab_power: unknown action explode',
    );
    expect((await agent({ action: 'off' })).output).to.equal('fence_lab_power: no machine (plug) is named');
    expect((await agent({ action: 'off', plug: 'db1; reboot' })).code).to.equal(1);
    expect((await agent({ action: 'off', plug: 'db1', ip: '' })).output).to.match(
      /^fence_lab_power: no address/,
    );
  });
});

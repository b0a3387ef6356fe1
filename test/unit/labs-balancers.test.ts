import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get, type Server } from 'node:http';
import { get as getSecurely } from 'node:https';
import { type AddressInfo, createServer as createListener } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { poll } from '../../tasks/base/poll.ts';
import { checksOf } from '../../tasks/exercises/checks/plan.ts';
import { type Answer, type Probe, probeKey } from '../../tasks/exercises/checks/probe.ts';
import { beginsFile } from '../../tasks/exercises/guides/continued.ts';
import { parseGuide } from '../../tasks/exercises/guides/guide.ts';
import { labNamed } from '../../tasks/exercises/guides/load.ts';
import { beginningOf } from '../../tasks/exercises/session/ground.ts';
import { contextOf, labs } from './helpers/facts.ts';
import { unmetAmong } from './helpers/unmet.ts';

// The haproxy.cfg and the certificate of lab 04's guide, served by a real HAProxy on ports of this computer: what lab 04 asks of them, and
// what lab 08 begins with when a student brings them along.

const context = contextOf();
const HOST = context.host;
const lab04 = labNamed(labs, '04');
const lab08 = beginningOf(labNamed(labs, '08'));
const { blocks } = parseGuide(readFileSync(join(lab04.folder, 'guide.en.md'), 'utf8'), 'guide.en.md');
const textOf = (what: string, found: (block: (typeof blocks)[number]) => boolean): string => {
  const block = blocks.find(found);
  if (!block) throw new Error(`lab 04 has no block with ${what}`);
  return block.text.replaceAll('{{host}}', HOST);
};
const CFG = textOf('haproxy.cfg', ({ path }) => path === '/etc/haproxy/haproxy.cfg');
const CERTIFICATE = textOf('openssl', ({ text }) => text.includes('openssl req'));
const ok = (out: string): Answer => ({ code: 0, out });

async function freePort(): Promise<number> {
  const listener = createListener().listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  const { port } = listener.address() as AddressInfo;
  await new Promise((resolve) => listener.close(resolve));
  return port;
}

describe('the load balancers of lab 04, as its guide has them', function () {
  this.timeout(60_000);
  let folder = '';
  const webs: Server[] = [];
  const ports = { http: 0, https: 0, web1: 0, web2: 0 };
  let running: ReturnType<typeof spawn> | undefined;

  before(async function () {
    for (const [program, version] of [
      ['haproxy', '-v'],
      ['openssl', 'version'],
      ['curl', '-V'],
    ] as const)
      if (spawnSync(program, [version]).error) this.skip();
    folder = mkdtempSync(join(tmpdir(), 'balancers-'));
    ports.http = await freePort();
    ports.https = await freePort();
    execFileSync('bash', ['-ec', CERTIFICATE.replaceAll('/etc/haproxy', folder)]);
    // curl comes by the name, as where the name leads to the floating address.
    writeFileSync(
      join(folder, '.curlrc'),
      `connect-to = "${HOST}:443:127.0.0.1:${ports.https}"\ncacert = "${join(folder, 'front.crt')}"\n`,
    );
    for (const name of ['web1', 'web2'] as const) {
      const web = createServer((request, response) => {
        response.end(request.url === '/session' ? JSON.stringify({ machine: name, count: 1 }) : `>${name}<`);
      }).listen(0, '127.0.0.1');
      await new Promise((resolve) => web.once('listening', resolve));
      ports[name] = (web.address() as AddressInfo).port;
      webs.push(web);
    }
  });
  after(() => {
    for (const web of webs) web.close();
    if (folder !== '') rmSync(folder, { recursive: true });
  });
  afterEach(async () => {
    const program = running;
    running = undefined;
    if (!program || program.exitCode !== null) return;
    const ended = new Promise((resolve) => program.once('exit', resolve));
    program.kill();
    await ended;
  });

  /** This configuration, at work; its `haproxy -c` fails otherwise. */
  async function serve(configuration: string): Promise<void> {
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(
      file,
      configuration
        .replace(/^ +(user|group) haproxy\n/gm, '')
        .replace('/run/haproxy/admin.sock', join(folder, 'admin.sock'))
        .replaceAll('/etc/haproxy', folder)
        .replace('bind :80', `bind 127.0.0.1:${ports.http}`)
        .replace('bind :443', `bind 127.0.0.1:${ports.https}`)
        .replace(
          /\{\{(web\d)\.address\}\}:80/g,
          (_, name: string) => `127.0.0.1:${ports[name as 'web1' | 'web2']}`,
        ),
    );
    execFileSync('haproxy', ['-c', '-f', file], { stdio: 'pipe' });
    running = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
    const answers = await poll(
      async () => (await asked(`http://${HOST}/`)).status > 0,
      (up) => up,
      { every: 0.05, seconds: 20 },
    );
    expect(answers, 'haproxy answers').to.equal(true);
  }

  /** What a visitor is told who trusts the guide's certificate, whichever address he asks. */
  const asked = (url: string) =>
    new Promise<{ status: number; error: string; headers: object; body: string }>((resolve) => {
      const { protocol, hostname, pathname } = new URL(url);
      const secure = protocol === 'https:';
      const where = { host: '127.0.0.1', path: pathname, headers: { host: hostname }, agent: false as const };
      const none = (error: Error) => resolve({ status: 0, error: error.message, headers: {}, body: '' });
      const ca = readFileSync(join(folder, 'front.crt'));
      const request = secure
        ? getSecurely({ ...where, port: ports.https, servername: hostname, ca })
        : get({ ...where, port: ports.http });
      request.on('error', none).on('response', async (response) => {
        let body = '';
        for await (const part of response.setEncoding('utf8')) body += part;
        resolve({ status: response.statusCode ?? 0, error: '', headers: response.headers, body });
      });
    });

  const commandHere = async (command: string): Promise<Answer> => {
    const env = { ...process.env, CURL_HOME: folder };
    const here = command.replaceAll('/etc/haproxy', folder);
    return promisify(execFile)('bash', ['-c', here], { env }).then(
      ({ stdout }) => ok(stdout),
      ({ code, stdout }: { code: number; stdout: string }) => ({ code, out: stdout }),
    );
  };

  async function answerTo(machine: string, probe: Probe): Promise<Answer> {
    if (probe.kind === 'http')
      return ok(JSON.stringify([{ ...(await asked(probe.url)), time: 0.01, exit: 0 }]));
    if (probe.kind === 'command') return commandHere(probe.command);
    if (probe.kind === 'addresses')
      return ok(`2: eth1 inet 10.0.2.${machine === 'lb1' ? 10 : 99}/24 scope global eth1`);
    return ok('LoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled');
  }

  /** Titles of what does not hold of the first step of this lab, or of what it begins with. */
  async function unmet(...where: Parameters<typeof checksOf>): Promise<string[]> {
    const own = (await checksOf(...where)).expectations.get(1) ?? [];
    expect(own).to.not.have.length(0);
    const keyOf = (machine: string, probe: Probe) => `${machine} ${probeKey(probe)}`;
    const answers = new Map<string, Answer>();
    for (const { machine, probe } of own.flatMap(({ needs }) => needs))
      answers.set(keyOf(machine, probe), await answerTo(machine, probe));
    return unmetAmong(own, (machine, probe) => answers.get(keyOf(machine, probe))).map(
      ({ title }) => title.en,
    );
  }
  const step1 = () => unmet(lab04, context);
  const begins = () => unmet(lab08, context, beginsFile(lab08));

  it('serve HTTPS under the name of the service, send there who comes without, and are what lab 08 begins with', async () => {
    await serve(CFG);
    expect(await step1()).to.deep.equal([]);
    expect(await begins()).to.deep.equal([]);
  });

  it('are no such thing without TLS, or where nobody is sent to it', async () => {
    const plain = CFG.replace(/^.*(bind :443|redirect scheme).*\n/gm, '');
    await serve(plain);
    expect((await step1()).join()).to.match(/https:.* answers 200.*redirects/);
    expect((await begins()).join()).to.match(/six visits/);
  });

  it('let nobody but root read the key', async () => {
    await serve(CFG);
    chmodSync(join(folder, 'front.pem'), 0o640);
    const found = await step1();
    chmodSync(join(folder, 'front.pem'), 0o600);
    expect(found.join()).to.match(/files with a key in \/etc\/haproxy on lb1/);
  });

  it('are not what lab 08 begins with where they tie a visitor to a machine', async () => {
    await serve(CFG.replace(/^ {4}balance roundrobin\n/m, '    balance source\n'));
    expect(await step1()).to.deep.equal([]);
    expect(await begins()).to.have.length(1);
  });

  it('show a certificate for the name that visitors know', async () => {
    const kept = readFileSync(join(folder, 'front.pem'));
    const fault = lab04.faults['wrong-name']?.run ?? '';
    const swap = fault.replaceAll('/etc/haproxy', folder).replaceAll('/root', folder);
    execFileSync('bash', ['-ec', swap.replace(/^systemctl.*\n|^sleep.*\n/gm, '')]);
    await serve(CFG);
    const found = await step1();
    writeFileSync(join(folder, 'front.pem'), kept);
    expect(found).to.have.length(2);
    expect(found.join()).to.match(/https:.* answers 200/);
  });
});

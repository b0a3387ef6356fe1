import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../tasks/base/paths.ts';
import { ofMachines } from './helpers/only.ts';

/** Scripts that look again and again, on machines, at what another program shows. */
ofMachines.describe('scripts that watch', () => {
  let folder = '';
  let child: ChildProcess | undefined;
  const at = (name: string) => join(folder, name);
  const text = (name: string) => (existsSync(at(name)) ? readFileSync(at(name), 'utf8') : '');
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchers-'));
  });
  afterEach(() => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  function begin(script: string, ...args: string[]): void {
    child = spawn('bash', [script, ...args], {
      env: { PATH: `${folder}:${process.env.PATH}`, LAB_SHARED: join(ROOT, 'roles') },
      stdio: 'ignore',
    });
  }
  async function until(done: () => boolean): Promise<boolean> {
    const end = Date.now() + 60_000;
    while (!done() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
    return done();
  }

  it('sees-web writes down whether HAProxy has a web machine, and -1 when it cannot be asked', async () => {
    let status = 200;
    const server = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .resume()
        .end(`HTTP/1.0 ${status} \r\n\r\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    begin(join(ROOT, 'roles/lb/files/sees-web'), at('state'), String(port), '2');
    expect(await until(() => text('state') === '0\n')).to.equal(true);
    status = 503;
    expect(await until(() => text('state') === '-1\n')).to.equal(true);
    status = 200;
    expect(await until(() => text('state') === '0\n')).to.equal(true);
    await new Promise((resolve) => server.close(resolve));
    expect(await until(() => text('state') === '-1\n')).to.equal(true);
  });

  it('sees-web takes the file over where keepalived, as root, has made it first', async function () {
    // Only root can make what another user must not write.
    if (process.getuid?.() !== 0) return this.skip();
    const [nobody, own] = [65534, at('own')];
    mkdirSync(own);
    chownSync(own, nobody, nobody);
    for (const path of [dirname(own), own]) chmodSync(path, 0o755);
    writeFileSync(join(own, 'state'), '0\n', { mode: 0o600 });
    for (const file of ['lb/files/sees-web', 'pause.sh'])
      copyFileSync(join(ROOT, 'roles', file), join(own, basename(file)));
    const as = `setpriv --reuid ${nobody} --regid ${nobody} --clear-groups env LAB_SHARED=${own} bash`;
    begin('-c', `exec ${as} ${own}/sees-web ${own}/state 9 2`);
    expect(await until(() => text('own/state') === '-1\n')).to.equal(true);
  });

  it('garb-watch starts the arbitrator anew when it is alone in the group, and only then', async () => {
    const script = readFileSync(join(ROOT, 'roles/arbitrator/files/garb-watch'), 'utf8');
    const view = '/var/lib/garb/gvwstate.dat';
    expect(script).to.include(view);
    writeFileSync(at('garb-watch'), script.replace(view, at('view')));
    writeFileSync(at('systemctl'), `#!/bin/bash\necho "$*" >>"${at('calls')}"\n`, { mode: 0o755 });
    writeFileSync(at('view'), 'my_uuid: a\nmember: a 0\nmember: b 0\n');
    begin(at('garb-watch'));
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(text('calls')).to.equal('');
    writeFileSync(at('view'), 'my_uuid: a\nmember: a 0\n');
    expect(await until(() => text('calls').includes('start garb'))).to.equal(true);
    expect(text('calls')).to.equal('stop garb.service\nstart garb.service\n');
    expect(existsSync(at('view'))).to.equal(false);
  });
});

import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ofMachines } from './helpers/only.ts';

const script = join(import.meta.dirname, '../../roles/database/files/bin/galera-gate');

ofMachines.describe('galera-gate', () => {
  let folder: string;
  let server: Server;
  /** What the other database says, and how often it was asked. */
  let peerSays = '';
  let asked = 0;
  const at = (name: string) => join(folder, name);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'galera-gate-'));
    for (const [name, text] of [
      ['nft', 'exec cat >/dev/null'],
      ['chown', ''],
      ['install', `exec mkdir -p "${folder}/run/notes"`],
      ['systemd-notify', ''],
      [
        'systemctl',
        `case "$*" in show*) cat "${folder}/unit" ;; *) echo "$*" >>"${folder}/asked-for" ;; esac`,
      ],
    ] as const) {
      writeFileSync(at(name), `#!/bin/sh\n${text}\n`);
      chmodSync(at(name), 0o755);
    }
    mkdirSync(at('run/notes'), { recursive: true });
    server = createServer((socket) => {
      asked += 1;
      socket.on('error', () => undefined).end(`${peerSays}\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve));
  });
  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs the gate on a database without a majority whose unit is in this state, until it has asked the other one twice or mended something. */
  async function without(majority: { unit: string; peer: string }): Promise<string> {
    peerSays = majority.peer;
    asked = 0;
    writeFileSync(at('asked-for'), '');
    const { port } = server.address() as AddressInfo;
    writeFileSync(at('unit'), `${majority.unit}\n`);
    writeFileSync(at('run/notes/primary'), 'no\n');
    writeFileSync(at('run/notes/status'), 'connected\n');
    writeFileSync(at('galera.env'), `PEERS="127.0.0.2"\nSTATE_PORT=${port}\nASK=20\nSTUCK=1\n`);
    const gate = spawn('bash', [script], {
      env: {
        PATH: `${folder}:${process.env.PATH}`,
        LAB_GALERA_ENV: at('galera.env'),
        LAB_GALERA_RUN: at('run'),
        LAB_GALERA_DATA: at('data'),
      },
      cwd: folder,
      stdio: 'ignore',
    });
    let ended = false;
    const end = new Promise<void>((resolve) => gate.on('close', () => resolve())).then(() => {
      ended = true;
    });
    const mended = () => readFileSync(at('asked-for'), 'utf8');
    while (asked < 2 && !mended() && !ended) await new Promise((resolve) => setTimeout(resolve, 50));
    gate.kill('SIGKILL');
    await end;
    return mended();
  }

  it('starts a database again that has no majority while nobody has', async () => {
    expect(await without({ unit: 'activating', peer: 'waiting' })).to.include(
      'kill --signal=KILL mariadb.service',
    );
    expect(await without({ unit: 'active', peer: 'nonprimary connected' })).to.include(
      'restart mariadb.service',
    );
  });

  it('leaves it alone while another one is on its way, or has a majority: it may be taking its state from that one', async () => {
    for (const peer of ['joining', 'starting', 'unknown', 'primary donor']) {
      expect(await without({ unit: 'active', peer }), peer).to.equal('');
    }
  });
});

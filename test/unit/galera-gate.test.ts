import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { ofMachines } from './helpers/only.ts';

const script = join(import.meta.dirname, '../../roles/database/files/bin/galera-gate');
const OWN = '11111111-2222-3333-4444-555555555555';
const OTHER = '99999999-2222-3333-4444-555555555555';

ofMachines.describe('galera-gate', () => {
  let folder: string;
  let server: Server;
  /** What the other database says, and how often it was asked. */
  let peerSays = '';
  let asked = 0;
  /** Seconds until it goes on with what is there, and until it starts the database again. */
  let leaderless = 0;
  let stuck = 0;
  const at = (name: string) => join(folder, name);

  beforeEach(async () => {
    leaderless = 0;
    stuck = 0;
    folder = mkdtempSync(join(tmpdir(), 'galera-gate-'));
    for (const [name, text] of [
      ['nft', 'exec cat >/dev/null'],
      ['chown', ''],
      ['install', `exec mkdir -p "${folder}/run/notes"`],
      ['systemd-notify', ''],
      [
        'mariadb',
        `[ -f "${folder}/sql" ] || exit 1; case "$*" in *SHOW*) cat "${folder}/sql" ;; *) echo "$*" >>"${folder}/asked-for" ;; esac`,
      ],
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

  /** Runs the gate on a database without a majority whose unit is in this state, until it has mended something, or had time to after it asked the other one. */
  async function without(majority: { unit: string; peer: string; first?: boolean }): Promise<string> {
    peerSays = majority.peer;
    asked = 0;
    rmSync(at('run/state'), { force: true });
    writeFileSync(at('asked-for'), '');
    const { port } = server.address() as AddressInfo;
    writeFileSync(at('unit'), `${majority.unit}\n`);
    writeFileSync(at('run/notes/primary'), 'no\n');
    writeFileSync(at('run/notes/status'), 'connected\n');
    writeFileSync(
      at('galera.env'),
      `SELF=127.0.0.1\nNODES="${majority.first === false ? '127.0.0.2 127.0.0.1' : '127.0.0.1 127.0.0.2'}"\nPEERS="127.0.0.2"\nSTATE_PORT=${port}\nASK=20\nMEMBERS=3\nLEADERLESS=${leaderless}\nSTUCK=${stuck}\n`,
    );
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
    while (asked < 1 && !mended() && !ended) await sleep(20);
    for (let tries = 0; tries < 20 && !mended() && !ended; tries += 1) await sleep(20);
    expect(ended, 'the gate ended').to.equal(false);
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

  /** What the database itself says: its position, and how many members its group has. */
  const says = (seqno: number, members: number, uuid = OWN) =>
    writeFileSync(
      at('sql'),
      `wsrep_local_state_uuid\t${uuid}\nwsrep_last_committed\t${seqno}\nwsrep_cluster_size\t${members}\n`,
    );

  it('goes on with a group that has most of the members, if no database goes further', async () => {
    stuck = 100;
    says(40, 2);
    for (const peer of [
      `waiting ${OWN} 40`,
      `waiting ${OWN} 39`,
      `nonprimary ${OWN} 40`,
      `waiting ${OTHER} 0`,
      `waiting ${OWN} -1`,
    ])
      expect(await without({ unit: 'active', peer }), peer).to.include('pc.bootstrap=yes');
    expect(readFileSync(at('run/state'), 'utf8')).to.equal(`nonprimary ${OWN} 40\n`);
  });

  it('goes on with nothing that may be less than there was, or not all there is', async () => {
    stuck = 100;
    const cases = {
      'another one that runs goes further': [40, 2, `nonprimary ${OWN} 41`],
      'another history': [40, 2, `waiting ${OTHER} 3`],
      'another one is about to start a group': [40, 2, `candidate ${OWN} 3`],
      'another one is on its way': [40, 2, `joining ${OWN} 3`],
      'another one has a majority': [40, 2, 'primary synced'],
      'nobody knows how far another one goes': [40, 2, 'unknown'],
      'what another one says is no position': [40, 2, `waiting ${OWN} a[$(touch x)]`],
    } as const;
    for (const [why, [seqno, members, peer]] of Object.entries(cases)) {
      says(seqno, members);
      expect(await without({ unit: 'active', peer }), why).to.equal('');
    }
  });

  it('makes way for one that waits and goes further, without waiting for long', async () => {
    stuck = 100;
    says(40, 2);
    expect(await without({ unit: 'active', peer: `waiting ${OWN} 41` })).to.equal(
      '--no-block restart mariadb.service\n',
    );
  });

  it('alone it asks nobody whether to go on, and of equals in one group the first does', async () => {
    stuck = 0;
    says(40, 1);
    expect(await without({ unit: 'active', peer: `waiting ${OWN} 3` })).to.include('restart mariadb.service');
    says(40, 2);
    [leaderless, stuck] = [1, 100];
    const peer = `nonprimary ${OWN} 40`;
    expect(await without({ unit: 'active', peer, first: false }), 'at first').to.equal('');
  });
});

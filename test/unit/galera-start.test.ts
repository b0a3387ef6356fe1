import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ofMachines } from './helpers/only.ts';

const script = join(import.meta.dirname, '../../roles/database/files/bin/galera-start');
const HISTORY = '11111111-2222-3333-4444-555555555555';
const OTHER = '99999999-2222-3333-4444-555555555555';

ofMachines.describe('galera-start', () => {
  let folder: string;
  let server: Server;
  let peerSays = '';
  /** Seconds that a database waits, at most, for its machine to be done with booting. */
  let calm = 0;
  const at = (name: string) => join(folder, name);

  beforeEach(async () => {
    calm = 0;
    folder = mkdtempSync(join(tmpdir(), 'galera-start-'));
    for (const [name, text] of [
      // Reads what it is told: a pipe without a reader would end the script.
      ['nft', '[ "$1" != -f ] || exec cat >/dev/null'],
      ['chown', ''],
      ['setpriv', `[ ! -f "${folder}/recovered" ] || exec cat "${folder}/recovered"; exit 1`],
    ] as const) {
      writeFileSync(at(name), `#!/bin/sh\n${text}\n`);
      chmodSync(at(name), 0o755);
    }
    mkdirSync(at('empty/mysql'), { recursive: true });
    writeFileSync(at('empty/ibdata1'), 'as installed');
    mkdirSync(at('data'));
    server = createServer((socket) => socket.on('error', () => undefined).end(`${peerSays}\n`));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve));
  });
  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  /** What the machine holds: an orderly stop at this position, or a crash. */
  function holds(uuid: string, seqno: number): void {
    mkdirSync(at('data/mysql'));
    writeFileSync(
      at('data/grastate.dat'),
      `version: 2.1\nuuid:    ${uuid}\nseqno:   ${seqno}\nsafe_to_bootstrap: 0\n`,
    );
  }

  /**
   * Runs the script while the other database says `peer`; ended after `seconds`, since it may wait for ever, or a moment after it has
   * said `until`.
   */
  async function start(
    peer: string,
    seconds = 100,
    until?: string,
  ): Promise<{ ended: boolean; said: string; begins: string }> {
    peerSays = peer;
    const { port } = server.address() as AddressInfo;
    writeFileSync(
      at('galera.env'),
      `SELF=127.0.0.1\nNODES="127.0.0.1 127.0.0.2"\nPEERS="127.0.0.2"\nSTATE_PORT=${port}\nHISTORY=${HISTORY}\nASK=2\nREADY=5\nPEER_GRACE=0\nCALM=${calm}\nSTUCK=5\n`,
    );
    const child = spawn('bash', [script], {
      env: {
        PATH: `${folder}:${process.env.PATH}`,
        LAB_GALERA_ENV: at('galera.env'),
        LAB_GALERA_RUN: at('run'),
        LAB_GALERA_DATA: at('data'),
        LAB_GALERA_EMPTY: at('empty'),
        LAB_SHARED: join(import.meta.dirname, '../../roles'),
        LAB_GALERA_PAUSE: '0.05',
        LAB_GALERA_PROC: at('proc'),
      },
      cwd: folder,
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk;
        if (until && said.includes(until)) setTimeout(() => child.kill('SIGKILL'), 700);
      });
    const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    clearTimeout(timer);
    const begins = existsSync(at('run/start')) ? readFileSync(at('run/start'), 'utf8') : '';
    return { ended: code === 0, said, begins };
  }

  it('two new databases begin together, with the same data at the same position, and need no copy', async () => {
    for (const state of ['waiting', 'meeting', 'nonprimary']) {
      const { said, begins } = await start(`${state} ${HISTORY} 0`);
      expect(begins, said).to.equal(`WSREP_START_POSITION=--wsrep_start_position=${HISTORY}:0\n`);
      const [first, second] = ['01', '02'].map((number) => `${number}${HISTORY.slice(2, -2)}${number}`);
      expect(readFileSync(at('data/gvwstate.dat'), 'utf8')).to.equal(
        `my_uuid: ${first}\n#vwbeg\nview_id: 3 ${first} 1\nbootstrap: 0\nmember: ${first} 0\nmember: ${second} 0\n#vwend\n`,
      );
    }
    expect(readFileSync(at('data/ibdata1'), 'utf8')).to.equal('as installed');
    expect(existsSync(at('data/mysql'))).to.equal(true);
  });

  it('a new database does not begin together with one that is about to do something else', async () => {
    for (const state of ['candidate', 'joining', 'starting'])
      expect((await start(`${state} ${HISTORY} 0`, 0.7)).said, state).not.to.include('together');
  });

  it('a new database takes a full copy from a group that runs: its engine knows no position to take changes from', async () => {
    const { said, begins } = await start('primary synced');
    expect(said).to.include('joining');
    expect(begins).to.equal('');
    expect(existsSync(at('data/grastate.dat'))).to.equal(false);
  });

  it('a database that joins a group that runs does not wait for an earlier one; alone it does', async () => {
    for (const [peer, kept] of [
      ['primary synced', false],
      ['', true],
    ] as const) {
      rmSync(at('data'), { recursive: true });
      mkdirSync(at('data'));
      holds(HISTORY, 5);
      writeFileSync(at('data/gvwstate.dat'), 'the group of before');
      expect((await start(peer)).said, peer).to.include('joining');
      expect(existsSync(at('data/gvwstate.dat')), peer).to.equal(kept);
    }
  });

  it('a database that returns joins once its machine is done with booting, and after a while in any case', async () => {
    holds(HISTORY, 5);
    mkdirSync(at('proc'));
    spawnSync('mkfifo', [at('proc/stat')]);
    /** While the work goes on, each look at the machine's counters finds 100 more ticks: of work, or of rest. */
    async function machine(work: number, rest: number, joins: () => ReturnType<typeof start>) {
      const line = `cpu $((n * ${work})) 0 0 $((n * ${rest})) 0 0 0 0 0 0`;
      const counts = spawn('bash', [
        '-c',
        `trap '' PIPE; for ((n = 1; ; n++)); do echo "${line}" >"$1"; done 2>/dev/null`,
        '_',
        at('proc/stat'),
      ]);
      try {
        return await joins();
      } finally {
        counts.kill('SIGKILL');
      }
    }
    calm = 3;
    const before = Date.now();
    expect((await machine(100, 0, () => start('primary synced', 50))).said).to.include('joining');
    expect(Date.now() - before, 'busy').to.be.at.least(2000);
    calm = 1000;
    expect((await machine(0, 100, () => start('primary synced', 50))).said, 'at rest').to.include('joining');
  });

  it('a new database lets one go first that has changes of another history, and a database with changes does not wait for a new one', async () => {
    expect(await start(`waiting ${OTHER} 7`, 1)).to.include({ ended: false, begins: '' });
    rmSync(at('data'), { recursive: true });
    mkdirSync(at('data'));
    holds(OTHER, 7);
    expect((await start(`waiting ${HISTORY} 0`)).begins).to.include(`${OTHER}:7`);
  });

  it('a new database waits for one that still boots, however long it takes', async () => {
    const { ended, said } = await start('', 100, 'waiting for 127.0.0.2');
    expect(ended).to.equal(false);
    expect(said).to.include('waiting for 127.0.0.2').and.not.include('joining');
  });

  it('two databases with different histories wait for a person', async () => {
    holds(HISTORY, 5);
    const { ended, said } = await start(`waiting ${OTHER} 7`, 100, 'by hand');
    expect(ended).to.equal(false);
    expect(said).to.include('by hand');
  });

  it('what another machine says is never run, and makes no group', async () => {
    holds(HISTORY, 5);
    for (const number of ['a[$(touch stolen)]', '08', '9'.repeat(30)]) {
      const { begins, said } = await start(`waiting ${HISTORY} ${number}`);
      expect(begins, said).not.to.include('--wsrep-new-cluster');
      expect(existsSync(at('stolen')), number).to.equal(false);
      rmSync(at('run'), { recursive: true });
    }
    const { begins } = await start('waiting $(touch stolen) 3');
    expect(begins).not.to.include('--wsrep-new-cluster');
    expect(existsSync(at('stolen'))).to.equal(false);
  });

  it('a position that cannot be read starts no group: acknowledged changes may be here', async () => {
    holds(HISTORY, -1);
    const { ended, said, begins } = await start(`waiting ${HISTORY} 3`, 100, 'cannot be read');
    expect({ ended, begins }).to.deep.equal({ ended: false, begins: '' });
    expect(said).to.include('cannot be read');
    expect(readFileSync(at('run/state'), 'utf8')).to.equal('unknown\n');
    // A copy of a group that runs is taken.
    expect((await start('primary synced')).ended).to.equal(true);
  });

  it('after a crash the position comes from the database itself', async () => {
    holds(HISTORY, -1);
    writeFileSync(at('recovered'), `--wsrep_start_position=${HISTORY}:12,0-1-4\n`);
    expect((await start(`waiting ${HISTORY} 3`)).begins).to.include(`--wsrep_start_position=${HISTORY}:12\n`);
  });
});

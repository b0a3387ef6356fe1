import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runProgram } from '../../tasks/base/exec.ts';
import type { Engine } from '../../tasks/engines/engine.ts';
import type { Environment } from '../../tasks/environment/record.ts';
import { furthest, positionIn, regroup } from '../../tasks/exercises/session/regroup.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import type { Topology } from '../../tasks/topology/model.ts';
import { type FakeSsh, fakeSsh } from './helpers/fake-ssh.ts';
import { onPosix } from './helpers/only.ts';
import { runningMachines } from './helpers/running-machines.ts';

const root = join(import.meta.dirname, '../..');
const UUID = '0a1b2c3d-1111-2222-3333-444455556666';

describe('databases of a student that all started at once', () => {
  const at = (machine: string, seqno: number, uuid = UUID) => ({ machine, uuid, seqno });

  it('the one whose data goes furthest begins, the first of equals; of two histories none', () => {
    expect(furthest([at('db1', 5), at('db2', 9)])?.machine).to.equal('db2');
    expect(furthest([at('db1', 9), at('db2', 9)])?.machine).to.equal('db1');
    expect(furthest([at('db1', 9), at('db2', 9, UUID.replace('0', '1'))])).to.equal(undefined);
    expect(furthest([])).to.equal(undefined);
  });

  it('what a machine says is a position, or nothing', () => {
    const said = (stdout: string, code = 0) => positionIn('db1', { code, stdout });
    expect(said(`${UUID} 12\n`)).to.deep.equal(at('db1', 12));
    for (const text of ['', `${UUID} -1\n`, `${UUID}\n`, `x ${UUID} 12\n`, '12\n', `${UUID} 12; reboot\n`])
      expect(said(text), text).to.equal(undefined);
    expect(said(`${UUID} 12\n`, 1)).to.equal(undefined);
  });
});

onPosix('a program in the place of ssh').describe('the databases of a student’s lab', () => {
  const KEY = '/nowhere/key';
  let ssh: FakeSsh;
  let topology: Topology;
  /** What the machines say to each word, by files `MACHINE.WORD`; a start makes a database run. */
  const says = (machine: string, word: string, text: string) =>
    writeFileSync(join(ssh.folder, `${machine}.${word}`), `${text}\n`);
  beforeEach(async () => {
    topology = await loadTopology('seven', root);
    ssh = fakeSsh(`[[ $command =~ "' regroup "([a-z]+) ]]
own=\${BASH_REMATCH[1]}
echo "$machine $own" >>words
[[ ! -e $machine.$own ]] || cat "$machine.$own"`);
  });
  afterEach(() => ssh.remove());
  const words = () =>
    existsSync(join(ssh.folder, 'words'))
      ? readFileSync(join(ssh.folder, 'words'), 'utf8').trim().split('\n')
      : [];
  const run = (engine: Partial<Engine> = {}) =>
    regroup(
      {
        engine: { ...runningMachines(topology, KEY), ...engine },
        environment: { root, topology, record: { factor: 1 } } as unknown as Environment,
      },
      { every: 0.01, alone: 0.05 },
    );

  it('that wait for each other are brought back: the furthest begins, then the others join, then the arbitrator votes', async () => {
    for (const name of ['db1', 'db2']) says(name, 'state', 'lost');
    says('db1', 'where', `${UUID} 5`);
    says('db2', 'where', `${UUID} 9`);
    expect((await run())?.en)
      .to.contain('db2')
      .and.to.contain('seqno 9');
    expect(words().filter((word) => !/state|where/.test(word))).to.deep.equal([
      'db2 begin',
      'db1 join',
      'lb1 vote',
    ]);
  });

  it('one alone that was begun is begun again', async () => {
    says('db1', 'state', 'lost');
    says('db2', 'state', 'none');
    says('db1', 'where', `${UUID} 5`);
    await run();
    expect(words().filter((word) => !/state|where/.test(word))).to.deep.equal(['db1 begin', 'lb1 vote']);
  });

  it('of which one runs, or none is to run, are left alone; so are two histories, and where one cannot be asked', async () => {
    const done = async (engine: Partial<Engine> = {}) => {
      rmSync(join(ssh.folder, 'words'), { force: true });
      expect(await run(engine)).to.equal(undefined);
      return words().filter((word) => !word.endsWith('state'));
    };
    for (const [one, other] of [
      ['up', 'lost'],
      ['none', 'none'],
      ['', 'lost'],
    ] as const) {
      says('db1', 'state', one);
      says('db2', 'state', other);
      expect(await done(), `${one} ${other}`).to.deep.equal([]);
    }
    for (const name of ['db1', 'db2']) says(name, 'state', 'lost');
    expect(await done({ states: async () => new Map([['db1', 'running']]) })).to.deep.equal([]);
    says('db1', 'where', `${UUID} 5`);
    says('db2', 'where', `${UUID.replace('0', '1')} 9`);
    expect((await done()).sort()).to.deep.equal(['db1 wait', 'db1 where', 'db2 wait', 'db2 where']);
  });
});

onPosix('bash').describe('regroup.sh, with programs in the place of a machine’s', () => {
  let folder: string;
  /** `active`: what systemctl says of MariaDB. */
  const program = (name: string, text: string) => {
    writeFileSync(join(folder, 'bin', name), `#!/bin/bash\n${text}\n`);
    chmodSync(join(folder, 'bin', name), 0o755);
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'regroup-'));
    for (const name of ['bin', 'data', 'applied']) mkdirSync(join(folder, name));
    program(
      'systemctl',
      `echo "$*" >>${folder}/calls
case "$*" in
  "is-active mariadb") cat ${folder}/active; exit 3 ;;
  *is-enabled*) [[ -e ${folder}/enabled ]] ;;
esac`,
    );
    program('setpriv', `shift 3; exec "$@"`);
    program('galera_recovery', `cat ${folder}/recovered`);
    program('galera_new_cluster', `echo new-cluster >>${folder}/calls`);
    writeFileSync(join(folder, 'active'), 'activating\n');
    writeFileSync(join(folder, 'enabled'), '');
    grastate('-1', 0);
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const grastate = (seqno: string, safe: number) =>
    writeFileSync(
      join(folder, 'data/grastate.dat'),
      `# GALERA saved state\nversion: 2.1\nuuid:    ${UUID}\nseqno:   ${seqno}\nsafe_to_bootstrap: ${safe}\n`,
    );
  const run = async (word: string) => {
    const { code, stdout } = await runProgram(
      'bash',
      [join(root, 'tasks/exercises/session/regroup.sh'), word],
      {
        env: {
          PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
          LAB_DATA: join(folder, 'data'),
          LAB_APPLIED: join(folder, 'applied'),
        },
      },
    );
    return { code, said: stdout.trim() };
  };
  const calls = () => (existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8') : '');

  it('says of a database that waits that it is lost, and asks nothing of one that is the kit’s or is not to run', async () => {
    expect((await run('state')).said).to.equal('lost');
    writeFileSync(join(folder, 'active'), 'active\n');
    expect((await run('state')).said).to.equal('up');
    writeFileSync(join(folder, 'active'), 'inactive\n');
    expect((await run('state')).said).to.equal('none');
    writeFileSync(join(folder, 'active'), 'activating\n');
    writeFileSync(join(folder, 'applied/database'), '');
    expect((await run('state')).said).to.equal('none');
    rmSync(join(folder, 'applied/database'));
    rmSync(join(folder, 'enabled'));
    expect((await run('state')).said).to.equal('none');
    expect(calls()).to.not.contain('stop');
  });

  it('reads how far the data goes: what was written down at a stop in good order, else what the engine’s log says', async () => {
    writeFileSync(join(folder, 'recovered'), `--wsrep_start_position=${UUID}:41\n`);
    expect(await run('where')).to.deep.equal({ code: 0, said: `${UUID} 41` });
    expect(calls()).to.contain('stop mariadb');
    grastate('77', 1);
    expect((await run('where')).said).to.equal(`${UUID} 77`);
    grastate('-1', 0);
    writeFileSync(join(folder, 'recovered'), 'nothing\n');
    const { code, said } = await run('where');
    expect([code === 0, said]).to.deep.equal([false, '']);
  });

  it('begins with what Galera demands before it begins, and restarts an arbitrator that is to run', async () => {
    await run('begin');
    expect(readFileSync(join(folder, 'data/grastate.dat'), 'utf8')).to.contain('safe_to_bootstrap: 1');
    expect(calls()).to.contain('new-cluster');
    await run('vote');
    expect(calls()).to.contain('restart garb');
    writeFileSync(join(folder, 'calls'), '');
    rmSync(join(folder, 'enabled'));
    await run('vote');
    expect(calls()).to.not.contain('restart');
  });
});

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ofMachines } from './helpers/only.ts';

const roles = join(import.meta.dirname, '../../roles');
const [self, other, third] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];

/** What each sentinel answers to SENTINEL MASTER and FAILOVER; absent: the connection is refused. */
type Sentinels = Record<string, { epoch: number; master: string; flags?: string; failover?: string }>;

ofMachines.describe('redis-start', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'redis-start-'));
    for (const [name, text] of [
      // redis-cli -h ADDRESS -p 26379 SENTINEL WORD SET
      [
        'redis-cli',
        `file="${folder}/$2.$6"; [ -f "$file" ] && cat "$file" || echo "Connection refused"; echo "$6" >>"${folder}/asked"
        [ "$6" != FAILOVER ] || for new in "${folder}"/*.after; do [ ! -f "$new" ] || mv "$new" "\${new%.after}"; done`,
      ],
      // redis-check-aof [--fix] MANIFEST: torn while a file of that name is there; asks before it cuts.
      [
        'redis-check-aof',
        `[ "$1" = --fix ] || exec test ! -e "${folder}/append/torn"; read answer; [ "$answer" = y ] && rm "${folder}/append/torn"`,
      ],
      ['chown', ''],
    ] as const) {
      writeFileSync(at(name), `#!/bin/sh\n${text}\n`);
      chmodSync(at(name), 0o755);
    }
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const answer = (epoch: number, master: string, flags: string) =>
    `name\nsessions\nip\n${master}\nport\n6379\nflags\n${flags}\nconfig-epoch\n${epoch}\n`;

  /** Runs the script; returns whom it replicates, undefined when it is the master. */
  function start(sentinels: Sentinels, before?: string): string | undefined {
    for (const [address, { epoch, master, flags = 'master', failover = 'NOGOODSLAVE' }] of Object.entries(
      sentinels,
    )) {
      writeFileSync(at(`${address}.MASTER`), answer(epoch, master, flags));
      writeFileSync(at(`${address}.FAILOVER`), `${failover}\n`);
    }
    if (before !== undefined) writeFileSync(at('server.conf'), before);
    writeFileSync(
      at('members'),
      `self=${self}\nfirst=${self}\nsentinels=(${self} ${other} ${third})\nmajority=2\nset=sessions\npassword=x\nwait=1\nhandover=2\n`,
    );
    const run = spawnSync('bash', [join(roles, 'session/files/redis-start')], {
      encoding: 'utf8',
      env: {
        PATH: `${folder}:${process.env.PATH}`,
        LAB_REDIS_MEMBERS: at('members'),
        LAB_REDIS_STATE: at('server.conf'),
        LAB_REDIS_RAN: at('ran'),
        LAB_REDIS_APPEND_ONLY: at('append'),
      },
    });
    expect(run.status, run.stderr).to.equal(0);
    const text = readFileSync(at('server.conf'), 'utf8');
    expect(text).to.include('include /etc/redis/lab.conf\n');
    return /^replicaof (\S+) 6379$/m.exec(text)?.[1];
  }
  const all = (entry: Sentinels[string]): Sentinels => ({ [self]: entry, [other]: entry, [third]: entry });

  it('cuts off what a loss of power left at the end of the append-only file, and keeps a copy', () => {
    mkdirSync(at('append'));
    writeFileSync(at('append/appendonly.aof.manifest'), '');
    writeFileSync(at('append/torn'), '');
    start({});
    expect(existsSync(at('append/torn'))).to.equal(false);
    expect(existsSync(at('append.torn/torn'))).to.equal(true);
  });

  it('is the first master when nobody decided anything yet', () => {
    expect(start({})).to.equal(undefined);
  });

  it('replicates whom the sentinels name, though it was the master when it lost power', () => {
    expect(start(all({ epoch: 1, master: other }), 'include /etc/redis/lab.conf\n')).to.equal(other);
  });

  it('believes the latest decision, not the most frequent answer nor the first, whoever knows it', () => {
    for (const latest of [self, other, third]) {
      const answers = all({ epoch: 3, master: self });
      answers[latest] = { epoch: 4, master: other };
      expect(start(answers, ''), `known to ${latest}`).to.equal(other);
      rmSync(at('ran'));
    }
  });

  it('a fresh machine believes the sentinels, not the topology', () => {
    expect(start({ [other]: { epoch: 2, master: other }, [third]: { epoch: 2, master: other } })).to.equal(
      other,
    );
  });

  it('keeps its last role when no sentinel answers', () => {
    expect(start({}, `replicaof ${other} 6379\n`)).to.equal(other);
  });

  it('is master again after a power cut of all machines, without a hand-over', () => {
    expect(start(all({ epoch: 1, master: self }), '')).to.equal(undefined);
    expect(readFileSync(at('asked'), 'utf8')).not.to.include('FAILOVER');
  });

  it('hands over when it restarts while it is named master', () => {
    writeFileSync(at('ran'), '');
    for (const name of [self, other, third])
      writeFileSync(at(`${name}.MASTER.after`), answer(2, other, 'master'));
    expect(start(all({ epoch: 1, master: self, failover: 'OK' }), '')).to.equal(other);
  });

  it('hands over at its first start when the sentinels already find it down', () => {
    for (const name of [self, other, third])
      writeFileSync(at(`${name}.MASTER.after`), answer(2, other, 'master'));
    const down = { epoch: 1, master: self, flags: 'master,s_down', failover: 'OK' };
    expect(start(all(down), '')).to.equal(other);
  });

  it('is master at once when no replica can take over', () => {
    writeFileSync(at('ran'), '');
    const began = Date.now();
    expect(start(all({ epoch: 1, master: self }), '')).to.equal(undefined);
    expect(Date.now() - began).to.be.below(1900);
  });

  it('is master when a promotion was accepted and never came', () => {
    writeFileSync(at('ran'), '');
    expect(start(all({ epoch: 1, master: self, failover: 'OK' }), '')).to.equal(undefined);
  });
});

ofMachines.describe('sentinel-start', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sentinel-start-'));
    writeFileSync(join(folder, 'chown'), '#!/bin/sh\n');
    chmodSync(join(folder, 'chown'), 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const conf = `port 26379\nsentinel monitor sessions ${self} 6379 2\nsentinel down-after-milliseconds sessions 1500\n# Members of the topology: ${self} ${other}\n`;

  function start(state?: string): string {
    const file = join(folder, 'sentinel.conf');
    writeFileSync(join(folder, 'lab.conf'), conf);
    if (state !== undefined) writeFileSync(file, state);
    const run = spawnSync('bash', [join(roles, 'sentinel/files/sentinel-start')], {
      encoding: 'utf8',
      env: {
        PATH: `${folder}:${process.env.PATH}`,
        LAB_SENTINEL_CONF: join(folder, 'lab.conf'),
        LAB_SENTINEL_STATE: file,
      },
    });
    expect(run.status, run.stderr).to.equal(0);
    expect(existsSync(`${file}.new`)).to.equal(false);
    return readFileSync(file, 'utf8');
  }

  it('starts from the configuration alone', () => {
    expect(start()).to.equal(conf);
  });

  it('keeps the master, epochs, identity and members of the topology; timers and quorum are the new ones', () => {
    const text = start(
      `sentinel monitor sessions ${other} 6379 3\nsentinel down-after-milliseconds sessions 9000\nsentinel myid abc\nsentinel config-epoch sessions 7\nsentinel leader-epoch sessions 8\nsentinel current-epoch 9\nsentinel known-replica sessions ${self} 6379\nsentinel known-sentinel sessions ${other} 26379 def\nsentinel known-sentinel sessions ${third} 26379 gone\n`,
    );
    expect(text).to.include(`sentinel monitor sessions ${other} 6379 2\n`);
    expect(text).to.include('down-after-milliseconds sessions 1500').and.not.include('9000');
    for (const line of [
      'sentinel myid abc',
      'sentinel config-epoch sessions 7',
      'sentinel leader-epoch sessions 8',
      'sentinel current-epoch 9',
      `sentinel known-replica sessions ${self} 6379`,
      `sentinel known-sentinel sessions ${other} 26379 def`,
    ])
      expect(text).to.include(`${line}\n`);
    expect(text).not.to.include(third);
  });

  it('forgets a master that left the topology', () => {
    expect(start(`sentinel monitor sessions ${third} 6379 2\n`)).to.include(
      `monitor sessions ${self} 6379 2`,
    );
  });
});

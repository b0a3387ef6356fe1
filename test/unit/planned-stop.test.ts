import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ofMachines } from './helpers/only.ts';

const roles = join(import.meta.dirname, '../../roles');

ofMachines.describe('planned stops', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const read = (name: string) => readFileSync(at(name), 'utf8');

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'planned-stop-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Puts a program of that name first in the PATH. */
  function program(name: string, text: string) {
    writeFileSync(at(name), `#!/bin/bash\ncd "${folder}"\n${text}\n`);
    chmodSync(at(name), 0o755);
  }

  function run(script: string, args: string[]) {
    return spawnSync('bash', [join(roles, script), ...args], {
      encoding: 'utf8',
      env: {
        PATH: `${folder}:${process.env.PATH}`,
        LAB_DRAIN_ENV: at('drain.env'),
        LAB_DRAIN_MARK: at('run/leaving'),
        LAB_REDIS_CONF: at('lab.conf'),
      },
    });
  }

  describe('drain', () => {
    beforeEach(() => {
      writeFileSync(at('drain.env'), 'DRAIN_WAIT=1 DRAIN_SWITCH=100\n');
      program('nft', 'cat >rules');
    });

    it('gives new connections no answer, or refuses them, and leaves those that are open alone', () => {
      expect(run('common/files/drain', ['drop', '443', '80']).status).to.equal(0);
      expect(read('rules')).to.match(
        /tcp dport \{ 443, 80 \} tcp flags & \(fin\|syn\|rst\|ack\) == syn counter drop/,
      );
      // One a line: nft takes no two closing braces in one.
      expect(read('rules')).to.match(/drop\n\}\n\}\n$/);
      expect(run('common/files/drain', ['refuse', '3306']).status).to.equal(0);
      expect(read('rules')).to.match(/tcp dport \{ 3306 \} .* == syn counter reject with tcp reset/);
    });

    it('says that the machine leaves before it does, until it takes requests again', () => {
      expect(run('common/files/drain', ['leave', '0.1']).status).to.equal(0);
      expect(existsSync(at('run/leaving'))).to.equal(true);
      expect(run('common/files/drain', ['open', '80']).status).to.equal(0);
      expect(existsSync(at('run/leaving'))).to.equal(false);
    });

    it('lets them in again, also where none was kept out', () => {
      expect(run('common/files/drain', ['open', '443', '80']).status).to.equal(0);
      expect(read('rules')).to.equal('table inet drain_443\ndelete table inet drain_443\n');
    });

    it('waits until the last open connection has ended', () => {
      writeFileSync(at('drain.env'), 'DRAIN_WAIT=30 DRAIN_SWITCH=100\n');
      writeFileSync(at('left'), '3');
      program(
        'ss',
        'n=$(<left); for ((i = 0; i < n; i++)); do echo connection; done; echo $((n > 0 ? n - 1 : 0)) >left',
      );
      expect(run('common/files/drain', ['wait', '80']).status).to.equal(0);
      expect(read('left').trim()).to.equal('0');
    });

    it('does not wait for ever', () => {
      program('ss', 'echo connection');
      const since = Date.now();
      expect(run('common/files/drain', ['wait', '80']).status).to.equal(0);
      expect(Date.now() - since).to.be.within(100, 2500);
    });
  });

  describe('redis-stop', () => {
    const replica = 'slave0:ip=192.0.2.2,port=6379,state=online,offset=14,lag=0';
    const info = (...lines: string[]) => writeFileSync(at('info'), `${lines.join('\r\n')}\r\n`);
    const commands = () => (existed('asked') ? read('asked').trim().split('\n') : []);
    const existed = (name: string) => spawnSync('test', ['-e', at(name)]).status === 0;

    beforeEach(() => {
      writeFileSync(at('lab.conf'), 'port 6379\nrequirepass secret\n');
      program(
        'redis-cli',
        '[ "$REDISCLI_AUTH" = secret ] || exit 1; [ "$1" = INFO ] && cat info && exit; echo "$*" >>asked; printf "role:slave\\r\\n" >info',
      );
    });

    it('hands the master role over to a replica that is in sync', () => {
      info('role:master', 'slave0:ip=192.0.2.9,port=6379,state=wait_bgsave', replica);
      expect(run('session/files/redis-stop', []).status).to.equal(0);
      expect(commands()).to.deep.equal(['FAILOVER TO 192.0.2.2 6379 TIMEOUT 3000']);
    });

    it('does nothing on a replica, or where nobody can take over', () => {
      info('role:slave');
      expect(run('session/files/redis-stop', []).status).to.equal(0);
      info('role:master', 'slave0:ip=192.0.2.9,port=6379,state=wait_bgsave');
      expect(run('session/files/redis-stop', []).status).to.equal(0);
      expect(commands()).to.deep.equal([]);
    });

    it('does nothing when Redis does not answer', () => {
      program('redis-cli', 'exit 1');
      expect(run('session/files/redis-stop', []).status).to.equal(0);
    });
  });
});

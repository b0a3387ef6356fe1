import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

const script = join(import.meta.dirname, '../../bench/share.sh');

/** Control groups as the kernel's folders show them: files that are there once a group is. */
describe('bench/share.sh gives machines a share of a processor', () => {
  let folder: string;
  let machine: ChildProcess;
  const lab = `share-${process.pid}`;
  const group = (version: 1 | 2) => join(folder, version === 1 ? 'cpu' : '', `lab-${lab}-web1`);
  const read = (version: 1 | 2, file: string) => readFileSync(join(group(version), file), 'utf8').trim();
  const run = (...words: string[]) =>
    spawnSync('bash', [script, ...words], {
      encoding: 'utf8',
      env: { ...process.env, LAB_NAME: lab, LAB_CGROUPS: folder },
    });
  const groups = (version: 1 | 2) => {
    mkdirSync(group(version), { recursive: true });
    if (version === 2)
      for (const file of ['cgroup.controllers', `lab-${lab}-web1/cpu.max`])
        writeFileSync(join(folder, file), '');
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cgroups-'));
    // What ps shows of a User Mode Linux kernel; a process group of its own.
    machine = spawn('bash', ['-c', 'sleep 60 & wait', 'umid=web1', `mem=/tmp/.lab/${lab}/x`], {
      argv0: '/cache/linux',
      detached: true,
      stdio: 'ignore',
    });
  });
  afterEach(() => {
    if (machine.pid) process.kill(-machine.pid, 'SIGKILL');
    rmSync(folder, { recursive: true });
  });

  it('in both versions of control groups, with all processes of the machine, and takes it back', () => {
    groups(1);
    expect(run('15', 'web1')).to.include({ status: 0, stdout: 'web1: 15 % of a processor each\n' });
    expect([read(1, 'cpu.cfs_period_us'), read(1, 'cpu.cfs_quota_us')]).to.deep.equal(['100000', '15000']);
    const moved = readFileSync(`/proc/${read(1, 'cgroup.procs')}/stat`, 'utf8');
    expect(moved.slice(moved.lastIndexOf(')')).split(' ')[3]).to.equal(String(machine.pid));
    expect(run('max', 'web1').status).to.equal(0);
    expect(read(1, 'cpu.cfs_quota_us')).to.equal('-1');

    groups(2);
    run('100', 'web1');
    expect(read(2, 'cpu.max')).to.equal('100000 100000');
    run('max', 'web1');
    expect(read(2, 'cpu.max')).to.equal('max 100000');
  });

  it('says what is wrong in one sentence, and limits nothing then', () => {
    const wrong: [string[], RegExp][] = [
      [[], /from 1 to 100/],
      [['15'], /from 1 to 100/],
      [['0', 'web1'], /from 1 to 100/],
      [['101', 'web1'], /from 1 to 100/],
      [['15', 'web1', 'web9'], new RegExp(`^web9 of the lab ${lab} does not run on the uml engine`)],
    ];
    for (const [words, message] of wrong) {
      const { status, stderr } = run(...words);
      expect(status, words.join(' ')).to.equal(1);
      expect(stderr.trim().split('\n'), words.join(' ')).to.have.length(1);
      expect(stderr).to.match(message);
    }
    expect(existsSync(group(1))).to.equal(false);
    expect(run('15', 'web1').status, 'without a hierarchy of processors').to.equal(1);
    const none = spawnSync('bash', [script, '15', 'web1'], {
      encoding: 'utf8',
      env: { ...process.env, LAB_NAME: lab, LAB_CGROUPS: join(folder, 'none') },
    });
    expect(none.status).to.equal(1);
    expect(none.stderr).to.match(/^This computer has no control groups \(.*\): .*\n$/);
  });
});

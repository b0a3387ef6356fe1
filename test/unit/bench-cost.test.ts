import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { between, COUNTERS, parseCounters, sum } from '../../bench/cost/counters.ts';
import { byName, compileCounter, parseStarts } from '../../bench/cost/starts.ts';
import { machinesTable, programs, summary } from '../../bench/cost/table.ts';
import type { Part } from '../../bench/cost/watch.ts';
import { onLinux } from './helpers/only.ts';

const STAT = `cpu  1000 10 200 5000 300 7 8 900 0 0
cpu0 1000 10 200 5000 300 7 8 900 0 0
ctxt 123
btime 1764000000
processes 4321
procs_running 2
nr_free_pages 100
pgfault 98765
pgmajfault 12
`;

const part: Part = {
  what: 'at rest',
  seconds: 60,
  code: 0,
  machines: {
    db1: { processes: 500, faults: 10000, cpu: 9, host: 20 },
    lb1: { processes: 100, faults: 2000, cpu: 3, host: 5 },
  },
  computer: { processes: 1800, faults: 70000, cpu: 40 },
  starts: {
    db1: parseStarts(
      'ready\nfork 300 IPaddr2\nfork 100 npm exec tsc\nexec 50 drbdsetup\nthread 4 mariadbd\n',
    ),
    lb1: parseStarts('fork 90 IPaddr2\nfork 5 garb\nfork 2 sshd\n'),
  },
};

onLinux('they are read from /proc').describe('the counters of npm run bench -- --cost', () => {
  it('reads what the kernel counts, idle and stolen time left out', () => {
    expect(parseCounters(STAT)).to.deep.equal({ processes: 4321, faults: 98765, cpu: 12.25 });
  });

  it('reads the computer it runs on, and refuses what has no counters', () => {
    const { stdout } = spawnSync('sh', ['-c', COUNTERS], { encoding: 'utf8' });
    expect(parseCounters(stdout).processes).to.be.greaterThan(100);
    expect(() => parseCounters('cpu 1 2 3\nprocesses 5\n')).to.throw(/no pgfault/);
  });

  it('takes off what a reading costs', () => {
    const at = (processes: number, faults: number) => ({ processes, faults, cpu: 0 });
    expect(between([at(10, 100), at(13, 160), at(50, 200)])).to.deep.equal(at(34, 0));
  });

  it('adds starts up by name over the machines', () => {
    const [first, second, ...rest] = byName(part.starts ?? {}, 'fork');
    expect(first).to.deep.equal({
      name: 'IPaddr2',
      count: 390,
      machines: [
        ['db1', 300],
        ['lb1', 90],
      ],
    });
    expect(second?.name).to.equal('npm exec tsc');
    expect(rest.map(({ count }) => count)).to.deep.equal([5, 2]);
  });

  it('shows each part by machine and by program, and the sum of each', () => {
    expect(sum(Object.values(part.machines)).processes).to.equal(600);
    expect(summary([part, { ...part, code: 3 }])).to.include(
      '| at rest | 60.0 | 600 | 12000 | 25.0 | 1800 | 40.0 |',
    );
    expect(summary([{ ...part, code: 3 }])).to.include('| at rest (exit code 3) |');
    expect(machinesTable(part).split('\n').slice(2)).to.deep.equal([
      '| db1 | 500 | 10000 | 9.0 | 20.0 |',
      '| lb1 | 100 | 2000 | 3.0 | 5.0 |',
      '| all machines | 600 | 12000 | 12.0 | 25.0 |',
      '| the computer | 1800 | 70000 |  | 40.0 |',
    ]);
    const text = programs({ starts: part.starts ?? {}, before: { db1: 70, lb1: 60 } }, 2);
    expect(text).to.include('| IPaddr2 | 390 | db1 300, lb1 90 |');
    expect(text).to.include('| 2 others | 7 |  |');
    expect(text).to.include('| boot, before ssh answered (threads too) | 130 | db1 70, lb1 60 |');
    expect(text).to.not.include('lost');
    expect(programs({ starts: { db1: parseStarts('lost 2 -\n') } }, 2)).to.include('lost 2 times');
    expect(programs({ starts: { db1: parseStarts('exec 1 a') } }, 5)).to.not.include('threads');
    expect(programs({}, 5)).to.equal('');
  });

  it('the counting program sees processes by who starts them and programs by name, scripts by their own', async function () {
    const program = compileCounter();
    if (!program) this.skip();
    const folder = mkdtempSync(join(tmpdir(), 'starts-'));
    try {
      const [counter, script] = [join(folder, 'counter'), join(folder, 'a-script')];
      writeFileSync(counter, program, { mode: 0o700 });
      writeFileSync(script, '#!/bin/bash\n(:); (:); exec -a x true\n', { mode: 0o700 });
      const counting = spawn(counter, { stdio: ['pipe', 'pipe', 'ignore'] });
      let output = '';
      counting.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
      const ended = once(counting, 'close');
      await Promise.race([once(counting.stdout, 'data'), ended]);
      // Only root of the computer itself, not of a container, is told of events.
      if (!output.startsWith('ready')) this.skip();
      for (let round = 0; round < 5; round += 1) spawnSync(script);
      counting.stdin.end();
      await ended;
      const of = (kind: 'fork' | 'exec') =>
        byName({ here: parseStarts(output) }, kind).find(({ name }) => name === 'a-script')?.count ?? 0;
      // On a busy computer a process may be gone before its name is read.
      expect(of('exec'), output).to.be.within(1, 5);
      expect(of('fork'), output).to.be.within(1, 10);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

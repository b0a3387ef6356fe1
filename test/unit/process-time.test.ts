import { type ChildProcess, spawn } from 'node:child_process';
import { expect } from 'chai';
import { processorSecondsOf, processTree, refOf, signalTree } from '../../tasks/base/process.ts';
import { onLinux } from './helpers/only.ts';

onLinux('it reads /proc').describe('processor time of process trees', () => {
  let child: ChildProcess;
  const self = () => {
    const ref = refOf(child.pid ?? 0);
    if (!ref) throw new Error('the process has gone');
    return ref;
  };
  beforeEach(() => {
    // The work is done by a child in a session of its own, as a User Mode Linux kernel is.
    child = spawn('bash', ['-c', 'setsid bash -c "while :; do :; done" & wait'], {
      detached: true,
      stdio: 'ignore',
    });
  });
  afterEach(() => signalTree(processTree(self()), 'SIGKILL'));

  it('is that of all their processes, each tree apart', async () => {
    for (;;) {
      const [busy = 0] = processorSecondsOf([self()]);
      if (busy >= 0.2) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const here = { pid: process.pid, started: refOf(process.pid)?.started ?? '' };
    const [first = 0, second = 0] = processorSecondsOf([self(), here]);
    // This process has it below itself, and has worked as well.
    expect(second).to.be.above(first);
    expect(first).to.be.at.least(0.2);
  });

  it('there is none of a process that only has the number', () => {
    expect(processorSecondsOf([{ ...self(), started: '1' }])).to.deep.equal([undefined]);
  });
});

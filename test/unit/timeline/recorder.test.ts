import { expect } from 'chai';
import { TimelineRecorder } from '../../../tasks/environment/provision/timeline/recorder.ts';
import { askBoots, parseBoot } from '../../../tasks/environment/provision/timeline/units.ts';
import type { SshHost } from '../../../tasks/remote/ssh.ts';

/** A clock that only goes on when it is told. */
function manualClock() {
  let time = 1000;
  return {
    now: () => time,
    sleep: async () => undefined,
    pass: (seconds: number) => {
      time += seconds;
    },
  };
}

/** What `systemctl show` of systemd 257 answers in form; the figures are made up. */
const ANSWER = `12.50
UserspaceTimestampMonotonic=410000
FinishTimestampMonotonic=9400000

Id=systemd-journald.service
CPUUsageNSec=310000000
ActiveEnterTimestampMonotonic=1500000
InactiveExitTimestampMonotonic=900000
InactiveEnterTimestampMonotonic=0

Id=systemd-tmpfiles-setup.service
CPUUsageNSec=[not set]
ActiveEnterTimestampMonotonic=0
InactiveExitTimestampMonotonic=2000000
InactiveEnterTimestampMonotonic=2300000

Id=dev-mqueue.mount
ActiveEnterTimestampMonotonic=1000000
InactiveExitTimestampMonotonic=999000
InactiveEnterTimestampMonotonic=0

Id=never.service
CPUUsageNSec=18446744073709551615
ActiveEnterTimestampMonotonic=0
InactiveExitTimestampMonotonic=0
InactiveEnterTimestampMonotonic=0

Id=evil<script>.service
ActiveEnterTimestampMonotonic=3000000
InactiveExitTimestampMonotonic=1
InactiveEnterTimestampMonotonic=0

Id=restarted.service
CPUUsageNSec=20000000
ActiveEnterTimestampMonotonic=8000000
InactiveExitTimestampMonotonic=7000000
InactiveEnterTimestampMonotonic=6900000
`;

describe('recording of lab up', () => {
  it('tells when work began and ended, and passes on what it gives', async () => {
    const clock = manualClock();
    const recorder = new TimelineRecorder(clock);
    clock.pass(1);
    const result = await recorder.during({ machine: 'db1', kind: 'boot', name: '' }, async () => {
      clock.pass(2);
      return 'answer';
    });
    expect(result).to.equal('answer');
    const { spans, seconds } = recorder.stop();
    expect(spans).to.deep.equal([{ machine: 'db1', kind: 'boot', name: '', from: 1, to: 3 }]);
    expect(seconds).to.equal(3);
  });

  it('work that failed, and work that had not ended, count as failed', async () => {
    const clock = manualClock();
    const recorder = new TimelineRecorder(clock);
    recorder.begin({ machine: 'db1', kind: 'turn', name: '' });
    clock.pass(1);
    const error = await recorder
      .during({ kind: 'kit', name: 'network' }, async () => {
        throw new Error('no');
      })
      .catch((thrown: Error) => thrown.message);
    expect(error).to.equal('no');
    clock.pass(1);
    expect(recorder.stop().spans).to.deep.equal([
      { machine: 'db1', kind: 'turn', name: '', from: 0, to: 2, failed: true },
      { kind: 'kit', name: 'network', from: 1, to: 1, failed: true },
    ]);
  });

  it('keeps lines with their moment, and looks at processor time at the beginning and the end', () => {
    const clock = manualClock();
    const recorder = new TimelineRecorder(clock);
    let taken = 5;
    recorder.watch({ processorTime: () => new Map([['db1', taken]]) });
    clock.pass(4);
    taken = 7;
    recorder.line('db1', 'database', 'changed: x');
    const { lines, samples } = recorder.stop();
    expect(lines).to.deep.equal([{ machine: 'db1', role: 'database', text: 'changed: x', at: 4 }]);
    expect(samples).to.deep.equal([
      { at: 0, taken: { db1: 5 } },
      { at: 4, taken: { db1: 7 } },
    ]);
  });
});

describe('units of a machine', () => {
  it('are put where the recording’s clock has them; those without a time, or with a name that is none, are left out', () => {
    expect(parseBoot(ANSWER, 20)).to.deep.equal({
      kernel: 7.5,
      systemd: 7.91,
      done: 16.9,
      units: [
        { name: 'systemd-journald.service', from: 8.4, to: 9, cpu: 0.31 },
        { name: 'systemd-tmpfiles-setup.service', from: 9.5, to: 9.8 },
        { name: 'restarted.service', from: 14.5, to: 15.5, cpu: 0.02 },
      ],
    });
  });

  it('of what is no answer there are none', () => {
    expect(parseBoot('', 20)).to.equal(undefined);
    expect(parseBoot('sh: systemctl: not found\n', 20)).to.equal(undefined);
  });

  it('machines are asked side by side; one that does not answer is left out', async () => {
    const host = (Host: string): SshHost => ({
      Host,
      HostName: '192.0.2.1',
      User: 'root',
      IdentityFile: '/key',
    });
    let now = 20;
    const boots = await askBoots(
      [host('db1'), host('db2')],
      () => now,
      async ({ Host }, _, options) => {
        if (Host === 'db2') return { code: 255, stdout: '', stderr: 'no route' };
        options?.onLine?.('12.50');
        // What comes later does not move the machine's clock.
        now = 25;
        options?.onLine?.('UserspaceTimestampMonotonic=410000');
        return { code: 0, stdout: ANSWER, stderr: '' };
      },
    );
    expect(Object.keys(boots)).to.deep.equal(['db1']);
    expect(boots.db1?.kernel).to.equal(7.5);
  });
});

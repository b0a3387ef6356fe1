import { expect } from 'chai';
import type { Span } from '../../../tasks/environment/provision/timeline/model.ts';
import {
  criticalPath,
  takenBy,
  timelineOf,
  waitsBefore,
  waitsInside,
} from '../../../tasks/measure/timeline/analyse.ts';
import { MADE } from './made.ts';

const { spans, lines } = MADE;
const timeline = timelineOf(MADE, ['db1', 'web1', 'client']);
const machine = (name: string) => {
  const found = timeline.machines.find((one) => one.name === name);
  if (!found) throw new Error(name);
  return found;
};
const bar = (name: string, kind: string, what = '') =>
  machine(name).bars.find((one) => one.kind === kind && one.name === what);

describe('timeline of lab up', () => {
  it('a role waits from when its machine was ready for it, for the roles that ended after that', () => {
    expect(waitsBefore(spans)).to.deep.equal([
      { machine: 'web1', kind: 'wait', name: 'web', from: 24, to: 40.05, for: ['database@db1'] },
    ]);
  });

  it('a role that only followed its own machine’s has not waited', () => {
    const own = spans.map((one): Span => (one.name === 'web' ? { ...one, after: ['common@web1'] } : one));
    expect(waitsBefore(own)).to.deep.equal([]);
  });

  it('a wait inside a role lasts from when it says to the next other line, or the end of the role', () => {
    expect(
      waitsInside(spans, lines).map(({ role, from, to, for: what }) => [role, from, to, what]),
    ).to.deep.equal([
      ['database', 18, 39, ['MariaDB']],
      ['web', 44, 50, ['the storage']],
    ]);
  });

  it('two waits in a row are two, and none begins before its role', () => {
    const own = [
      { machine: 'db1', role: 'database', at: 16, text: 'waiting for one thing, 10 s' },
      { machine: 'db1', role: 'database', at: 30, text: 'waiting for another one, 10 s: 3 %' },
    ];
    expect(waitsInside(spans, own).map(({ from, to }) => [from, to])).to.deep.equal([
      [14, 30],
      [20, 40],
    ]);
  });

  it('what decided: the role that ended last, what it waited for, and the boots before', () => {
    const steps = criticalPath(spans).map(({ machine, kind, name }) => `${machine} ${kind} ${name}`.trim());
    expect(steps).to.deep.equal([
      'db1 boot',
      'db1 ship',
      'db1 role common',
      'db1 role database',
      'web1 role web',
    ]);
    expect(timeline.path.map(({ kind, name }) => name || kind)).to.deep.equal([
      ...['network', 'boot', 'ship', 'common', 'database', 'web', 'settle'],
    ]);
  });

  it('a boot that had to wait for its turn was decided by the one before', () => {
    const early = spans.map((one): Span => (one.name === 'database' ? { ...one, to: 20 } : one));
    expect(criticalPath(early).map(({ machine, kind }) => `${machine} ${kind}`)).to.deep.equal([
      ...['db1 boot', 'web1 boot', 'web1 ship', 'web1 role', 'web1 role'],
    ]);
  });

  it('processor seconds of each bar, of each machine, and of all', () => {
    expect(bar('db1', 'boot')?.cpu).to.equal(10);
    expect(bar('db1', 'role', 'database')?.cpu).to.equal(13);
    // Between two looks in proportion.
    expect(bar('web1', 'role', 'web')?.cpu).to.be.closeTo(4.975, 0.001);
    expect(bar('web1', 'wait', 'web')?.cpu).to.be.closeTo(8.025, 0.001);
    expect(machine('db1').cpu).to.equal(34.5);
    expect(machine('client').cpu).to.equal(0);
    expect(timeline.cpu).to.deep.equal({ machines: 64, computer: 70, kit: 2.5 });
    expect(machine('db1').load.slice(0, 3)).to.deep.equal([
      { at: 0, share: 0 },
      { at: 1, share: 1 },
      { at: 2, share: 1 },
    ]);
  });

  it('a machine that was started again has not given anything back', () => {
    const samples = [4, 8, 1, 3].map((db1, at) => ({ at, taken: { db1 } }));
    expect(takenBy(samples, 'db1').map(({ taken }) => taken)).to.deep.equal([4, 8, 9, 11]);
    expect(takenBy([{ at: 0, taken: {} }, ...samples], 'db1')[0]?.taken).to.equal(0);
  });

  it('what runs already has cost nothing yet', () => {
    const samples = [100, 101, 103].map((db1, at) => ({ at, taken: { db1 } }));
    const [db1] = timelineOf({ ...MADE, seconds: 2, samples }, ['db1']).machines;
    expect(db1?.cpu).to.equal(3);
  });

  it('without figures of an engine there are none, and the rest is there', () => {
    const { cpu, machines } = timelineOf({ ...MADE, samples: [] }, ['db1']);
    expect(cpu).to.deep.equal({ computer: 70, kit: 2.5 });
    expect(machines[0]?.cpu).to.equal(undefined);
    expect(machines[0]?.bars.every((one) => one.cpu === undefined)).to.equal(true);
  });

  it('units and the boot’s own moments are the machine’s; one that did not answer has none', () => {
    expect(machine('db1').boot).to.deep.equal({ kernel: 1.2, systemd: 2, done: 10.5 });
    expect(machine('db1').units.map(({ name }) => name)).to.deep.equal([
      'systemd-journald.service',
      'ssh.service',
    ]);
    expect([machine('web1').boot, machine('web1').units]).to.deep.equal([undefined, []]);
  });
});

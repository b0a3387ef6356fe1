import { join } from 'node:path';
import { expect } from 'chai';
import { parseTimers } from '../../tasks/inspect/timers.ts';
import type { Budgets } from '../../tasks/measure/drill/budgets.ts';
import type { Fault, KindResult } from '../../tasks/measure/drill/model.ts';
import { comparePredictions, predict } from '../../tasks/measure/drill/predict.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import type { Topology } from '../../tasks/topology/model.ts';
import { TIMERS, toldBy } from './helpers/timers.ts';

const root = join(import.meta.dirname, '../..');
describe('drill: predictions', () => {
  let topology: Topology;
  before(async () => {
    topology = await loadTopology('seven', root);
  });
  const about = (fault: Partial<Fault>, kind: string, timers = TIMERS) =>
    predict({ kind: 'power', machine: 'lb1', held: [], ...fault }, topology, timers).find(
      (expected) => expected.kind === kind,
    );

  it('reads timers with their units, and where they are from', () => {
    expect(TIMERS.db1?.['corosync.token']).to.deep.equal({
      ...{ name: 'corosync.token', value: 1, unit: 's', from: 'db1 corosync-cmapctl' },
    });
    expect(TIMERS.web1?.['nfs.timeo']?.value).to.equal(2);
    expect(TIMERS.lb1?.['front.priority']).to.include({ value: 250, unit: '' });
    expect(TIMERS.db1?.['drbd.protocol']?.value).to.equal(3);
    expect(parseTimers('x', 'storage.fencing  s /var/lib/pacemaker/cib/cib.xml\nnonsense')).to.deep.equal({});
  });

  it('VRRP: three adverts and the skew of the backup, not of the lost machine', () => {
    const timers = {
      ...TIMERS,
      lb1: parseTimers('lb1', 'front.advert 9 s x\nfront.priority 1 - x'),
    };
    const found = about({ held: ['front'] }, 'page.new', timers);
    expect(found?.seconds).to.be.closeTo(0.7559, 0.001);
    expect(found?.atLeast).to.be.closeTo(0.5059, 0.001);
    expect(found?.terms.map((term) => term.from)[0]).to.match(/^lb2 /);
  });

  it('a killed process gives the address up at once; another process does not', () => {
    expect(about({ kind: 'kill', service: 'haproxy', held: ['front'] }, 'page.new')?.seconds).to.be.below(
      0.01,
    );
    expect(about({ kind: 'kill', service: 'garb', held: ['front'] }, 'page.new')).to.equal(undefined);
  });

  it('each kind waits for the slowest of the parts on its way', () => {
    const held: Fault['held'] = ['front', 'router'];
    expect(about({ held }, 'page.new')?.seconds).to.be.closeTo(0.756, 0.001);
    expect(about({ held }, 'row')?.seconds).to.be.closeTo(1.531, 0.001);
  });

  it('Galera, storage and Redis', () => {
    expect(about({ machine: 'db1', held: ['database'] }, 'row')).to.include({ seconds: 3.5, atLeast: 2 });
    expect(
      about({ machine: 'db1', kind: 'kill', service: 'mariadb', held: ['database'] }, 'row')?.seconds,
    ).to.equal(3.5);
    const storage = about({ machine: 'db1', held: ['storage'] }, 'upload');
    expect(storage?.seconds).to.be.closeTo(13.3, 1.1);
    expect(storage?.terms.map((term) => term.name)).to.include.members(['corosync.token', 'storage.fencing']);
    expect(storage?.formula).to.match(/ \+ timeo$/);
    const fenced = { ...TIMERS, db2: parseTimers('db2', `${toldBy('db2')}\nstorage.power_switch 2 s x`) };
    const cut = about({ machine: 'db1', held: ['storage'] }, 'upload', fenced);
    expect(cut?.formula).to.include('+ power switch +').and.not.include('stonith');
    // 6 s of waiting for the watchdog, or the moment that the power switch takes.
    expect(cut?.seconds).to.be.closeTo((storage?.seconds ?? 0) - 6 + 0.3, 0.01);
    const limited = { ...TIMERS, web1: parseTimers('web1', `${toldBy('web1')}\ntcp.rto_max 1000 ms /proc`) };
    const sooner = about({ machine: 'db1', held: ['storage'] }, 'upload', limited);
    expect(sooner?.formula).to.match(/ \+ rto_max$/);
    expect(sooner?.seconds).to.be.closeTo((storage?.seconds ?? 0) - 1, 0.01);
    expect(about({ machine: 'web1', held: ['redis'] }, 'session')?.seconds).to.be.closeTo(3, 0.01);
  });

  it('predicts nothing where the machine held nothing, or its timers are not known', () => {
    expect(about({ held: [] }, 'page.new')).to.equal(undefined);
    expect(about({ held: ['front'] }, 'page.new', {})).to.equal(undefined);
    expect(about({ kind: 'none', machine: '', held: [] }, 'row')?.seconds).to.equal(0);
  });

  /** A row every so many seconds. */
  const near = (interval: number) => ({
    prediction: { share: 0.25, seconds: 1 },
    kinds: { row: { interval, limit: 1, timeout: 10 } } as Budgets['kinds'],
  });

  it('flags what is far from its prediction, in either direction', () => {
    const expected = [{ kind: 'row' as const, seconds: 4, atLeast: 2, formula: '', terms: [], source: '' }];
    const far = (longest: number, interval = 0.2) =>
      comparePredictions(expected, [{ kind: 'row', longest } as KindResult], near(interval))[0]?.far;
    expect([far(4), far(5.9), far(6.1), far(1), far(0)]).to.deep.equal([false, false, true, false, false]);
    expect([far(6.1, 6), far(11.1, 6)], 'no outage is known better than to one interval').to.deep.equal([
      false,
      true,
    ]);
    const big = [
      { ...expected[0], kind: 'row' as const, seconds: 20, atLeast: 18, formula: '', terms: [], source: '' },
    ];
    expect(comparePredictions(big, [{ kind: 'row', longest: 2 } as KindResult], near(0.2))[0]?.far).to.equal(
      true,
    );
    expect(comparePredictions(expected, [], near(0.2))[0]).to.include({
      measured: null,
      far: false,
    });
  });
});

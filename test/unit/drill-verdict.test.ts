import { join } from 'node:path';
import { expect } from 'chai';
import { HOLDERS } from '../../tasks/inspect/holders.ts';
import { type Budget, readBudgets } from '../../tasks/measure/drill/budgets.ts';
import {
  FAULTS,
  type Fault,
  KINDS,
  type KindResult,
  type Window,
  type Writes,
} from '../../tasks/measure/drill/model.ts';
import type { Sample } from '../../tasks/measure/drill/samples.ts';
import {
  appliesTo,
  holdOf,
  judgeDrill,
  type Measured,
  overall,
  overallOfRepeated,
} from '../../tasks/measure/drill/verdict.ts';
import { classify } from '../../tasks/measure/drill/writes.ts';

const root = join(import.meta.dirname, '../..');

const rows = (causes: string[]): Sample[] =>
  causes.map((cause, number) => ({
    ...{ kind: 'row', number, start: number, took: 0.1, cause, machine: 'db1', opened: true },
  }));

describe('drill: writes', () => {
  const written = rows(['', '', 'timeout', 'reset', '']);

  it('everything acknowledged is there: nothing lost; what was not acknowledged may be there', () => {
    const found = classify('row', written, [{ name: 'service', found: { '0': 1, '1': 1, '3': 1, '4': 1 } }]);
    expect(found).to.deep.include({
      ...{ attempted: 5, acknowledged: 3, lost: [], recovered: ['3'], unexpected: [], readBack: true },
    });
  });

  it('acknowledged and missing is lost, in whichever place', () => {
    expect(classify('row', written, [{ name: 'service', found: { '0': 1, '4': 1 } }]).lost).to.deep.equal([
      '1',
    ]);
    const places = [
      { name: 'service', found: { '0': 1, '1': 1, '4': 1 } },
      { name: 'db2', found: { '0': 1, '1': 1 } },
    ];
    expect(classify('row', written, places).lost).to.deep.equal(['4 (db2)']);
  });

  it('there twice, or never written, is unexpected', () => {
    const found = classify('row', written, [{ name: 'service', found: { '0': 2, '1': 1, '4': 1, '99': 1 } }]);
    expect(found.unexpected).to.deep.equal(['0 twice', '99']);
    expect(found.lost).to.deep.equal([]);
  });

  it('files: damaged counts as lost when acknowledged, as unexpected when not', () => {
    const names = { '0': 'ok', '1': 'damaged', '2': 'missing', '3': 'damaged', '4': 'ok' };
    const found = classify('row', written, [{ name: 'service', found: names }]);
    expect(found).to.deep.include({ lost: ['1'], recovered: [], unexpected: ['3 damaged'] });
  });

  it('a place that could not be read is told', () => {
    expect(classify('row', written, [{ name: 'service', found: undefined }]).readBack).to.equal(false);
    expect(classify('row', written, []).readBack).to.equal(false);
  });
});

const FAULT: Fault = { kind: 'power', machine: 'lb1', held: ['front'] };
const TIMES = { fault: 5, faultDone: 5.1, undo: 20, undone: 20.5, redundant: 40, end: 45 };
const window = (start: number, end: number | null, more: Partial<Window> = {}): Window => ({
  ...{ start, end, failed: 1, slow: 0, causes: { reset: 1 }, doubtful: false },
  ...more,
});
const kind = (windows: Window[]): KindResult => ({
  ...{ kind: 'page.new', interval: 0.1, limit: 1, requests: 100, slow: 0, windows, total: 0, silence: 0 },
  failed: windows.length,
  longest: Math.max(0, ...windows.map((window) => (window.end ?? TIMES.end) - window.start)),
  ...{ before: null, after: null, servedBy: {} },
});
const writes = (more: Partial<Writes> = {}): Writes => ({
  ...{ kind: 'row', attempted: 10, acknowledged: 9, lost: [], recovered: [], unexpected: [], readBack: true },
  ...more,
});
const measured = (more: Partial<Measured>): Measured => ({
  ...{ fault: FAULT, times: TIMES, kinds: [kind([])], writes: [writes()], missing: [] },
  ...more,
});
const budget = (more: Partial<Budget>): Budget => ({ name: 'b', kinds: ['page.new'], ...more });
const verdictOf = (writes: Budget, found: Partial<Measured>) =>
  judgeDrill(measured(found), [writes], ['lb']).map((judgement) => judgement.verdict);

describe('drill: verdict', () => {
  it('a budget is about its faults, holders, roles and services', () => {
    expect(appliesTo(budget({}), FAULT, [])).to.equal(true);
    expect(appliesTo(budget({ faults: ['stop'] }), FAULT, [])).to.equal(false);
    expect(appliesTo(budget({ holder: 'front' }), FAULT, [])).to.equal(true);
    expect(appliesTo(budget({ holder: 'router' }), FAULT, [])).to.equal(false);
    expect(appliesTo(budget({ role: 'web' }), FAULT, ['lb'])).to.equal(false);
    expect(appliesTo(budget({ role: 'lb' }), FAULT, ['lb'])).to.equal(true);
    expect(appliesTo(budget({ service: 'haproxy' }), FAULT, [])).to.equal(false);
    expect(appliesTo(budget({ service: 'haproxy' }), { ...FAULT, service: 'haproxy' }, [])).to.equal(true);
  });

  it('a fault lasts as long as the slowest failover that it causes', () => {
    const budgets = readBudgets(root);
    const power = (held: Fault['held']): Fault => ({ kind: 'power', machine: 'db1', held });
    expect(holdOf(budgets, power(['database']), ['database', 'storage'])).to.equal(budgets.hold);
    expect(holdOf(budgets, power(['database', 'storage']), ['database', 'storage'])).to.equal(30);
  });

  it('an outage within the budget passes, a longer one fails', () => {
    expect(verdictOf(budget({ outage: 0.8 }), { kinds: [kind([window(5.1, 5.8)])] })).to.deep.equal(['pass']);
    expect(verdictOf(budget({ outage: 0.8 }), { kinds: [kind([window(5.1, 6.1)])] })).to.deep.equal(['fail']);
    expect(verdictOf(budget({ outage: 0.8 }), { kinds: [kind([window(6, null)])] })).to.deep.equal(['fail']);
  });

  it('what was before the fault is not its doing', () => {
    expect(verdictOf(budget({ outage: 0.8 }), { kinds: [kind([window(1, 4)])] })).to.deep.equal(['pass']);
    expect(verdictOf(budget({ failed: 0 }), { kinds: [kind([window(1, 4)])] })).to.deep.equal(['pass']);
  });

  it('a longer one while the computer stood still is unknown, but a failed request is a failed request', () => {
    const found = { kinds: [kind([window(5.1, 8, { doubtful: true })])] };
    expect(verdictOf(budget({ outage: 0.8 }), found)).to.deep.equal(['unknown']);
    expect(verdictOf(budget({ failed: 0 }), found)).to.deep.equal(['fail']);
    const both = { kinds: [kind([window(5.1, 8, { doubtful: true }), window(9, 12)])] };
    expect(verdictOf(budget({ outage: 0.8 }), both)).to.deep.equal(['fail']);
  });

  it('over by less than one interval cannot be told', () => {
    expect(verdictOf(budget({ outage: 0.8 }), { kinds: [kind([window(5.1, 5.95)])] })).to.deep.equal([
      'unknown',
    ]);
  });

  it('on a busy computer what is too long is unknown, what is kept passes, what is lost fails', () => {
    const busy = (writes: Budget, found: Partial<Measured>) =>
      judgeDrill(measured(found), [writes], [], 'load 30')[0]?.verdict;
    const long = { kinds: [kind([window(5.1, 8)])] };
    expect(busy(budget({ outage: 0.8 }), long)).to.equal('unknown');
    expect(busy(budget({ failed: 0 }), long)).to.equal('unknown');
    expect(busy(budget({ outage: 5 }), long)).to.equal('pass');
    expect(busy(budget({ kinds: [], redundancy: 3 }), {})).to.equal('unknown');
    expect(busy(budget({ kinds: [], lost: 0 }), { writes: [writes({ lost: ['3'] })] })).to.equal('fail');
  });

  it('a return must not be noticed: failures that began after the undoing count, earlier ones do not', () => {
    const back = budget({ failedOnReturn: 0 });
    expect(verdictOf(back, { kinds: [kind([window(5.1, 8), window(15, 16)])] })).to.deep.equal(['pass']);
    expect(verdictOf(back, { kinds: [kind([window(5.1, 8), window(21, 21.2)])] })).to.deep.equal(['fail']);
    expect(
      verdictOf(back, { kinds: [kind([window(21, 21.2, { failed: 0, slow: 2 })])] }),
      'late ones are not failed',
    ).to.deep.equal(['pass']);
  });

  it('nothing measured is unknown', () => {
    const none = { ...kind([]), requests: 0 };
    expect(verdictOf(budget({ outage: 1, failed: 0 }), { kinds: [none] })).to.deep.equal([
      'unknown',
      'unknown',
    ]);
  });

  it('lost writes fail; not read back, or none acknowledged, is unknown', () => {
    const lost = budget({ kinds: [], lost: 0 });
    expect(verdictOf(lost, {})).to.deep.equal(['pass']);
    expect(verdictOf(lost, { writes: [writes({ lost: ['3'] })] })).to.deep.equal(['fail']);
    expect(verdictOf(lost, { writes: [writes({ readBack: false })] })).to.deep.equal(['unknown']);
    expect(verdictOf(lost, { writes: [writes({ readBack: false, lost: ['3'] })] })).to.deep.equal(['fail']);
    expect(verdictOf(lost, { writes: [writes({ acknowledged: 0 })] })).to.deep.equal(['unknown']);
    expect(verdictOf(lost, { writes: [] })).to.deep.equal(['unknown']);
    // It is there in the end, but whoever had its "done" did not find it.
    const stale = kind([window(6, 7, { causes: { 'stale read': 1 } })]);
    expect(verdictOf(lost, { kinds: [stale] })).to.deep.equal(['fail']);
    expect(verdictOf(lost, { kinds: [kind([window(6, 7)])] })).to.deep.equal(['pass']);
  });

  it('redundancy counts from the return, and must come', () => {
    const back = budget({ kinds: [], redundancy: 90 });
    expect(judgeDrill(measured({}), [back], [])[0]).to.include({ measured: 20, verdict: 'pass' });
    expect(verdictOf(back, { times: { ...TIMES, redundant: 120 } })).to.deep.equal(['fail']);
    const never = measured({ times: { ...TIMES, redundant: null }, missing: ['db1: DRBD is down'] });
    expect(judgeDrill(never, [back], [])[0]).to.include({ verdict: 'fail', why: 'db1: DRBD is down' });
  });

  it('the worst verdict counts; nothing judged is unknown', () => {
    expect(overall(['pass', 'unknown', 'fail'])).to.equal('fail');
    expect(overall(['pass', 'unknown'])).to.equal('unknown');
    expect(overall(['pass'])).to.equal('pass');
    expect(overall([])).to.equal('unknown');
  });

  it('the same several times: outages by their median, the rest by the worst', () => {
    const entry = (measured: number, failed = 0) => ({
      judgements: [
        ...judgeDrill(
          measured === 0
            ? { fault: FAULT, times: TIMES, kinds: [kind([])], writes: [writes()], missing: [] }
            : {
                ...{ fault: FAULT, times: TIMES, writes: [writes()], missing: [] },
                kinds: [kind([window(6, 6 + measured, { failed })])],
              },
          [budget({ outage: 0.8 }), budget({ name: 'f', failed: 0 })],
          [],
        ),
      ],
    });
    expect(overallOfRepeated([entry(0.5), entry(0.7), entry(3)])).to.equal('pass');
    expect(overallOfRepeated([entry(0.5), entry(2), entry(3)])).to.equal('fail');
    expect(overallOfRepeated([entry(0.5), entry(0.7), entry(0.5, 1)])).to.equal('fail');
    expect(overallOfRepeated([])).to.equal('unknown');
  });

  it('roles/budgets.yaml is valid, has every kind, and judges every fault', () => {
    const budgets = readBudgets(root);
    expect(Object.keys(budgets.kinds)).to.have.members(KINDS);
    for (const name of FAULTS)
      expect(
        budgets.budgets.some((found) =>
          appliesTo(found, { kind: name, machine: 'x', held: [...HOLDERS] }, ['web']),
        ),
        name,
      ).to.equal(true);
  });
});

import { expect } from 'chai';
import type { KindResult, Window } from '../../tasks/measure/drill/model.ts';
import type { Kind } from '../../tasks/measure/drill/names.ts';

const { describe: architectureOf } = await import('../../tasks/architecture/describe.ts');
const { ROOT } = await import('../../tasks/base/paths.ts');
const { LabError } = await import('../../tasks/base/errors.ts');
const { setLanguage } = await import('../../tasks/base/text.ts');
const { targetFrom } = await import('../../tasks/cli/commands/fault-target.ts');
const { inject, undo } = await import('../../tasks/measure/drill/faults.ts');
const { faultWords } = await import('../../tasks/measure/drill/names.ts');
const { renderOutcomes } = await import('../../tasks/measure/drill/outcome-table.ts');
const { compareOutcomes, lostBy, measuredOutcome, outcomesOf } = await import(
  '../../tasks/measure/drill/outcomes.ts'
);
const { pairTargets } = await import('../../tasks/measure/drill/plan.ts');
const { nameOfTarget } = await import('../../tasks/measure/drill/sequence.ts');
const { targetOf } = await import('../../tasks/measure/drill/target.ts');
const { drillVerdict } = await import('../../tasks/measure/drill/verdict.ts');
const { readRoles } = await import('../../tasks/roles/roles.ts');
const { loadTopology } = await import('../../tasks/topology/load.ts');

const seven = await loadTopology('seven', ROOT);
const plan = architectureOf(seven, readRoles(ROOT));

const stopped = (lost: string[], master?: string): Kind[] =>
  (Object.entries(outcomesOf(plan, lost, master)) as [Kind, string][]).flatMap(([kind, outcome]) =>
    outcome === 'stops' ? [kind] : [],
  );
const window = (start: number, end: number | null): Window => ({
  ...{ start, end, failed: 1, slow: 0, causes: {}, doubtful: false },
});
const result = (kind: Kind, windows: Window[], requests = 100) =>
  ({ kind, windows, requests }) as unknown as KindResult;

describe('several machines lost at once', () => {
  before(() => setLanguage('en'));

  it('the design says what goes on, by roles and votes', () => {
    expect(stopped(['lb1', 'web1'], 'web2')).to.deep.equal([]);
    expect(stopped(['web1', 'db2'], 'web2')).to.deep.equal([]);
    // The arbitrator is on lb1, the quorum device on lb2.
    expect(stopped(['lb1', 'db1'])).to.deep.equal(['row']);
    expect(stopped(['lb2', 'db1'])).to.deep.equal(['upload', 'download']);
    expect(stopped(['db1', 'db2'])).to.deep.equal(['row', 'upload', 'download']);
    const everything = ['page.new', 'page.kept', 'session', 'row', 'upload', 'download'];
    expect(stopped(['lb1', 'lb2'])).to.deep.equal(everything);
    expect(stopped(['web1', 'web2'])).to.deep.equal(everything);
  });

  it('a majority of sentinels is needed only to choose another master', () => {
    expect(stopped(['lb2', 'web1'], 'web1')).to.deep.equal(['session']);
    expect(stopped(['lb2', 'web1'], 'web2')).to.deep.equal([]);
    expect(stopped(['web1'], 'web1')).to.deep.equal([]);
  });

  it('each half of the room', () => {
    expect(stopped(['lb1', 'web1', 'db1'], 'web2')).to.deep.equal(['row']);
    expect(stopped(['lb2', 'web2', 'db2'], 'web1')).to.deep.equal(['upload', 'download']);
  });

  it('all pairs, each once, then the halves; never the client', () => {
    const targets = pairTargets(seven);
    const names = targets.map(nameOfTarget);
    expect(names).to.have.length(17);
    expect(new Set(names).size).to.equal(17);
    expect(names[0]).to.equal('lb1-several-lb2');
    expect(names.slice(-2)).to.deep.equal(['lb1-several-web1-db1', 'lb2-several-web2-db2']);
    expect(names.join()).to.not.include('client');
  });

  it('what was measured: still away when the machines came back, or not', () => {
    const times = { undo: 50, end: 90 };
    expect(measuredOutcome(result('row', []), times)).to.equal('serves');
    expect(measuredOutcome(result('row', [window(10, 14)]), times)).to.equal('serves');
    expect(measuredOutcome(result('row', [window(10, 62)]), times)).to.equal('stops');
    expect(measuredOutcome(result('row', [window(10, null)]), times)).to.equal('stops');
    // At the return only: it had served until then.
    expect(measuredOutcome(result('row', [window(55, 57)]), times)).to.equal('serves');
    expect(measuredOutcome(result('row', [], 0), times)).to.equal(null);
  });

  it('a design that is wrong fails the drill, but for a stop on a computer that was too busy', () => {
    const times = { undo: 50, end: 90 };
    const results = [result('row', [window(10, null)]), result('upload', []), result('large', [])];
    const compare = (doubt: boolean) =>
      compareOutcomes({ row: 'serves', upload: 'serves' }, results, times, doubt);
    expect(compare(false).map(({ kind, verdict }) => `${kind} ${verdict}`)).to.deep.equal([
      'row fail',
      'upload pass',
    ]);
    expect(compare(true)[0]?.verdict).to.equal('unknown');
    const judgements = [{ verdict: 'pass' }] as Parameters<typeof drillVerdict>[0]['judgements'];
    expect(drillVerdict({ judgements, outcomes: compare(false) })).to.equal('fail');
    expect(drillVerdict({ judgements, outcomes: [] })).to.equal('pass');
  });

  it('is told in words and in a table', () => {
    const fault = targetOf({ kind: 'several', machine: 'db1', with: ['lb2'] }, seven, {
      redis: 'web1',
      storage: 'lb2',
    });
    expect(fault.held).to.deep.equal(['storage']);
    expect(faultWords(fault).en).to.equal('power of db1, lb2 cut at once (held: storage)');
    const outcomes = compareOutcomes(
      { row: 'serves', upload: 'stops' },
      [result('row', [window(10, null)]), result('upload', [window(10, null)])],
      { undo: 50, end: 90 },
      false,
    );
    const drill = {
      fault,
      outcomes,
      writes: [],
      verdict: 'fail',
      times: { redundant: 80, undo: 50, faultDone: 10 },
    };
    const table = renderOutcomes([{ name: 'x', result: drill as never }], 'fail');
    expect(table).to.match(/db1, lb2 +stops ! \(design: serves\) +stops +0 +30 +FAIL/);
  });

  it('is asked for with --with, which names machines of the lab', () => {
    expect(targetFrom('db1', { fault: 'several', with: 'lb2, web1' })).to.deep.equal({
      ...{ kind: 'several', machine: 'db1', with: ['lb2', 'web1'] },
    });
    expect(() => targetFrom('db1', { fault: 'power', with: 'lb2' })).to.throw(LabError, /--with lb2/);
    expect(() => targetOf({ kind: 'several', machine: 'db1', with: ['db1'] }, seven, {})).to.throw(
      LabError,
      /not said/,
    );
    expect(() => targetOf({ kind: 'several', machine: 'db1', with: ['db9'] }, seven, {})).to.throw(
      LabError,
      /db9/,
    );
  });

  it('takes the power of all of them, and gives it back to all', async () => {
    const done: string[] = [];
    const engine = {
      powerOff: async ({ name }: { name: string }) => void done.push(`off ${name}`),
      start: async ({ name }: { name: string }) => void done.push(`on ${name}`),
    };
    const tools = { engine: engine as never, topology: seven, nic: 'vec0' };
    const fault = targetOf({ kind: 'several', machine: 'db1', with: ['lb2', 'web1'] }, seven, {});
    expect(lostBy(fault)).to.deep.equal(['db1', 'lb2', 'web1']);
    await inject(fault, tools);
    await undo(fault, tools);
    expect(done).to.deep.equal(['off db1', 'off lb2', 'off web1', 'on db1', 'on lb2', 'on web1']);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { setLanguage } from '../../tasks/base/text.ts';
import type { DrillResult } from '../../tasks/measure/drill/model.ts';
import { renderDrill } from '../../tasks/measure/drill/render.ts';
import { Progress } from '../../tasks/measure/drill/sequence.ts';
import { keepResult, listResults, readResult } from '../../tasks/measure/drill/store.ts';
import { renderSequence, renderSpreads, spreads, verdictOf } from '../../tasks/measure/drill/summary.ts';

const result = (more: Partial<DrillResult> = {}, longest = 0.7): DrillResult => ({
  ...{
    version: 1,
    id: 'x',
    lab: 'lab',
    engine: 'uml',
    topology: 'seven',
    app: 'sample',
    kit: '0',
    events: [],
  },
  fault: { kind: 'power', machine: 'lb1', holder: 'front', held: ['front'] },
  begun: '2026-11-26T12:00:00.000Z',
  times: { fault: 8, faultDone: 8.1, undo: 23, undone: 23.2, redundant: 40, end: 43 },
  kinds: [
    {
      ...{
        kind: 'page.new',
        interval: 0.1,
        limit: 1,
        requests: 400,
        failed: 3,
        slow: 2,
        total: longest,
        silence: 0.8,
      },
      windows: [
        { start: 8, end: 8 + longest, failed: 3, slow: 2, causes: { timeout: 3, slow: 2 }, doubtful: false },
      ],
      longest,
      ...{ before: { p50: 0.02, p99: 0.1, max: 0.2 }, after: null, servedBy: { web1: 200, web2: 195 } },
    },
  ],
  writes: [
    {
      kind: 'row',
      attempted: 10,
      acknowledged: 9,
      lost: ['4'],
      recovered: [],
      unexpected: [],
      readBack: true,
    },
  ],
  predictions: [
    {
      ...{
        kind: 'page.new',
        seconds: 0.76,
        atLeast: 0.51,
        formula: 'f',
        terms: [],
        source: 's',
        measured: longest,
      },
      far: longest > 2,
    },
  ],
  judgements: [
    {
      ...{
        budget: 'load-balancer',
        what: 'outage',
        kind: 'page.new',
        limit: 0.8,
        unit: 's',
        measured: longest,
      },
      verdict: 'pass',
    },
    { budget: 'durability', what: 'lost', limit: 0, unit: 'writes', measured: 1, verdict: 'fail' },
  ],
  verdict: 'fail',
  missing: [],
  conditions: { load: 1, processors: 2, busy: [{ at: 1, share: 0.5 }], stalls: [], jumps: [] },
  ...more,
});

describe('drill: what is shown and kept', () => {
  let folder: string;
  beforeEach(() => {
    setLanguage('en');
    folder = mkdtempSync(join(tmpdir(), 'drill-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('one drill: outages beside their predictions, writes, budgets, verdict', () => {
    const text = renderDrill(result());
    for (const part of [
      /power of lb1 cut \(held: front\)/,
      /page, new connection +400 +3 +2 +0\.70 s +0\.80 s +0\.5-0\.8 s +20 ms +timeout × 3/,
      /database row: 10 written, 9 acknowledged, 1 lost.*\[4\]/,
      /Full redundancy 17\.0 s/,
      /durability +lost +0 +1 +FAIL/,
      /Verdict: FAIL$/,
    ])
      expect(text).to.match(part);
    expect(renderDrill(result({}, 3))).to.match(/0\.5-0\.8 s !/);
  });

  it('the same in French', () => {
    setLanguage('fr');
    expect(renderDrill(result()))
      .to.match(/alimentation de lb1 coupée/)
      .and.match(/Verdict : ÉCHEC|Verdict: ÉCHEC/);
    setLanguage('en');
  });

  it('redundancy that never came says what is missing', () => {
    const times = { ...result().times, redundant: null };
    expect(renderDrill(result({ times, missing: ['db1: DRBD is down'] }))).to.include('db1: DRBD is down');
  });

  it('several: least, median, greatest', () => {
    const all = [result({}, 0.6), result({}, 0.9), result({}, 0.7)];
    expect(spreads(all)[0]).to.deep.include({ what: 'page.new', min: 0.6, median: 0.7, max: 0.9 });
    expect(renderSpreads(all)).to.match(/page, new connection +0\.60 s +0\.70 s +0\.90 s/);
    expect(spreads([])).to.deep.equal([]);
  });

  it('a sequence: a line each, what was over its budget, and what could not be done', () => {
    const done = [
      { name: 'lb1-power', result: result() },
      { name: 'db1-power', refused: 'not steady' },
    ];
    const text = renderSequence(done, verdictOf(done), 7);
    expect(text)
      .to.match(/lb1-power +0\.7 \(3\).*FAIL +durability/)
      .and.match(/db1-power.*not steady/);
    expect(text).to.match(/2 drills, 9 acknowledged writes, 1 lost, seed 7/);
    expect(verdictOf([{ name: 'x', refused: 'y' }])).to.equal('unknown');
  });

  it('results are kept whole and found again', async () => {
    const sample = {
      kind: 'row' as const,
      number: 1,
      start: 2,
      took: 3,
      cause: '',
      machine: 'db1',
      opened: true,
    };
    await keepResult(folder, result({ id: '2-b' }), [sample]);
    await keepResult(folder, result({ id: '1-a' }), []);
    expect(await listResults(folder)).to.deep.equal(['1-a', '2-b']);
    expect(await readResult(folder, '2-b')).to.deep.equal(result({ id: '2-b' }));
    expect(await readResult(folder, 'none')).to.equal(undefined);
  });

  it('--all goes on where it stopped, for the same topology, and begins anew when asked to', async () => {
    await keepResult(folder, result({ id: '1-a' }), []);
    await (await Progress.open(folder, 'seven', false)).add('lb1-power', '1-a');
    const again = await Progress.open(folder, 'seven', false);
    expect(again.done).to.deep.equal({ 'lb1-power': '1-a' });
    const targets = [
      { kind: 'power' as const, machine: 'lb1' },
      { kind: 'power' as const, machine: 'lb2' },
    ];
    expect((await again.results(folder, targets)).map((drill) => drill.name)).to.deep.equal(['lb1-power']);
    expect((await Progress.open(folder, 'spread', false)).done).to.deep.equal({});
    expect((await Progress.open(folder, 'seven', true)).done).to.deep.equal({});
  });
});

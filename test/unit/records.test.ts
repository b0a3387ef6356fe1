import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Expectation, FactsView, plain } from '../../tasks/exercises/checks/expectation.ts';
import { kitFacts } from '../../tasks/exercises/checks/kit.ts';
import { HOST } from '../../tasks/exercises/checks/probe.ts';
import { drillsSince, loadsSince } from '../../tasks/exercises/checks/vocabulary/records.ts';
import { drillNotes, loadNotes, noteOfDrill } from '../../tasks/exercises/state/records.ts';
import { type LabsState, readState, remember, writeState } from '../../tasks/exercises/state/state.ts';
import { keepResult } from '../../tasks/measure/drill/store.ts';
import type { LoadRun } from '../../tasks/measure/load/model.ts';
import { keepLoad, keptLoads, type LoadRecord } from '../../tasks/measure/load/store.ts';
import { recorded } from './report/recorded.ts';

const times = (p99: number) => ({ p50: 0.01, p90: 0.02, p99, p999: p99, mean: 0.01, max: p99 });
const run = (web: string[], p99: number): LoadRun & { sustained: boolean } => ({
  ...{ web, sustained: p99 <= 1 },
  generated: {
    ...{ seconds: 10, generator: 0.1 },
    streams: [
      {
        ...{ name: 'page', rate: 20, requests: 200, sent: 200, served: 199, failed: 1, bytes: 0 },
        ...{ seconds: 10, throughput: 19.9, busy: 1, causes: {}, servedBy: {} },
        latency: times(p99),
        ...{ service: null, lateness: null },
      },
    ],
  },
  ...{ machines: [], servers: [], computer: { processors: 2, busy: 0.5 }, resources: [] },
  bottleneck: web.length > 1 ? { kind: 'machine', name: 'web1', share: 0.95 } : undefined,
});
const load = (begun: string): LoadRecord => ({
  ...{ begun, lab: 'x', engine: 'uml', app: 'sample', kind: 'page', search: false },
  ...{ limit: { p99: 1, failed: 0.01 }, runs: [run(['web1'], 2), run(['web1', 'web2'], 0.2)] },
});

describe('what the kit recorded', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'records-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('a drill in few words; what was not read back is not known', () => {
    const { result } = recorded();
    const note = noteOfDrill(result);
    expect(note).to.include({ fault: 'power', machine: result.fault.machine, verdict: result.verdict });
    expect(note.acknowledged).to.equal(result.writes.reduce((sum, write) => sum + write.acknowledged, 0));
    expect(note.lost).to.equal(0);
    const unread = result.writes.map((write) => ({ ...write, readBack: false }));
    expect(noteOfDrill({ ...result, writes: unread }).lost).to.equal(null);
    expect(noteOfDrill({ ...result, writes: [] }).lost).to.equal(null);
  });

  it('drills and loads since a moment, not those of before', async () => {
    const { result } = recorded();
    await keepResult(folder, { ...result, id: 'a', begun: '2026-01-01T10:00:00.000Z' }, []);
    await keepResult(folder, { ...result, id: 'b', begun: '2026-01-01T12:00:00.000Z' }, []);
    expect((await drillNotes(folder, '2026-01-01T11:00:00.000Z')).map((load) => load.id)).to.deep.equal([
      'b',
    ]);
    // A fault that was not felt: nothing that a lab asks for.
    const effect = { seen: false, sign: 'answers' as const, found: '3/3' };
    await keepResult(folder, { ...result, id: 'c', begun: '2026-01-01T13:00:00.000Z', effect }, []);
    expect((await drillNotes(folder, '2026-01-01T11:00:00.000Z')).map((load) => load.id)).to.deep.equal([
      'b',
    ]);

    expect(await keptLoads(folder)).to.deep.equal([]);
    for (const hour of ['10', '12']) await keepLoad(folder, load(`2026-01-01T${hour}:00:00.000Z`));
    const kept = ['10', '12'].map((hour) => load(`2026-01-01T${hour}:00:00.000Z`));
    expect(await keptLoads(folder)).to.deep.equal(JSON.parse(JSON.stringify(kept)));
    const notes = await loadNotes(folder, '2026-01-01T11:00:00.000Z');
    expect(
      notes.map(({ web, p99, sustained, bottleneck }) => [web, p99, sustained, bottleneck]),
    ).to.deep.equal([
      [1, 2, false, null],
      [2, 0.2, true, 'machine'],
    ]);
  });

  it('a load that version 0.1.0 of the kit kept is still read', async () => {
    const text = JSON.stringify(load('2026-01-01T10:00:00.000Z')).replaceAll('"sustained"', '"carried"');
    mkdirSync(join(folder, 'loads'));
    writeFileSync(join(folder, 'loads', '20260101T100000000Z.json'), text);
    expect((await loadNotes(folder, '2026')).map(({ sustained }) => sustained)).to.deep.equal([false, true]);
  });

  it('as facts that are judged like those of machines, from the last start of the lab on', async () => {
    const [drills, loads] = [drillsSince('09'), loadsSince('09')];
    const wants: Expectation[] = [
      { title: plain('both'), needs: [drills.need, loads.need, drills.need], judge: () => undefined },
    ];
    await keepLoad(folder, load('2026-01-01T12:00:00.000Z'));
    const seen = async () => {
      const facts = await kitFacts(folder, wants);
      expect(Object.keys(facts.answers)).to.have.length(2);
      return loads.of(new FactsView({ collected: '', machines: { [HOST]: facts } })).length;
    };
    // It was never started: nothing counts.
    expect(await seen()).to.equal(0);
    const state: LabsState = await readState(folder);
    remember(state, { kind: 'start', what: '09' }, '2026-01-01T11:00:00.000Z');
    await writeState(folder, state);
    expect(await seen()).to.equal(2);
    remember(state, { kind: 'start', what: '10' }, '2026-01-01T12:30:00.000Z');
    await writeState(folder, state);
    expect(await seen()).to.equal(2);
    remember(state, { kind: 'start', what: '09' }, '2026-01-01T13:00:00.000Z');
    await writeState(folder, state);
    expect(await seen()).to.equal(0);
  });
});

import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { ROOT } from '../../tasks/base/paths.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import { choose, parseSamples } from '../../tasks/cli/commands/report.ts';
import { RULES } from '../../tasks/inspect/journal/rules.ts';
import { EVENT_WORDS } from '../../tasks/inspect/journal/words.ts';
import { toLine } from '../../tasks/measure/drill/samples.ts';
import { chartOf, HEIGHT, labels, STRIP, yOf } from '../../tasks/measure/report/chart.ts';
import { renderReport } from '../../tasks/measure/report/render.ts';
import { repeatedRows } from '../../tasks/measure/report/repeated.ts';
import { viewOf } from '../../tasks/measure/report/view.ts';
import { madeResult, madeSamples } from './report/made.ts';
import { recorded } from './report/recorded.ts';

const samples = madeSamples(50, 0.9);
const result = madeResult(samples, 50);

/** Number of strokes that a path draws. */
const strokes = (path: string) => (path.match(/[Mm]/g) ?? []).length;

describe('report: the drawing', () => {
  it('every request is one stroke, in its place', () => {
    for (const lane of chartOf(result, samples).lanes) {
      const all = samples.filter(({ kind }) => kind === lane.kind);
      const failed = all.filter(({ cause }) => cause !== '');
      expect(strokes(lane.failed), lane.kind).to.equal(failed.length);
      expect(strokes(lane.served) + strokes(lane.late), lane.kind).to.equal(all.length - failed.length);
    }
  });

  it('paths are relative, and end where the last request is', () => {
    const few = [0, 1.5, 4].map((start, number) => ({
      ...{ kind: 'row' as const, number, start, took: 0.01, cause: '', machine: 'web1', opened: true },
    }));
    const lane = chartOf(madeResult(few, 50), few).lanes.find(({ kind }) => kind === 'row');
    const y = yOf(0.01);
    expect(lane?.served).to.equal(`M0 ${y}h0m1500 0h0m2500 0h0`);
  });

  it('slower is higher, on a logarithmic scale that ends below the strip of the failed', () => {
    expect([yOf(0), yOf(0.001), yOf(10), yOf(100)]).to.deep.equal([HEIGHT, HEIGHT, STRIP, STRIP]);
    expect(yOf(0.1)).to.equal((HEIGHT + STRIP) / 2);
  });

  it('outages are bands; one that had not ended reaches the end', () => {
    const open = structuredClone(result);
    for (const kind of open.kinds) {
      kind.windows = [{ start: 20, end: null, failed: 3, slow: 0, causes: {}, doubtful: false }];
    }
    expect(chartOf(open, samples).lanes[0]?.bands[0]).to.include({ from: 20_000, width: 30_000, open: true });
    const [first] = chartOf(result, samples).lanes[0]?.bands.filter(({ window }) => window.failed > 0) ?? [];
    expect(first).to.include({ from: 12_000, open: false });
    expect(first?.width).to.be.within(850, 1000);
  });

  it('the close-up holds the fault and the outages it caused', () => {
    const { closeUp, from, to } = chartOf(result, samples);
    expect(closeUp.from).to.equal(9000);
    expect(closeUp.to).to.be.within(19_000, to);
    expect(from).to.equal(0);
  });

  it('labels count from the fault, a readable number of them', () => {
    for (const [from, to] of [
      [0, 500],
      [0, 60_000],
      [0, 3_600_000],
    ] as const) {
      const all = labels(from, to, 12_000, 12);
      expect(all.length, String(to)).to.be.within(1, 13);
      for (const { x, seconds } of all) expect(x).to.equal(12_000 + seconds * 1000);
    }
    expect(labels(0, 60_000, 12_000, 12).map(({ seconds }) => seconds)).to.include(0);
  });
});

describe('report: a drill that was recorded', () => {
  it('every request that its result counts is drawn', () => {
    const drill = recorded();
    const { lanes } = chartOf(drill.result, drill.samples);
    expect(lanes.length).to.equal(drill.result.kinds.length);
    for (const { kind, served, late, failed, result: counted } of lanes) {
      expect(strokes(served) + strokes(late) + strokes(failed), kind).to.equal(counted.requests);
      expect(strokes(failed), kind).to.equal(counted.failed);
    }
  });
});

describe('report: the words', () => {
  after(() => setLanguage('en'));

  it('every event that the journals tell of has words', () => {
    for (const { what } of RULES) expect(EVENT_WORDS, what).to.have.property(what);
  });

  it('times of events count from the fault', () => {
    setLanguage('en');
    const { events } = viewOf(result, samples);
    expect(events[0]).to.deep.equal(['+0.00 s', '', 'fault', 'power of lb1 cut (held: front)']);
    expect(events).to.deep.include(['+0.70 s', 'lb2', 'takes the address', 'front']);
    expect(events).to.deep.include(['+28.00 s', 'lb1', 'something-new', 'an event without words of its own']);
  });

  it('what was not read back is not called not lost', () => {
    const unread = structuredClone(result);
    for (const write of unread.writes) write.readBack = false;
    expect(viewOf(unread, samples).lost).to.equal('?');
    expect(viewOf(result, samples).lost).to.equal('1');
  });
});

describe('report: the page', () => {
  after(() => setLanguage('en'));
  for (const language of ['en', 'fr'] as const) {
    it(`${language}: whole, without a hole, and what machines say is text and nothing else`, async () => {
      setLanguage(language);
      const page = await renderReport(ROOT, 'two', [
        { result, samples },
        { result: { ...result, id: 'second' }, samples },
      ]);
      expect(page).to.include(`<html lang="${language}">`);
      expect(page.replace(/<script>[\s\S]*<\/script>/, '')).to.not.match(/undefined|NaN|\[object |<%/);
      expect(page).to.include('&lt;script&gt;alert(1)').and.not.include('<script>alert');
      // Nothing is fetched: no address but the page's own parts.
      expect(page.match(/(?:src|href)="(?!#|data:)[^"]*"/g)).to.equal(null);
      expect(page).to.not.match(/url\(|@import/);
      expect(page).to.include(
        language === 'fr' ? "prend l'adresse".replace("'", '&#39;') : 'takes the address',
      );
      expect(page.match(/<section class="drill"/g)).to.have.length(2);
      expect(page).to.include('href="#second"');
    });
  }

  it('the same fault more than once: least, middle and greatest; once: nothing', () => {
    setLanguage('en');
    const longer = structuredClone(result);
    for (const kind of longer.kinds) kind.longest = 3;
    const other = { ...longer, fault: { ...longer.fault, machine: 'db1' } };
    const rows = repeatedRows([result, longer, other]);
    expect(rows.find(([, what]) => what === 'page, new connection')?.slice(2, 4)).to.deep.equal([
      '2',
      '0.90 s',
    ]);
    expect(rows.find(([, what]) => what === 'page, new connection')?.at(-1)).to.equal('3.00 s');
    expect(rows.every(([fault]) => fault === 'power of lb1 cut')).to.equal(true);
    expect(repeatedRows([result, other])).to.deep.equal([]);
  });
});

describe('report: which drills', () => {
  it('the latest, those named, or all; a name that is not there is told, with one that is', () => {
    const known = ['a-power', 'b-stop'];
    expect(choose([], known, false)).to.deep.equal(['b-stop']);
    expect(choose(['a-power'], known, false)).to.deep.equal(['a-power']);
    expect(choose([], known, true)).to.deep.equal(known);
    expect(() => choose(['a-powr'], known, false)).to.throw(LabError, /a-powr/);
    expect(() => choose([], [], false)).to.throw(LabError, /no recorded drill/);
  });

  it('recorded requests are read; a last line that broke off is left out', () => {
    const lines = samples.slice(0, 3).map((sample) => JSON.stringify(toLine(sample)));
    expect(parseSamples(`${lines.join('\n')}\n["row",1,`)).to.deep.equal(samples.slice(0, 3));
  });
});

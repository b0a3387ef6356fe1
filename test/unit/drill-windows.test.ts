import { expect } from 'chai';
import type { Kind } from '../../tasks/measure/drill/model.ts';
import {
  Axis,
  median,
  parseLine,
  percentile,
  type Sample,
  toLine,
} from '../../tasks/measure/drill/samples.ts';
import { unsteady } from '../../tasks/measure/drill/steady.ts';
import { kindResult, longestSilence, outageWindows } from '../../tasks/measure/drill/windows.ts';

/** A request every 0.1 s from 0 on; each entry says how it went: ok, a number (seconds it took), or a cause. */
function requests(how: (string | number)[], kind: Kind = 'page.new'): Sample[] {
  return how.map((entry, number) => ({
    ...{ kind, number, start: number / 10, opened: true, machine: 'web1' },
    took: typeof entry === 'number' ? entry : 0.02,
    cause: typeof entry === 'number' || entry === 'ok' ? '' : entry,
  }));
}

describe('drill: outages', () => {
  it('nothing failed: no window', () => {
    expect(outageWindows(requests(['ok', 'ok', 'ok']), 1)).to.deep.equal([]);
    expect(outageWindows([], 1)).to.deep.equal([]);
  });

  it('lasts from the start of the first failed request to the start of the next good one', () => {
    const [window, ...others] = outageWindows(requests(['ok', 'reset', 'refused', 'reset', 'ok', 'ok']), 1);
    expect(others).to.deep.equal([]);
    expect(window).to.include({ start: 0.1, end: 0.4, failed: 3, slow: 0, doubtful: false });
    expect(window?.causes).to.deep.equal({ reset: 2, refused: 1 });
  });

  it('an answer after the limit is an outage as well, and told apart', () => {
    const [window] = outageWindows(requests(['ok', 1.01, 'timeout', 'ok']), 1);
    expect(window).to.include({ start: 0.1, end: 0.3, failed: 1, slow: 1 });
    expect(outageWindows(requests([1]), 1)).to.deep.equal([]);
  });

  it('goes by the start: a stuck request that fails late does not prolong it', () => {
    const samples = requests(['ok', 'timeout', 'ok', 'ok']).map((sample) =>
      sample.cause ? { ...sample, took: 10 } : sample,
    );
    // In the order in which they ended.
    expect(
      outageWindows(
        [...samples.filter((sample) => !sample.cause), ...samples.filter((sample) => sample.cause)],
        1,
      )[0],
    ).to.include({ start: 0.1, end: 0.2 });
  });

  it('one that has not ended is open', () => {
    expect(outageWindows(requests(['ok', 'reset']), 1)[0]?.end).to.equal(null);
  });

  it('good requests in between make two', () => {
    expect(outageWindows(requests(['reset', 'ok', 'reset', 'ok']), 1)).to.have.length(2);
  });

  it('is doubtful when the client stood still in it or right before, not when elsewhere', () => {
    const samples = requests(['ok', 'ok', 'ok', 1.5, 1.4, 'ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok']);
    const doubt = (at: number, seconds: number) => outageWindows(samples, 1, [{ at, seconds }])[0]?.doubtful;
    expect(doubt(0.32, 1)).to.equal(true);
    expect(doubt(0.25, 0.3)).to.equal(true);
    expect(doubt(5, 1)).to.equal(false);
    expect(doubt(0.35, 0.01)).to.equal(false);
  });

  it('the silence is the longest time without an answer, and forgives what was answered late', () => {
    const samples = requests(['ok', 0.5, 0.4, 0.3, 'ok', 'ok', 'ok']);
    expect(longestSilence(samples, 0, 0.62)).to.equal(0.4);
    expect(longestSilence(requests(['reset', 'reset']), 0, 5)).to.equal(5);
  });

  it('counts outages from the fault on, and the one that was under way', () => {
    const samples = requests(['reset', 'ok', 'ok', 'reset', 'reset', 'ok', 'ok', 'reset', 'ok']);
    const found = kindResult(
      'page.new',
      samples,
      { interval: 0.1, limit: 1, timeout: 10 },
      { fault: 0.35, end: 1 },
    );
    expect(found.windows).to.have.length(3);
    expect(found.longest).to.equal(0.2);
    expect(found.total).to.equal(0.3);
    expect(found.failed).to.equal(4);
    expect(found.servedBy).to.deep.equal({ web1: 5 });
    expect(found.before?.p50).to.equal(0.02);
  });

  it('an open outage lasts until the end', () => {
    const found = kindResult(
      'page.new',
      requests(['ok', 'reset']),
      { interval: 0.1, limit: 1, timeout: 10 },
      { fault: 0.05, end: 9 },
    );
    expect(found.longest).to.equal(8.9);
  });

  it('steady: a kind with too many bad requests, or without any, is named', () => {
    const kinds = { 'page.new': { interval: 0.1, limit: 1, timeout: 10 } };
    const check = (how: (string | number)[], share = 0.9) =>
      unsteady(requests(how), 0, 10, { kinds, steady: { seconds: 5, share } } as Parameters<
        typeof unsteady
      >[3]);
    expect(check(Array(10).fill('ok'))).to.deep.equal([]);
    expect(check([...Array(9).fill('ok'), 'reset'])).to.deep.equal([]);
    expect(check([...Array(8).fill('ok'), 'reset', 2])[0]).to.equal(
      'page.new: 2 of 10 not served well (reset, slow)',
    );
    expect(check([])[0]).to.match(/nothing was answered/);
  });
});

describe('drill: what the sampler says', () => {
  it('lines become requests and back', () => {
    const line = '["row",12,1.5,0.25,"503 database","db1",1]';
    const sample = parseLine(line) as Sample;
    expect(sample).to.include({ kind: 'row', number: 12, cause: '503 database', opened: true });
    expect(JSON.stringify(toLine(sample))).to.equal(line);
    expect(parseLine('{"t":"tick","at":1,"wall":2,"late":0,"load":0}')).to.include({ t: 'tick' });
    for (const broken of ['', '["row",1', '{}', 'Traceback'])
      expect(parseLine(broken), broken).to.equal(undefined);
  });

  it('the axis goes by the note that arrived fastest', () => {
    const axis = new Axis();
    expect(() => axis.at(0)).to.throw(/not said anything/);
    axis.heard(1, 101_200);
    axis.heard(2, 102_050);
    axis.heard(3, 103_900);
    expect(axis.at(105_050)).to.equal(5);
    expect(axis.begun.getTime()).to.equal(100_050);
  });

  it('percentiles and medians', () => {
    expect(percentile([1, 2, 3, 4], 0.5)).to.equal(2);
    expect(percentile([1, 2, 3, 4], 0.99)).to.equal(4);
    expect(percentile([], 0.5)).to.equal(0);
    expect([median([3, 1, 2]), median([4, 1]), median([])]).to.deep.equal([2, 2.5, 0]);
  });
});

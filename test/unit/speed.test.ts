import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { ROOT } from '../../tasks/base/paths.ts';
import type { EnvironmentRecord } from '../../tasks/environment/record.ts';
import {
  chooseTimers,
  factorNamed,
  type Situation,
  speedText,
  timersText,
} from '../../tasks/environment/speed.ts';
import { nearestStart } from '../../tasks/exercises/session/start.ts';
import { pressureOf, processorLimit, processorsAllowed, processorsOf } from '../../tasks/host/processors.ts';
import { factorFor, measureSpeed, type Speed, speedOf } from '../../tasks/host/speed.ts';
import { timeoutFactor, timersOf } from '../../tasks/roles/timers.ts';

const speed = (start: number): Speed => ({
  ...{ start, fault: 1.5, switch: 9 },
  measured: '2026-01-01T10:00:00.000Z',
});
const QUIET = speed(500);
/** Where a fault took 14 µs, and the fast timers fell apart. */
const SLOW = speed(2000);

const record = (changes: Partial<EnvironmentRecord> = {}): EnvironmentRecord => ({
  ...{ topology: 'seven', engine: 'uml', app: 'sample' },
  ...changes,
});

describe("the computer's speed", () => {
  it('gives the factor: recorded computers, both ends, and nothing but half steps between', () => {
    expect([QUIET, speed(675), speed(1000)].map(factorFor), 'ordinary ones').to.deep.equal([1, 1, 1]);
    expect(factorFor(SLOW)).to.equal(2.5);
    expect(factorFor(speed(1500)), 'halfway').to.equal(2);
    expect(factorFor(speed(8700)), 'many busy programs').to.equal(10);
    expect(factorFor(speed(4e6))).to.equal(10);
    let last = 1;
    for (let start = 100; start < 8000; start += 50) {
      const factor = factorFor(speed(start));
      expect(factor).to.be.at.least(last);
      expect((factor * 2) % 1).to.equal(0);
      last = factor;
    }
  });

  it('counts the processors too: fewer than two are as much slower as they are fewer', () => {
    const allowed = (start: number, processors: number) => factorFor({ start, processors });
    expect([allowed(700, 2), allowed(700, 16), factorFor(speed(700))], 'two and more').to.deep.equal([
      1, 1, 1,
    ]);
    expect(allowed(500, 1), 'an ordinary one with a single processor').to.equal(1);
    expect(allowed(1000, 1)).to.equal(factorFor(SLOW));
    // A quarter of one: a start alone takes 4.7 times as long, the starts of seven machines twice as long as that.
    expect(allowed(2350, 0.25)).to.be.within(6, 8);
    expect(speedText({ start: 2350, processors: 0.25 }).en).to.match(
      /4\.7 times.*with 0\.25 of a processor instead of 2$/,
    );
    expect(speedText({ start: 2350, processors: 2 }).fr).not.to.include('au lieu');
  });

  it('is the median of what was started, and no measurement where nothing was', () => {
    const now = new Date(0);
    const said = 'start 700\nstart 690\nstart 4000\nstart 680\nstart 710\nswitch 9\n';
    expect(speedOf(said, false, 1.5, now)).to.deep.equal({
      ...{ start: 700, fault: 1.5, switch: 9, measured: now.toISOString() },
    });
    expect(speedOf('bash: not found', false, 1.5, now)).to.equal(undefined);
    // Ended in the middle: what there was by then; without a single batch a start takes longer than all the time there was.
    expect(speedOf('start 90000\n', true, undefined, now)?.start).to.equal(90000);
    expect(factorFor(speedOf('', true, undefined, now) ?? QUIET)).to.equal(10);
  });

  it('is measured here in plausible figures', async function () {
    if (process.platform !== 'linux') this.skip();
    const begun = performance.now();
    const found = await measureSpeed(ROOT);
    expect(performance.now() - begun).to.be.within(400, 60_000);
    expect(found?.start).to.be.within(50, 2e6);
    expect(found?.processors).to.be.within(0.01, 4096);
    if (found?.fault !== undefined) expect(found.fault).to.be.within(0.01, 10_000);
    if (found?.switch !== undefined) expect(found.switch).to.be.within(0, 1e6);
  });
});

describe('the timers of a lab', () => {
  const choose = (changes: Partial<Situation>) =>
    chooseTimers({
      ...{ record: record(), wish: undefined, speed: QUIET, fresh: true, whole: true },
      ...changes,
    });
  const kept = (factor: number, by: 'measured' | 'user' = 'measured') =>
    record({ timers: { factor, by }, speed: QUIET });

  it('a new one gets what the computer needs, and says so where that is not the fast set', () => {
    expect(choose({})).to.deep.equal({ timers: { factor: 1, by: 'measured' }, said: undefined });
    const slow = choose({ speed: SLOW });
    expect(slow.timers).to.deep.equal({ factor: 2.5, by: 'measured' });
    expect(slow.said?.en)
      .to.match(/2 ms \(4 times/)
      .and.include('factor 2.5');
    expect(slow.said?.fr).to.include('facteur 2,5');
  });

  it('emulated processors have the slow set; a lab of before has the fast one', () => {
    const emulated = record({ engine: 'vagrant-libvirt', driver: 'qemu' });
    expect(timersOf(emulated)).to.deep.equal({ factor: 10, by: 'emulated' });
    expect(choose({ record: emulated, speed: undefined }).timers).to.deep.equal({
      factor: 10,
      by: 'emulated',
    });
    expect(timersOf(record())).to.deep.equal({ factor: 1, by: 'measured' });
  });

  it('a computer that became slower: the larger factor from one step on, if it was not asked for otherwise', () => {
    const again = (changes: Partial<Situation>) => choose({ fresh: false, ...changes });
    expect(again({ record: kept(1), speed: SLOW }).timers.factor).to.equal(2.5);
    expect(again({ record: kept(2), speed: SLOW })).to.deep.equal({
      timers: { factor: 2, by: 'measured' },
    });
    expect(again({ record: kept(1, 'user'), speed: SLOW })).to.deep.equal({
      timers: { factor: 1, by: 'user' },
    });
    expect(again({ record: kept(1), speed: SLOW, whole: false }).timers.factor, 'not all machines').to.equal(
      1,
    );
    expect(again({ record: record(), speed: SLOW }).timers.factor, 'a lab of before').to.equal(2.5);
  });

  it('a computer that became faster is only told', () => {
    const { timers, said } = choose({ record: kept(3), fresh: false });
    expect(timers.factor).to.equal(3);
    expect(said?.en).to.include('lab up --timers fast');
    expect(said?.fr).to.include('lab up --timers fast');
  });

  it('what the user asks for is taken at once, and stays', () => {
    const asked = choose({ record: kept(1), wish: 3, fresh: false, speed: undefined });
    expect(asked.timers).to.deep.equal({ factor: 3, by: 'user' });
    expect(asked.said?.en).to.include('factor 3').and.include('as asked for');
    expect(choose({ record: kept(3), wish: 1, fresh: false }).said?.en).to.include('fast timers');
    const emulated = record({ engine: 'vagrant-libvirt', driver: 'qemu', timers: { factor: 5, by: 'user' } });
    expect(timersOf(emulated).factor).to.equal(5);
  });

  it('--timers takes fast, slow and half steps, nothing else', () => {
    expect(['fast', 'slow', '1', '3', '2.5', '2,5', '10'].map(factorNamed)).to.deep.equal([
      1, 10, 1, 3, 2.5, 2.5, 10,
    ]);
    for (const wrong of ['', 'quick', '0', '11', '2.3', '-1', 'NaN'])
      expect(() => factorNamed(wrong), wrong).to.throw(LabError);
  });

  it('time limits grow up to six times', () => {
    expect([1, 5.5, 10].map((factor) => timeoutFactor({ factor }))).to.deep.equal([1, 3.5, 6]);
    expect(timeoutFactor({})).to.equal(1);
  });

  it('fast timers are not worth a sentence', () => {
    expect(timersText({ factor: 1, by: 'user' })).to.equal(undefined);
    expect(timersText({ factor: 10, by: 'emulated' })?.en).to.include('emulated');
  });

  it('a start state with other timers is not taken from the cache', () => {
    const app = 'sample';
    const starts = [
      { snapshot: 'start-1', roles: ['lb', 'web'], app, used: '' },
      { snapshot: 'start-2', roles: ['lb'], factor: 3, used: '' },
    ];
    expect(nearestStart(starts, ['lb', 'web'], { app })?.snapshot).to.equal('start-1');
    expect(nearestStart(starts, ['lb', 'web'], { app, factor: 3 })?.snapshot).to.equal('start-2');
    expect(nearestStart(starts, ['lb', 'web'], { app, factor: 10 })).to.equal(undefined);
  });
});

describe('processors that may be used', () => {
  it('a limit of version 2, of version 1, and none', () => {
    expect(processorsOf('25000 100000')).to.equal(0.25);
    expect(processorsOf('max 100000')).to.equal(Number.POSITIVE_INFINITY);
    expect(processorsOf('-1 100000')).to.equal(Number.POSITIVE_INFINITY);
    expect(processorsOf('')).to.equal(Number.POSITIVE_INFINITY);
  });

  it('the least limit of the group and those above it', () => {
    const root = mkdtempSync(join(tmpdir(), 'cgroup-'));
    try {
      mkdirSync(join(root, 'a', 'b'), { recursive: true });
      writeFileSync(join(root, 'a', 'cpu.max'), '50000 100000\n');
      writeFileSync(join(root, 'a', 'b', 'cpu.max'), 'max 100000\n');
      expect(processorLimit('0::/a/b\n', root)).to.equal(0.5);
      mkdirSync(join(root, 'cpu,cpuacct', 'c'), { recursive: true });
      writeFileSync(join(root, 'cpu,cpuacct', 'c', 'cpu.cfs_quota_us'), '25000\n');
      writeFileSync(join(root, 'cpu,cpuacct', 'c', 'cpu.cfs_period_us'), '100000\n');
      expect(processorLimit('4:memory:/c\n1:cpu,cpuacct:/c\n0::/\n', root)).to.equal(0.25);
      expect(processorLimit('', root)).to.equal(Number.POSITIVE_INFINITY);
    } finally {
      rmSync(root, { recursive: true });
    }
    expect(processorsAllowed()).to.be.above(0);
  });

  it('pressure of the last minute', () => {
    expect(pressureOf('some avg10=1.00 avg60=28.82 avg300=2.00 total=9\nfull avg10=0.00')).to.be.closeTo(
      0.2882,
      1e-9,
    );
    expect(pressureOf('')).to.equal(undefined);
  });
});

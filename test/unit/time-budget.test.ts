import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import {
  budgetEnd,
  CLOSING_SECONDS,
  fits,
  leftOutText,
  ofTheDay,
  type Planned,
  recorded,
  slowness,
  UNKNOWN_COST,
} from '../e2e/budget/plan.ts';
import { onPosix } from './helpers/only.ts';

const E2E = join(import.meta.dirname, '../e2e');
const costs = { lab: { boot: 100, drill: 50, small: 5 }, scale: { setup: 40, grow: 60, look: 5 } };
const of = (suite: string, title: string, part?: Planned['part']): Planned => ({ suite, title, part });
const moment = (left: number | undefined, extra: Partial<Parameters<typeof fits>[2]> = {}) => ({
  costs,
  taken: [],
  leftOut: [],
  left: left === undefined ? undefined : left + CLOSING_SECONDS,
  ...extra,
});

onPosix('the end-to-end tests are for Linux').describe('the time budget of the tests', () => {
  it('every file has its place in the order of what is protected', () => {
    const { spec } = parse(readFileSync(join(E2E, '.mocharc.yaml'), 'utf8')) as { spec: string[] };
    const files = readdirSync(E2E).filter((name) => name.endsWith('.test.ts'));
    expect(spec.toSorted()).to.deep.equal(files.map((name) => `test/e2e/${name}`).toSorted());
    expect(spec[0]).to.equal('test/e2e/lab.test.ts');
  });

  it('a test runs if it would end in time, a shorter one also when a longer one did not fit', () => {
    expect(fits(of('lab', 'drill'), undefined, moment(50))).to.equal(true);
    expect(fits(of('lab', 'drill'), undefined, moment(49))).to.equal(false);
    const after = { leftOut: [of('lab', 'drill')] };
    expect(fits(of('lab', 'small'), undefined, moment(49, after))).to.equal(true);
  });

  it('without a budget everything runs, and what must runs without time', () => {
    expect(fits(of('lab', 'drill'), undefined, moment(undefined))).to.equal(true);
    expect(fits(of('lab', 'boot', 'always'), undefined, moment(-1000))).to.equal(true);
    expect(fits(of('lab', 'small'), undefined, moment(-1000))).to.equal(false);
  });

  it('a slow hour makes every test longer', () => {
    const taken = [{ ...of('lab', 'boot'), seconds: 300 }];
    expect(slowness(costs, taken)).to.equal(3);
    expect(fits(of('lab', 'drill'), undefined, moment(149, { taken }))).to.equal(false);
    expect(fits(of('lab', 'drill'), undefined, moment(150, { taken }))).to.equal(true);
  });

  it('the latest tests say how slow the hour is; those without a record say nothing', () => {
    expect(slowness(costs, [])).to.equal(1);
    expect(slowness(costs, [{ ...of('lab', 'boot'), seconds: 20 }]), 'waiting is not shortened').to.equal(1);
    const taken = [
      { ...of('scale', 'grow'), seconds: 600 },
      { ...of('lab', 'boot'), seconds: 200 },
      { ...of('lab', 'drill'), seconds: 100 },
      { ...of('lab', 'new'), seconds: 5000 },
    ];
    expect(slowness(costs, taken)).to.equal(2);
  });

  it('a test without a record is taken for a long one', () => {
    expect(fits(of('lab', 'new'), undefined, moment(UNKNOWN_COST - 1))).to.equal(false);
    expect(fits(of('lab', 'new'), undefined, moment(UNKNOWN_COST))).to.equal(true);
  });

  it('what others need begins only with time for one of them, and leaves them out with it', () => {
    const setup = of('scale', 'setup', 'needed');
    expect(fits(setup, of('scale', 'grow'), moment(99))).to.equal(false);
    expect(fits(setup, of('scale', 'grow'), moment(100))).to.equal(true);
    const leftOut = [setup];
    expect(fits(of('scale', 'look'), undefined, moment(99, { leftOut }))).to.equal(false);
    expect(fits(of('lab', 'small'), undefined, moment(99, { leftOut }))).to.equal(true);
  });

  it('begins where it is told to, and a typing error is no budget without end', () => {
    expect(budgetEnd(undefined, '1000', 1500)).to.equal(undefined);
    expect(budgetEnd('60', '1000', 1500)).to.equal(4600);
    expect(budgetEnd('60', undefined, 1500)).to.equal(5100);
    expect(() => budgetEnd('sixty', undefined, 1500)).to.throw(/LAB_TEST_MINUTES=sixty/);
    expect(() => budgetEnd('60', 'noon', 1500)).to.throw(/LAB_TEST_STARTED=noon/);
  });

  it('another one each day, and each in its turn', () => {
    const week = [0, 1, 2, 3, 4, 5].map((day) => ofTheDay(['a', 'b', 'c'], (day + 0.9) * 86_400_000));
    expect(week.join('')).to.equal('abcabc');
  });

  it('a record takes in what ran and keeps the rest', () => {
    const taken = [
      { ...of('lab', 'drill'), seconds: 42.01 },
      { ...of('lab', 'new'), seconds: 3 },
    ];
    expect(recorded(costs, taken)).to.deep.equal({
      lab: { boot: 100, drill: 42.1, small: 5, new: 3 },
      scale: costs.scale,
    });
  });

  it('names what was left out, and says nothing when nothing was', () => {
    expect(leftOutText([])).to.equal('');
    expect(leftOutText([of('scale', 'grow')])).to.match(/\(1\).*\n {2}scale: grow\n/);
  });

  it('mocha leaves out what does not fit, names it on standard error, and does not call it passed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'budget-'));
    try {
      const parts = JSON.stringify(join(E2E, 'budget/parts.ts'));
      writeFileSync(join(folder, 'costs.json'), JSON.stringify({ suite: { boot: 1, long: 3600, short: 1 } }));
      writeFileSync(
        join(folder, 'one.test.ts'),
        `import { always } from ${parts};
        describe('suite', () => {
          afterEach(() => console.log('inner hook'));
          always(it('boot', () => undefined));
          it('long', () => { throw new Error('was run'); });
          it('short', () => undefined);
        });`,
      );
      const run = spawnSync(
        process.execPath,
        [
          ...['--import', 'tsx', join(import.meta.dirname, '../../node_modules/mocha/bin/mocha.js')],
          ...['--no-config', '--reporter', 'json', '--require', join(E2E, 'budget/hooks.ts')],
          join(folder, 'one.test.ts'),
        ],
        {
          encoding: 'utf8',
          env: {
            ...process.env,
            LAB_TEST_COSTS: join(folder, 'costs.json'),
            LAB_TEST_MINUTES: '2',
            LAB_TEST_STARTED: '',
          },
        },
      );
      expect(run.status, run.stdout + run.stderr).to.equal(0);
      const { stats } = JSON.parse(run.stdout.replaceAll('inner hook\n', '')) as {
        stats: { passes: number; pending: number };
      };
      expect([stats.passes, stats.pending]).to.deep.equal([2, 1]);
      expect(run.stderr).to.match(
        /Left out for lack of time \(1\), neither passed nor failed:\n {2}suite: long/,
      );
      expect(run.stdout.match(/inner hook/g)).to.have.length(2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

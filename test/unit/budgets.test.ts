import { join } from 'node:path';
import { expect } from 'chai';
import { readBudgets } from '../../tasks/measure/drill/budgets.ts';
import { timersFor } from '../../tasks/roles/timers.ts';

const root = join(import.meta.dirname, '../..');

describe('budgets of a drill', () => {
  for (const [factor, pace, interval] of [
    [2, 2, 1 + 29 / 9],
    [3, 3, 1 + 58 / 9],
    [5, 5, 1 + 116 / 9],
    [10, 10, 30],
  ] as const)
    it(`slow machines are asked more slowly and may take longer, and may lose no more, at factor ${factor}`, () => {
      const [budgets, slow] = [readBudgets(root), readBudgets(root, { factor })];
      const { row } = slow.kinds;
      expect(row.interval).to.be.closeTo(0.2 * interval, 1e-9);
      expect([row.limit, row.timeout]).to.deep.equal([pace, 10 * pace]);
      expect(slow.largeRate * pace).to.be.closeTo(budgets.largeRate, pace);
      const named = (name: string, of = slow) => of.budgets.find((budget) => budget.name === name);
      expect(named('load-balancer')?.outage).to.be.closeTo(0.8 * pace, 0.01);
      expect(named('durability')).to.deep.equal(named('durability', budgets));
      expect(named('web')?.failed).to.equal(0);
      // The timers behind the storage's takeover grow less than the rest: what its clients may feel does, too.
      expect(named('storage-active')?.outage).to.be.closeTo(13 + (64 * (factor - 1)) / 9, 0.01);
      const fenced = readBudgets(root, { factor, powerSwitch: 6230 });
      expect(named('storage-active', fenced)?.outage).to.be.closeTo(4.5 + (30.5 * (factor - 1)) / 9, 0.01);
    });

  it('with the fast timers the budgets are as they are written', () => {
    expect(readBudgets(root, { factor: 1 })).to.deep.equal(readBudgets(root));
  });

  it('the budgets allow what the timers of each factor take', () => {
    for (let factor = 1; factor <= 10; factor += 0.5) {
      const { storage, galera, vrrp } = timersFor(root, factor);
      const of = (section: typeof storage, name: string) => section?.[name]?.value ?? Number.NaN;
      const allowed = (name: string, powerSwitch?: number) =>
        readBudgets(root, { factor, ...(powerSwitch ? { powerSwitch } : {}) }).budgets.find(
          (budget) => budget.name === name,
        )?.outage ?? 0;
      const takeover = of(storage, 'token') / 1000 + of(storage, 'consensus') / 1000 + 2.5;
      expect(takeover + 0.3, `storage at ${factor}`).to.be.below(allowed('storage-active', 6230));
      expect(takeover + of(storage, 'self_fence_wait'), `storage at ${factor}, fencing itself`)
        .to.be.below(allowed('storage-active'))
        .and.above(allowed('storage-active', 6230));
      const agreed = of(galera, 'suspect') + of(galera, 'check') + of(galera, 'join_again');
      expect(agreed, `database at ${factor}`).to.be.below(allowed('database-writer'));
      expect(3.1 * of(vrrp, 'advert_interval'), `front at ${factor}`).to.be.below(allowed('load-balancer'));
    }
  });

  it('Nextcloud is asked less often, and is allowed as much', () => {
    const [budgets, slow] = [readBudgets(root), readBudgets(root, { app: 'nextcloud' })];
    const { interval, limit } = budgets.applications.nextcloud ?? { interval: {}, limit: 0 };
    expect(slow.kinds.row).to.deep.equal({ interval: 0.2 * (interval.row ?? 0), limit, timeout: 10 * limit });
    expect(slow.kinds.large?.interval).to.equal(budgets.kinds.large?.interval);
    expect(slow.budgets).to.deep.equal(budgets.budgets);
  });
});

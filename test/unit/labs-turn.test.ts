import { expect } from 'chai';
import { FactsView } from '../../tasks/exercises/checks/expectation.ts';
import { checksOf } from '../../tasks/exercises/checks/plan.ts';
import { type Answer, type Facts, probeKey } from '../../tasks/exercises/checks/probe.ts';
import { labNamed } from '../../tasks/exercises/guides/load.ts';
import { contextOf, labs } from './helpers/facts.ts';

/** Steps without a recipe: what they ask for, on facts as they would be. */
describe('your turn', () => {
  describe('03.5: which load balancer it was', () => {
    const found = async (headers: Record<string, string>, config: string): Promise<boolean> => {
      const { expectations } = await checksOf(labNamed(labs, '03'), contextOf());
      const own = expectations.get(5) ?? [];
      const facts: Facts = { collected: '', machines: {} };
      for (const { machine, probe } of own.flatMap(({ needs }) => needs)) {
        const response = { status: 200, time: 0, exit: 0, error: '', headers, body: '' };
        const answer: Answer =
          probe.kind === 'http'
            ? { code: 0, out: JSON.stringify([response]) }
            : { code: 0, out: `644 root:root\n${config}` };
        facts.machines[machine] ??= { state: 'answered', took: 1, identity: {}, answers: {} };
        facts.machines[machine].answers[probeKey(probe)] = answer;
      }
      return own.every((expectation) => {
        try {
          expectation.judge(new FactsView(facts));
          return true;
        } catch {
          return false;
        }
      });
    };
    const header = { 'x-load-balancer': 'lb1' };

    it('passes by any rule that reads the name', async () => {
      expect(await found(header, '    http-response set-header X-Load-Balancer %[hostname]')).to.equal(true);
      expect(await found(header, '    http-response add-header X-Load-Balancer "%H"')).to.equal(true);
    });

    it('fails without the header, with another name, and where the file holds the name', async () => {
      expect(await found({}, '')).to.equal(false);
      expect(await found({ 'x-load-balancer': 'haproxy' }, '')).to.equal(false);
      for (const rule of ['X-Load-Balancer lb1', 'X-Load-Balancer "lb1"', 'x-load-balancer  lb1'])
        expect(await found(header, `    http-response set-header ${rule}`), rule).to.equal(false);
    });
  });
});

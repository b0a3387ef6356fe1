import { expect } from 'chai';
import { checksOf } from '../../tasks/exercises/checks/plan.ts';
import type { Facts } from '../../tasks/exercises/checks/probe.ts';
import { trialOf } from '../../tasks/exercises/checks/vocabulary/trial.ts';
import { trialsWorth } from '../../tasks/exercises/session/trials.ts';
import { contextOf, factsOf, lab01 } from './helpers/facts.ts';

describe('the faults that a lab must survive', () => {
  const worth = async (change: (facts: Facts) => void, step?: number) => {
    const facts = await factsOf('alice', { untried: true });
    change(facts);
    return trialsWorth([await checksOf(lab01, contextOf('alice'))], facts, [{ lab: lab01, step }]).map(
      ({ machine, probe }) => `${machine} ${probe.fault}`,
    );
  };
  const stopped = ({ machines }: Facts) => {
    for (const answer of Object.values(machines.web1?.answers ?? {}))
      answer.out = answer.out.replace('ActiveState=active', 'ActiveState=inactive');
  };

  it('are made where the rest of the step holds, each once', async () => {
    expect(await worth(() => undefined)).to.deep.equal(['client 01/web1-down']);
    expect(await worth(() => undefined, 4)).to.deep.equal(['client 01/web1-down']);
  });

  it('are not made for another step, nor where the step fails or waits anyway', async () => {
    expect(await worth(() => undefined, 3)).to.deep.equal([]);
    expect(await worth(stopped)).to.deep.equal([]);
  });

  it('what is no report of a visitor is none', () => {
    for (const out of ['', '{}', '{"requests":0,"failed":0,"longest":0,"outages":[]}'])
      expect(trialOf({ code: 1, out })).to.equal(undefined);
  });
});

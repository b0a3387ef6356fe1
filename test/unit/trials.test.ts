import { expect } from 'chai';
import { checksOf } from '../../tasks/exercises/checks/plan.ts';
import type { Answer, Facts } from '../../tasks/exercises/checks/probe.ts';
import { trialOf, Watched } from '../../tasks/exercises/checks/vocabulary/trial.ts';
import { trialsWorth, visitorOf, watchedFaults } from '../../tasks/exercises/session/trials.ts';
import { contextOf, factsOf, lab01, labs } from './helpers/facts.ts';
import { unmetAmong } from './helpers/unmet.ts';

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

  it('those whose trial brings along what they happen to are known', async () => {
    const watched = async (id: string) => {
      const guide = labs.find((lab) => lab.id === id) ?? lab01;
      return [...watchedFaults([await checksOf(guide, contextOf('alice'))])];
    };
    expect(await watched('12')).to.deep.equal(['12/piece-cut', '12/storage-off']);
    expect(await watched('01')).to.deep.equal([]);
  });

  it('what is no report of a visitor is none', () => {
    for (const out of ['', '{}', '{"requests":0,"failed":0,"longest":0,"outages":[]}'])
      expect(trialOf({ code: 1, out })).to.equal(undefined);
  });

  it('may be watched by a command, for so long at most', () => {
    const told = visitorOf({
      kind: 'trial',
      fault: '15/x',
      watch: "until grep 'it is' x; do :; done",
      seconds: 9,
    });
    expect(told).to.equal("timeout 9 bash -c 'until grep '\\''it is'\\'' x; do :; done' || true");
    expect(visitorOf({ kind: 'trial', fault: '01/x', url: 'http://x/', seconds: 9 })).to.match(
      /^lab-sample /,
    );
  });

  it('what was watched is judged by what it printed, and by nothing where it could not be', () => {
    const watched = new Watched('15/x', { watch: 'tail', seconds: 9 });
    const title = { en: 'told', fr: 'annoncé' };
    const holds = (answer: Answer, expected = watched.prints(/\+A@/, title)) => {
      if (expected.needs.length === 0) throw new Error('it asks for nothing');
      return unmetAmong([expected], () => answer).length === 0;
    };
    expect(holds({ code: 0, out: '1 ticket +A@x' })).to.equal(true);
    expect(holds({ code: 0, out: '' })).to.equal(false);
    const not = watched.doesNotPrint(/\+A@/, title);
    expect(holds({ code: 0, out: '' }, not)).to.equal(true);
    expect(holds({ code: 0, out: '+A@x' }, not)).to.equal(false);
    expect(holds({ code: 1, out: '', err: 'the fault does not show' }, not)).to.equal(false);
  });
});

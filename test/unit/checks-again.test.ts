import { expect } from 'chai';
import { contextOf, factsOf, lab01 } from './helpers/facts.ts';

const { askAgain } = await import('../../tasks/exercises/checks/again.ts');
const { checksOf } = await import('../../tasks/exercises/checks/plan.ts');
const { judge } = await import('../../tasks/exercises/checks/judge.ts');

type Facts = import('../../tasks/exercises/checks/probe.ts').Facts;
type Expectation = import('../../tasks/exercises/checks/expectation.ts').Expectation;

/** Facts of a machine as a slow lab gives them: none of its answers came in time. */
function late(facts: Facts, ...names: string[]): Facts {
  for (const name of names)
    for (const answer of Object.values(facts.machines[name]?.answers ?? {})) answer.code = null;
  return facts;
}

const checks = [await checksOf(lab01, contextOf())];

describe('a slow lab that is asked again', () => {
  const outcomes = (facts: Facts) =>
    judge(checks, facts).flatMap(({ steps }) => steps.map(({ outcome }) => outcome));
  /** Asks again with these facts, one after the other; tells which machines were asked each time. */
  async function again(facts: Facts, answers: Facts[]): Promise<string[][]> {
    const asked: string[][] = [];
    await askAgain(checks, facts, async (wanting: Expectation[]) => {
      const machines = [...new Set(wanting.flatMap(({ needs }) => needs.map(({ machine }) => machine)))];
      asked.push(machines.sort());
      const next = answers.shift();
      if (!next) throw new Error('asked more often than there are answers');
      return {
        collected: '',
        machines: Object.fromEntries(
          machines.flatMap((name) => [[name, next.machines[name]]]),
        ) as Facts['machines'],
      };
    });
    return asked;
  }

  it('is asked nothing where everything holds', async () => {
    const facts = await factsOf();
    const before = outcomes(facts);
    expect(await again(facts, [])).to.deep.equal([]);
    expect(outcomes(facts)).to.deep.equal(before);
  });

  it('is asked about what did not hold alone, and has it where the work is done', async () => {
    const facts = late(await factsOf(), 'web1');
    const whole = outcomes(await factsOf());
    expect(outcomes(facts)).to.not.deep.equal(whole);
    const asked = await again(facts, [await factsOf(), await factsOf()]);
    // The client has what step 5 compares with web1's journal.
    expect(asked[0]).to.deep.equal(['client', 'web1']);
    expect(outcomes(facts)).to.deep.equal(whole);
  });

  it('is asked once more as long as steps hold that did not before', async () => {
    const facts = late(await factsOf(), 'web1', 'web2', 'client');
    const asked = await again(facts, [late(await factsOf(), 'web2'), await factsOf(), await factsOf()]);
    expect(asked).to.have.length(2);
    expect(asked[1]).to.include('web2').and.not.include('web1');
    expect(outcomes(facts)).to.deep.equal(outcomes(await factsOf()));
  });

  it('is left alone where nothing has changed: the work is not done', async () => {
    const facts = late(await factsOf(), 'web1');
    const before = outcomes(facts);
    const asked = await again(facts, [late(await factsOf(), 'web1')]);
    expect(asked).to.have.length(1);
    expect(outcomes(facts)).to.deep.equal(before);
  });

  it('has answered where it was silent the first time', async () => {
    const facts = await factsOf();
    const web1 = facts.machines.web1;
    if (web1) Object.assign(web1, { state: 'silent', answers: {}, identity: {} });
    await again(facts, [await factsOf(), await factsOf()]);
    expect(facts.machines.web1?.state).to.equal('answered');
    expect(facts.machines.web1?.identity).to.not.deep.equal({});
    expect(outcomes(facts)).to.deep.equal(outcomes(await factsOf()));
  });
});

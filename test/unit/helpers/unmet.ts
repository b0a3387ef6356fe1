import { type Expectation, FactsView } from '../../../tasks/exercises/checks/expectation.ts';
import { type Facts, type Probe, probeKey } from '../../../tasks/exercises/checks/probe.ts';

/** What a machine says to a question. */
export type Said = [machine: string, probe: Probe, out: string];

/** Of these expectations those that ask for nothing but what is said: how many there are, and how many of them do not hold. */
export function unmetBy(expectations: Expectation[], said: Said[]): { asked: number; unmet: number } {
  const facts: Facts = { collected: '', machines: {} };
  for (const [machine, probe, out] of said) {
    facts.machines[machine] ??= { state: 'answered', took: 1, identity: {}, answers: {} };
    facts.machines[machine].answers[probeKey(probe)] = { code: 0, out };
  }
  const known = said.map(([machine, probe]) => `${machine} ${probeKey(probe)}`);
  const own = expectations.filter(({ needs }) =>
    needs.every(({ machine, probe }) => known.includes(`${machine} ${probeKey(probe)}`)),
  );
  const view = new FactsView(facts);
  const unmet = own.filter(({ judge }) => {
    try {
      judge(view);
      return false;
    } catch {
      return true;
    }
  });
  return { asked: own.length, unmet: unmet.length };
}

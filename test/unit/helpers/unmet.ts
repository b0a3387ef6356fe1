import { type Expectation, FactsView } from '../../../tasks/exercises/checks/expectation.ts';
import { holds } from '../../../tasks/exercises/checks/judge.ts';
import { checksOf } from '../../../tasks/exercises/checks/plan.ts';
import { type Answer, type Facts, type Probe, probeKey } from '../../../tasks/exercises/checks/probe.ts';
import { labNamed } from '../../../tasks/exercises/guides/load.ts';
import { contextOf, labs } from './facts.ts';

/** What a machine says to a question. */
export type Said = [machine: string, probe: Probe, out: string];

/** What a machine answers; nothing where it is silent. */
export type Asked = (machine: string, probe: Probe) => Answer | undefined;

/** Those of these expectations that do not hold with these answers, in their order. */
export function unmetAmong(expectations: Expectation[], answer: Asked): Expectation[] {
  const facts: Facts = { collected: '', machines: {} };
  for (const { machine, probe } of expectations.flatMap(({ needs }) => needs)) {
    facts.machines[machine] ??= { state: 'answered', took: 1, identity: {}, answers: {} };
    facts.machines[machine].answers[probeKey(probe)] = answer(machine, probe) ?? { code: 1, out: '' };
  }
  const view = new FactsView(facts);
  return expectations.filter((expectation) => !holds(expectation, view));
}

/** The title of the first expectation of a lab's step that does not hold with these answers; undefined: it passes. */
export async function unmetOf(lab: string, step: number, answer: Asked): Promise<string | undefined> {
  const { expectations } = await checksOf(labNamed(labs, lab), contextOf());
  return unmetAmong(expectations.get(step) ?? [], answer)[0]?.title.en;
}

/** Of these expectations those that ask for nothing but what is said: how many there are, and how many of them do not hold. */
export function unmetBy(expectations: Expectation[], said: Said[]): { asked: number; unmet: number } {
  const keyOf = (machine: string, probe: Probe) => `${machine} ${probeKey(probe)}`;
  const known = new Map(said.map(([machine, probe, out]) => [keyOf(machine, probe), { code: 0, out }]));
  const own = expectations.filter(({ needs }) =>
    needs.every(({ machine, probe }) => known.has(keyOf(machine, probe))),
  );
  const unmet = unmetAmong(own, (machine, probe) => known.get(keyOf(machine, probe)));
  return { asked: own.length, unmet: unmet.length };
}

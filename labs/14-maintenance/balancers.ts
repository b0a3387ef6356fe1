import { type Expectation, plain } from '../../tasks/exercises/checks/expectation.ts';
import type { Vocabulary } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { planned, plansOf, quiet, RUNBOOK, type Span, VISITS, visitsOf } from './visitors.ts';
import { apart, CARRIED, entriesOf, pausesOf, times } from './works.ts';

/** Seconds after a return for which nothing may fail. */
const AFTER = 15;
/** What each load balancer carries, as its journal names it. */
const CARRIES = /^Started (haproxy|keepalived|mysqlrouter|garb|corosync-qnetd|redis-sentinel)/;
/** Seconds within which all of it starts after a boot. */
const STARTS = 180;

/** Your turn: both load balancers shut down and started again, without a recipe. */
export function balancers(lab: Vocabulary): Expectation[] {
  const lbs = lab.machines('lb');
  const needs = [
    { machine: 'client', probe: VISITS },
    { machine: 'client', probe: RUNBOOK },
    ...lbs.map((lb) => ({ machine: lb.name, probe: CARRIED })),
  ];
  const both = lab.that(
    {
      en: 'both load balancers were shut down and came back, one after the other, each with its line of the runbook; no request failed, and the front address moved once',
      fr: "les deux répartiteurs ont été arrêtés et sont revenus, l'un après l'autre, chacun avec sa ligne du runbook ; aucune requête n'a échoué, et l'adresse d'entrée a bougé une seule fois",
    },
    needs,
    (facts) => {
      const visits = visitsOf(facts.answer('client', VISITS).out);
      const plans = plansOf(facts.answer('client', RUNBOOK).out);
      const told = lbs.map((lb) => ({ name: lb.name, text: facts.answer(lb.name, CARRIED).out }));
      const entries = told.flatMap(({ text }) => entriesOf(text));
      const [ones = [], others = []] = told.map(({ name, text }) =>
        pausesOf(text).flatMap(([off, on]): Span[] => {
          const started = times(entriesOf(text), CARRIES).filter((at) => at > on && at < on + STARTS);
          return started.length >= 3 && planned(plans, name, off) ? [[off, Math.max(...started)]] : [];
        }),
      );
      const good = ones.some((one) =>
        others.some((other) => {
          const span = [Math.min(one[0], other[0]) - 10, Math.max(one[1], other[1])] as const;
          const moves = times(entries, /^\(front\) Entering MASTER/).filter(
            (at) => at >= span[0] && at <= span[1],
          );
          return apart(one, other) && moves.length === 1 && quiet(visits, [span[0], span[1] + AFTER]);
        }),
      );
      if (good) return;
      throw lab.unmet(
        { en: 'such a pair of shutdowns', fr: "une telle paire d'arrêts" },
        plain(told.map(({ name }, at) => `${name}: ${[ones, others][at]?.length ?? 0}`).join(', ')),
        plain('lab ssh client -- tail /var/lib/visitor/pages /var/lib/visitor/writes'),
      );
    },
  );
  return [both, lab.isWhole()];
}

import { parseTimers } from '../../../inspect/timers.ts';
import type { Fault } from '../../../measure/drill/model.ts';
import { type Expected, predict } from '../../../measure/drill/predict.ts';
import { machinesOf, type RoleName, type Topology } from '../../../topology/model.ts';
import type { FactsView } from '../expectation.ts';
import type { Need } from '../probe.ts';
import { drillScript } from './drill-script.ts';

/** What the timers that the machines run with say of a fault: the same question and the same formulas as `lab drill`. */
export interface Predictions {
  needs: Need[];
  of: (facts: FactsView, fault: Pick<Fault, 'kind' | 'machine' | 'held' | 'service'>) => Expected[];
}

/** With `roles` only machines of these are asked: of faults of what they hold. */
export function predictionsOn(topology: Topology, roles?: RoleName[]): Predictions {
  const probeOf = drillScript('timers');
  const asked = roles ? roles.flatMap((role) => machinesOf(topology, role)) : topology.machines;
  const needs = [...new Set(asked)].map(
    ({ name, roles: own }): Need => ({ machine: name, probe: probeOf(own.join(' ')) }),
  );
  return {
    needs,
    of: (facts, fault) => {
      const timers = needs.map(
        ({ machine, probe }) => [machine, parseTimers(machine, facts.answer(machine, probe).out)] as const,
      );
      return predict(fault, topology, Object.fromEntries(timers));
    },
  };
}

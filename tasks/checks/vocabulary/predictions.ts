import type { Fault } from '../../drill/model.ts';
import { type Expected, predict } from '../../drill/predict.ts';
import { script } from '../../drill/scripts.ts';
import { parseTimers } from '../../drill/timers.ts';
import { ROOT } from '../../lab/paths.ts';
import { quote } from '../../remote/ssh.ts';
import { machinesOf, type RoleName, type Topology } from '../../topology/model.ts';
import type { FactsView } from '../expectation.ts';
import type { Need } from '../probe.ts';

/** Seconds that a machine may take to tell its timers. */
const TIMEOUT = 9;

/** What the timers that the machines run with say of a fault: the same question and the same formulas as `lab drill`. */
export interface Predictions {
  needs: Need[];
  of: (facts: FactsView, fault: Pick<Fault, 'kind' | 'machine' | 'held' | 'service'>) => Expected[];
}

/** With `roles` only machines of these are asked: of faults of what they hold. */
export function predictionsOn(topology: Topology, roles?: RoleName[]): Predictions {
  const text = script(ROOT, 'timers');
  const asked = roles ? roles.flatMap((role) => machinesOf(topology, role)) : topology.machines;
  const needs = [...new Set(asked)].map((machine): Need => {
    const command = `# tasks/drill/timers.sh\nset -- ${quote(machine.roles.join(' '))}\n${text}`;
    return { machine: machine.name, probe: { kind: 'command', command, timeout: TIMEOUT } };
  });
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

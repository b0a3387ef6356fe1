import type { Holder } from '../inspect/holders.ts';
import type { LabState } from '../watch/model/state.ts';
import { holdings, isHeard, isOpen } from '../watch/model/view.ts';

/** Who holds what, as far as the picture knows: what a drill asks the machines for (inspect/holders.ts). */
export function holdsOf(state: LabState): Partial<Record<Holder, string>> {
  const machines = (state.plan?.machines ?? []).flatMap(({ name }) => {
    const machine = state.machines[name];
    return isHeard(machine) ? [{ name, machine }] : [];
  });
  const holders: Partial<Record<Holder, string | undefined>> = {
    ...Object.fromEntries(
      holdings(state).map(({ name, status, holders: [first] }) => [
        name,
        status === 'one' ? first : undefined,
      ]),
    ),
    // Router uses the first database of its list that is open.
    database: machines.find(({ machine }) => machine.galera !== undefined && isOpen(machine.galera))?.name,
    redis: machines.find(({ machine }) => machine.session?.role === 'master')?.name,
  };
  return Object.fromEntries(Object.entries(holders).filter(([, name]) => name !== undefined));
}

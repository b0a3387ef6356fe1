import type { Flow, LabState, MachineState } from './state.ts';

/** Changes the machines that something is told of. */
export function withEach<T>(
  state: LabState,
  told: Record<string, T>,
  change: (machine: MachineState, value: T) => MachineState,
): LabState {
  const changed = Object.entries(told).flatMap(([name, value]): [string, MachineState][] => {
    const machine = state.machines[name];
    return machine ? [[name, change(machine, value)]] : [];
  });
  return { ...state, machines: { ...state.machines, ...Object.fromEntries(changed) } };
}

/** Counters and how fast they grow. They begin anew with the machine: then nothing is known of it yet. */
export function flow(last: Flow | undefined, received: number, sent: number, at: number): Flow {
  const seconds = last ? (at - last.at) / 1000 : 0;
  const fits = last && seconds > 0 && received >= last.received && sent >= last.sent;
  return {
    ...{ received, sent, at },
    receiving: fits ? (received - last.received) / seconds : 0,
    sending: fits ? (sent - last.sent) / seconds : 0,
  };
}

import type { Engine, PowerState } from '../../../tasks/engines/engine.ts';
import type { SshHost } from '../../../tasks/remote/ssh.ts';
import type { Machine } from '../../../tasks/topology/model.ts';

const unused = (): never => {
  throw new Error('this is not part of the test');
};

/** An engine whose machines are names: `states` says how each is, `log` what was done to them. */
export function fakeEngine(
  names: string[],
  state: PowerState,
  folder: string,
  changes: Partial<Engine> = {},
): Engine & { states(): Promise<Map<string, PowerState>>; power: Map<string, PowerState>; log: string[] } {
  const power = new Map(names.map((name) => [name, state]));
  const log: string[] = [];
  const host = (name: string): SshHost => ({
    Host: name,
    HostName: '192.0.2.1',
    User: 'root',
    IdentityFile: `${folder}/key`,
  });
  return {
    name: 'uml',
    bootSeconds: 120,
    power,
    log,
    prepare: unused,
    start: async (machine: Machine) => {
      log.push(`start ${machine.name}`);
      power.set(machine.name, 'running');
    },
    thaw: async (machine: Machine) => void power.set(machine.name, 'running'),
    states: async () => new Map(power),
    sshHosts: async () => names.map(host),
    consoleLog: () => undefined,
    ...{ halt: unused, powerOff: unused, remove: unused, destroy: unused, freeze: unused },
    ...{ cutCable: unused, restoreCable: unused, limitMemory: unused, limitDisk: unused },
    ...{ saveSnapshot: unused, restoreSnapshot: unused, listSnapshots: unused, deleteSnapshot: unused },
    ...changes,
  };
}

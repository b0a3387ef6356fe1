import type { Engine } from '../../../tasks/engines/engine.ts';
import type { Topology } from '../../../tasks/topology/model.ts';

/** An engine whose machines all run, for what only asks them over ssh: states and ways to them, and nothing else. */
export const runningMachines = (topology: Topology, keyFile: string): Engine =>
  ({
    name: 'uml',
    states: async () => new Map(topology.machines.map(({ name }) => [name, 'running'])),
    sshHosts: async () =>
      topology.machines.map(({ name, address }) => ({
        ...{ Host: name, HostName: address, User: 'root', IdentityFile: keyFile },
      })),
  }) as unknown as Engine;

import type { Generated, MachineUse, Resource, ServerUse } from './model.ts';

/** From this share on a resource counts as used up: what is left comes in moments that nobody could use. */
const USED_UP = 0.9;

/** All limited things that a load uses, the most used first. */
export function resourcesOf(facts: {
  generated: Generated;
  machines: MachineUse[];
  servers: ServerUse[];
  computer: { busy: number };
  /** Connections of the generator. */
  connections: number;
}): Resource[] {
  const resources: Resource[] = [
    { kind: 'computer', name: '', share: facts.computer.busy },
    ...facts.machines.map(({ machine, busy }): Resource => ({ kind: 'machine', name: machine, share: busy })),
    ...facts.servers.map(
      ({ server, working, room }): Resource => ({
        kind: 'connections',
        name: server,
        share: room > 0 ? working / room : 0,
      }),
    ),
    { kind: 'generator', name: '', share: facts.generated.generator },
    {
      kind: 'visitors',
      name: '',
      share: facts.generated.streams.reduce((sum, stream) => sum + stream.busy, 0) / facts.connections,
    },
  ];
  return resources.sort((a, b) => b.share - a.share);
}

/** How near to the user a limit is: a full queue behind is seen as a full queue in front, so the one behind is named. */
const ORDER: Resource['kind'][] = ['generator', 'machine', 'computer', 'connections', 'visitors'];

/**
 * What limits: among the things that are used up, the one that explains the others. Processors come before the
 * connections that wait for them, and connections to a web machine before visitors that wait for an answer.
 */
export function bottleneckOf(resources: Resource[]): Resource | undefined {
  const full = resources.filter((resource) => resource.share >= USED_UP);
  for (const kind of ORDER) {
    const found = full.find((second) => second.kind === kind);
    if (found) return found;
  }
  return undefined;
}

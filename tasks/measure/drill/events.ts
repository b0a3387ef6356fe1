import { collectEvents } from '../../inspect/journal/collect.ts';
import { timeoutFactor } from '../../roles/timers.ts';
import { machinesOf } from '../../topology/model.ts';
import type { DrillEvent } from './model.ts';
import type { Axis } from './samples.ts';
import type { DrillSite } from './site.ts';

/**
 * What the machines' journals tell of a drill, from its beginning to `end` (seconds on the sampler's axis). A machine that
 * does not answer tells nothing; that is no reason to lose the drill.
 */
export async function drillEvents(
  { engine, topology, facts }: Pick<DrillSite, 'engine' | 'topology' | 'facts'>,
  axis: Axis,
  end: number,
): Promise<DrillEvent[]> {
  const [hosts, states] = await Promise.all([engine.sshHosts(), engine.states()]);
  const clients = machinesOf(topology, 'client').map(({ name }) => name);
  const asked = hosts.filter(({ Host }) => states.get(Host) === 'running' && !clients.includes(Host));
  const begun = axis.begun.getTime();
  const events = await collectEvents(asked, begun, begun + end * 1000, timeoutFactor(facts));
  return events.map(({ at, machine, what, text }) => ({ at: axis.at(at), machine, what, text }));
}

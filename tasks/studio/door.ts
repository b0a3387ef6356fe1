import { ROOT } from '../base/paths.ts';
import { type Environment, removalQuestion } from '../environment/record.ts';
import { continuedBy } from '../exercises/guides/continued.ts';
import { readLabs } from '../exercises/guides/load.ts';
import { DEFAULT_TOPOLOGY, knownTopologies } from '../topology/load.ts';
import type { Door } from './page/protocol.ts';

/** What can be done with a lab as a whole; undefined: there is none. */
export function doorOf(lab: string, environment: Environment | undefined): Door {
  const labs = readLabs(ROOT);
  const withMachines = labs.filter(({ needs }) => needs.machines !== 'none');
  return {
    ...{ lab, exists: environment !== undefined },
    topologies: [DEFAULT_TOPOLOGY, ...knownTopologies(ROOT).filter((name) => name !== DEFAULT_TOPOLOGY)],
    labs: withMachines.map(({ id }) => id),
    continues: Object.fromEntries(
      withMachines.flatMap((guide) => {
        const own = continuedBy(labs, guide).may.map(({ lab }) => lab.id);
        return own.length > 0 ? [[guide.id, own]] : [];
      }),
    ),
    ...(environment ? { question: removalQuestion(environment) } : {}),
  };
}

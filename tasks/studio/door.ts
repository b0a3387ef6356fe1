import { ROOT } from '../base/paths.ts';
import { type Environment, removalQuestion } from '../environment/record.ts';
import { readLabs } from '../exercises/guides/load.ts';
import { DEFAULT_TOPOLOGY, knownTopologies } from '../topology/load.ts';
import type { Door } from './page/protocol.ts';

/** What can be done with a lab as a whole; undefined: there is none. */
export const doorOf = (lab: string, environment: Environment | undefined): Door => ({
  ...{ lab, exists: environment !== undefined },
  topologies: [DEFAULT_TOPOLOGY, ...knownTopologies(ROOT).filter((name) => name !== DEFAULT_TOPOLOGY)],
  labs: readLabs(ROOT)
    .filter(({ needs }) => needs.machines !== 'none')
    .map(({ id }) => id),
  ...(environment ? { question: removalQuestion(environment) } : {}),
});

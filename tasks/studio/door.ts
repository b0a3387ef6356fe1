import { ROOT } from '../base/paths.ts';
import { type Environment, removalQuestion } from '../environment/record.ts';
import { readLabs } from '../exercises/guides/load.ts';
import { knownTopologies } from '../topology/load.ts';
import type { Door } from './page/protocol.ts';

/** The topology of a lab for which none is chosen. */
const USUAL = 'seven';

/** What can be done with a lab as a whole; undefined: there is none. */
export const doorOf = (lab: string, environment: Environment | undefined): Door => ({
  ...{ lab, exists: environment !== undefined },
  topologies: [USUAL, ...knownTopologies(ROOT).filter((name) => name !== USUAL)],
  labs: readLabs(ROOT)
    .filter(({ needs }) => needs.machines !== 'none')
    .map(({ id }) => id),
  ...(environment ? { question: removalQuestion(environment) } : {}),
});

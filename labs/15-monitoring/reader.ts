import { type FactsView, plain } from '../../tasks/exercises/checks/expectation.ts';
import type { Need, Probe } from '../../tasks/exercises/checks/probe.ts';
import { FIGURES, figuresOf, RULES, rulesOf } from './asked.ts';
import { type Episode, episodesOf, MESSAGES, type Told, toldBy } from './messages.ts';

/** What must be told when it is lost, by the names that the guide gives. */
const LOSSES = [
  'WebMachineOut',
  'LoadBalancerOut',
  'GaleraIncomplete',
  'StorageOneCopy',
  'VoteMissing',
  'SessionsOneCopy',
];
/** Only where the machines have two cards. */
const SWITCH = 'OneSwitch';

/** Where a reader finds what was told. */
export const LOOK = plain('lab ssh client -- tail /var/lib/pager/messages');

/** Questions to the client. */
export const asks = (...probes: Probe[]): Need[] => probes.map((probe) => ({ machine: 'client', probe }));

export const figures = (facts: FactsView) => figuresOf(facts.answer('client', FIGURES).out);
export const rules = (facts: FactsView) => rulesOf(facts.answer('client', RULES).out);
export const told = (facts: FactsView): Told[] => toldBy(facts.answer('client', MESSAGES).out);

/** The alerts about lost redundancy that this lab can have. */
export const losses = (facts: FactsView): string[] => [
  ...LOSSES,
  ...(figures(facts).some(({ name }) => name === 'node_bonding_slaves') ? [SWITCH] : []),
];

/** What was told of lost redundancy, and is over. */
export const tickets = (all: Told[]): Episode[] => LOSSES.flatMap((name) => episodesOf(all, name));

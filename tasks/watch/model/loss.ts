import type { VoteGroup } from './plan.ts';
import type { LabState } from './state.ts';
import { doesVote, votings } from './view.ts';

/** What would be left of a group of voters. */
export interface VotesLeft {
  group: VoteGroup;
  left: number;
  of: number;
  majority: number;
}

/** Votes that each group would have without a machine, or without one of its services; only of groups that it has a vote in now. */
export const votesWithout = (state: LabState, machine: string, service?: string): VotesLeft[] =>
  votings(state).flatMap(({ group, voters, majority }) => {
    const here = voters.filter((voter) => voter.state === 'here');
    const left = here.filter((voter) => voter.machine !== machine || !doesVote(voter.role, service));
    return left.length < here.length ? [{ group, majority, left: left.length, of: voters.length }] : [];
  });

import type { Architecture } from '../../architecture/describe.ts';
import type { VoteGroup } from '../../roles/roles.ts';
import { machinesOf, type RoleName } from '../../topology/model.ts';
import type { DrillResult, Fault, Kind, KindResult, Outcome, OutcomeOf, Verdict } from './model.ts';

/** What a request of each kind passes: roles of which one machine must be left, and groups that must have their majority. */
interface Need {
  roles: RoleName[];
  votes?: VoteGroup;
}

/** When a fault was undone; null: never, until the end. */
type Until = Pick<DrillResult['times'], 'undo' | 'end'>;

const FRONT: Need = { roles: ['lb', 'web'] };
const NEEDS: Partial<Record<Kind, Need[]>> = {
  'page.new': [FRONT],
  'page.kept': [FRONT],
  session: [FRONT, { roles: ['session'], votes: 'sentinel' }],
  row: [FRONT, { roles: ['router', 'database'], votes: 'galera' }],
  upload: [FRONT, { roles: ['storage'], votes: 'corosync' }],
  download: [FRONT, { roles: ['storage'], votes: 'corosync' }],
};

/** Machines that a fault takes away at once. */
export const lostBy = (fault: Pick<Fault, 'machine' | 'with'>): string[] => [
  fault.machine,
  ...(fault.with ?? []),
];

/** Machines that a fault is done to; of equipment that they share the empty name, of which there is one at a time. */
export const touchedBy = (fault: Pick<Fault, 'machine' | 'peer' | 'with'>): string[] => [
  ...lostBy(fault),
  ...(fault.peer === undefined ? [] : [fault.peer]),
];

/**
 * What the design says of each kind of request when these machines lose their power at the same moment, by roles and votes alone: it
 * goes on (after the failovers that single losses cost), or it stops, with nothing lost, until machines are back. `master`: who has the
 * sessions; where that one is left, nobody needs to be chosen.
 */
export function outcomesOf(
  { topology, votes }: Pick<Architecture, 'topology' | 'votes'>,
  lost: string[],
  master?: string,
): Partial<Record<Kind, Outcome>> {
  const isLeft = ({ name }: { name: string }) => !lost.includes(name);
  const holds = ({ roles, votes: group }: Need) => {
    const present = roles.every((role) => machinesOf(topology, role).some(isLeft));
    if (!present || group === undefined) return present;
    if (group === 'sentinel' && master !== undefined && !lost.includes(master)) return true;
    const found = votes.find((one) => one.group === group);
    return !found || found.voters.filter(({ machine }) => !lost.includes(machine)).length >= found.majority;
  };
  return Object.fromEntries(
    Object.entries(NEEDS).map(([kind, needs]) => [kind, needs.every(holds) ? 'serves' : 'stops']),
  );
}

/** Whether requests of a kind were served when the fault was undone, or had stopped being served before and were not again. */
export function measuredOutcome({ windows, requests }: KindResult, { undo, end }: Until): Outcome | null {
  if (requests === 0) return null;
  const until = undo ?? end;
  const open = windows.some((window) => window.start < until && (window.end === null || window.end > until));
  return open ? 'stops' : 'serves';
}

/** The design's word beside what was measured; `doubt`: the computer was too busy for a stop to be held against the design. */
export function compareOutcomes(
  design: Partial<Record<Kind, Outcome>>,
  results: KindResult[],
  times: Until,
  doubt: boolean,
): OutcomeOf[] {
  return results.flatMap((result): OutcomeOf[] => {
    const expected = design[result.kind];
    if (expected === undefined) return [];
    const measured = measuredOutcome(result, times);
    const same: Verdict = measured === expected ? 'pass' : measured === null || doubt ? 'unknown' : 'fail';
    return [{ kind: result.kind, design: expected, measured, verdict: same }];
  });
}

import type { RoleName } from '../../topology/model.ts';
import type { Budget, Budgets } from './budgets.ts';
import type { DrillResult, Fault, Judgement, KindResult, Verdict, Window } from './model.ts';
import { median } from './samples.ts';
import { lengthOf, windowsFrom } from './windows.ts';

/** What is judged: a result without its judgements. */
export type Measured = Pick<DrillResult, 'fault' | 'times' | 'kinds' | 'writes' | 'missing'>;

/** Whether a budget is about this fault. `roles`: those of the machine it is done to. */
export function appliesTo(budget: Budget, fault: Fault, roles: RoleName[]): boolean {
  if (budget.faults && !budget.faults.includes(fault.kind)) return false;
  if (budget.holder && !fault.held.includes(budget.holder)) return false;
  if (budget.role && !roles.includes(budget.role)) return false;
  return !budget.service || budget.service === fault.service;
}

/** Seconds a fault lasts: long enough for every failover that it causes. */
export function holdOf(
  { budgets, hold }: Pick<Budgets, 'budgets' | 'hold'>,
  fault: Fault,
  roles: RoleName[],
): number {
  return Math.max(
    hold,
    ...budgets.filter((budget) => appliesTo(budget, fault, roles)).map((budget) => budget.hold ?? 0),
  );
}

/**
 * Judges a drill by every budget that is about it. `doubt`: why nothing that took too long can be held against the
 * service (the computer was too busy before the fault); lost writes still can.
 */
export function judgeDrill(
  measured: Measured,
  budgets: Budget[],
  roles: RoleName[],
  doubt: string | false = false,
): Judgement[] {
  return budgets
    .filter((budget) => appliesTo(budget, measured.fault, roles))
    .flatMap((budget) => [
      ...budget.kinds.flatMap((kind) => {
        const found = measured.kinds.find((result) => result.kind === kind);
        return found ? kindJudgements(budget, found, measured, doubt) : [];
      }),
      ...(budget.lost === undefined ? [] : [durability(budget, budget.lost, measured)]),
      ...(budget.redundancy === undefined ? [] : [redundancy(budget, budget.redundancy, measured, doubt)]),
    ]);
}

function kindJudgements(
  budget: Budget,
  found: KindResult,
  { times }: Measured,
  doubt: string | false,
): Judgement[] {
  const base = { budget: budget.name, kind: found.kind };
  const judgements: Judgement[] = [];
  const after = windowsFrom(found.windows, times);
  if (budget.outage !== undefined) {
    const over = after.filter((window) => lengthOf(window, times.end) > (budget.outage ?? 0));
    const doubtful = over.length > 0 && over.every((window) => window.doubtful);
    // It began up to one interval before the first bad request, and ended up to one before the next good one.
    const near = found.longest - found.interval <= budget.outage;
    judgements.push({
      ...base,
      what: 'outage',
      limit: budget.outage,
      unit: 's',
      measured: found.requests === 0 ? null : found.longest,
      ...settle(
        found.requests === 0,
        over.length === 0,
        doubt ||
          (doubtful && 'the client or the computer stood still') ||
          (near && 'within one interval of the budget'),
      ),
    });
  }
  const failures = (limit: number, windows: Window[]): Judgement => {
    const failed = windows.reduce((sum, window) => sum + window.failed, 0);
    return {
      ...base,
      what: 'failed',
      limit,
      unit: 'requests',
      measured: found.requests === 0 ? null : failed,
      // A computer that stands still for a moment makes answers late, not wrong.
      ...settle(found.requests === 0, failed <= limit, doubt),
    };
  };
  if (budget.failed !== undefined) judgements.push(failures(budget.failed, after));
  if (budget.failedOnReturn !== undefined) {
    const undo = times.undo ?? times.end;
    judgements.push(
      failures(
        budget.failedOnReturn,
        after.filter((window) => window.start >= undo),
      ),
    );
  }
  return judgements;
}

function settle(nothing: boolean, kept: boolean, doubt: string | false): { verdict: Verdict; why?: string } {
  if (nothing) return { verdict: 'unknown', why: 'nothing was measured' };
  if (kept) return { verdict: 'pass' };
  return doubt ? { verdict: 'unknown', why: doubt } : { verdict: 'fail' };
}

/** The sampler's word for a file that was acknowledged and could not be read right after (roles/client/files/sampler/base.py). */
const STALE = 'stale read';

function durability(budget: Budget, limit: number, { writes, kinds }: Measured): Judgement {
  const lost = writes.reduce((sum, write) => sum + write.lost.length, 0);
  const stale = kinds
    .flatMap(({ windows }) => windows)
    .reduce((sum, { causes }) => sum + (causes[STALE] ?? 0), 0);
  const unread = writes.filter((write) => !write.readBack).map((write) => write.kind);
  const base = { budget: budget.name, what: 'lost', limit, unit: 'writes', measured: lost } as const;
  if (lost > limit) return { ...base, verdict: 'fail' };
  // It may be there in the end: that somebody was told "done" and did not find it is a broken promise all the same.
  if (stale > 0)
    return { ...base, verdict: 'fail', why: `${stale} acknowledged files could not be read right after` };
  if (writes.length === 0 || unread.length > 0) {
    return {
      ...base,
      measured: null,
      verdict: 'unknown',
      why: `not read back: ${unread.join(', ') || 'nothing'}`,
    };
  }
  const acknowledged = writes.reduce((sum, write) => sum + write.acknowledged, 0);
  // No write was acknowledged: that none was lost proves nothing.
  if (acknowledged === 0) return { ...base, verdict: 'unknown', why: 'nothing was acknowledged' };
  return { ...base, verdict: 'pass', why: `of ${acknowledged} acknowledged` };
}

function redundancy(
  budget: Budget,
  limit: number,
  { times, missing }: Measured,
  doubt: string | false,
): Judgement {
  const base = { budget: budget.name, what: 'redundancy', limit, unit: 's' } as const;
  // From the machine's return on: before, redundancy is gone by intention.
  if (times.redundant === null || times.undone === null) {
    return { ...base, measured: null, verdict: 'fail', why: missing.join('; ') };
  }
  const took = Math.max(0, Math.round((times.redundant - (times.undo ?? times.undone)) * 1000) / 1000);
  return { ...base, measured: took, ...settle(false, took <= limit, doubt) };
}

/** One verdict for all: the worst. */
export function overall(verdicts: Verdict[]): Verdict {
  if (verdicts.includes('fail')) return 'fail';
  return verdicts.length === 0 || verdicts.includes('unknown') ? 'unknown' : 'pass';
}

/** A fault that was not felt, or of which that is not known, proves nothing: whatever was measured is no pass. */
const effectVerdict = ({ effect }: Pick<DrillResult, 'effect'>): Verdict[] =>
  effect && effect.seen !== true ? ['unknown'] : [];

/** The verdict of one drill, by its judgements and whether its fault was felt. */
export const drillVerdict = (result: Pick<DrillResult, 'judgements' | 'effect' | 'outcomes'>): Verdict =>
  overall([
    ...[...result.judgements, ...(result.outcomes ?? [])].map(({ verdict }) => verdict),
    ...effectVerdict(result),
  ]);

/**
 * The verdict of the same drill several times: outages by their median, as the budgets mean them; what must never happen
 * (failed requests, lost writes, no redundancy) by the worst.
 */
export function overallOfRepeated(results: Pick<DrillResult, 'judgements' | 'effect'>[]): Verdict {
  const groups = new Map<string, Judgement[]>();
  for (const judgement of results.flatMap((result) => result.judgements)) {
    const key = `${judgement.budget} ${judgement.what} ${judgement.kind ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), judgement]);
  }
  return overall([
    ...results.flatMap(effectVerdict),
    ...[...groups.values()].map((group) => {
      const worst = overall(group.map((judgement) => judgement.verdict));
      const [first] = group;
      const measured = group.flatMap((judgement) => judgement.measured ?? []);
      if (first?.what !== 'outage' || measured.length < group.length) return worst;
      return median(measured) <= first.limit ? 'pass' : worst;
    }),
  ]);
}

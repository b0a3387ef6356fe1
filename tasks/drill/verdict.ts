import type { RoleName } from '../topology/model.ts';
import type { Budget } from './budgets.ts';
import type { DrillResult, Fault, Judgement, KindResult, Verdict } from './model.ts';

/** What is judged: a result without its judgements. */
export type Measured = Pick<DrillResult, 'fault' | 'times' | 'kinds' | 'writes' | 'missing'>;

/** Whether a budget is about this fault. `roles`: those of the machine it is done to. */
export function appliesTo(budget: Budget, fault: Fault, roles: RoleName[]): boolean {
  if (budget.faults && !budget.faults.includes(fault.kind)) return false;
  if (budget.holder && !fault.held.includes(budget.holder)) return false;
  if (budget.role && !roles.includes(budget.role)) return false;
  return !budget.service || budget.service === fault.service;
}

/** Judges a drill by every budget that is about it. */
export function judge(measured: Measured, budgets: Budget[], roles: RoleName[]): Judgement[] {
  return budgets
    .filter((budget) => appliesTo(budget, measured.fault, roles))
    .flatMap((budget) => [
      ...budget.kinds.flatMap((kind) => {
        const found = measured.kinds.find((one) => one.kind === kind);
        return found ? kindJudgements(budget, found, measured) : [];
      }),
      ...(budget.lost === undefined ? [] : [durability(budget, budget.lost, measured)]),
      ...(budget.redundancy === undefined ? [] : [redundancy(budget, budget.redundancy, measured)]),
    ]);
}

function kindJudgements(budget: Budget, found: KindResult, { times }: Measured): Judgement[] {
  const base = { budget: budget.name, kind: found.kind };
  const judgements: Judgement[] = [];
  const after = found.windows.filter((window) => (window.end ?? times.end) > times.fault);
  if (budget.outage !== undefined) {
    const over = after.filter((window) => (window.end ?? times.end) - window.start > (budget.outage ?? 0));
    const doubtful = over.length > 0 && over.every((window) => window.doubtful);
    judgements.push({
      ...base,
      what: 'outage',
      limit: budget.outage,
      unit: 's',
      measured: found.requests === 0 ? null : found.longest,
      ...settle(
        found.requests === 0,
        over.length === 0,
        doubtful && 'the client or the computer stood still',
      ),
    });
  }
  if (budget.failed !== undefined) {
    const failed = after.reduce((sum, window) => sum + window.failed, 0);
    judgements.push({
      ...base,
      what: 'failed',
      limit: budget.failed,
      unit: 'requests',
      measured: found.requests === 0 ? null : failed,
      // A computer that stands still makes answers late, but never wrong.
      ...settle(found.requests === 0, failed <= budget.failed, false),
    });
  }
  return judgements;
}

function settle(nothing: boolean, kept: boolean, doubt: string | false): { verdict: Verdict; why?: string } {
  if (nothing) return { verdict: 'unknown', why: 'nothing was measured' };
  if (kept) return { verdict: 'pass' };
  return doubt ? { verdict: 'unknown', why: doubt } : { verdict: 'fail' };
}

function durability(budget: Budget, limit: number, { writes }: Measured): Judgement {
  const lost = writes.reduce((sum, one) => sum + one.lost.length, 0);
  const unread = writes.filter((one) => !one.readBack).map((one) => one.kind);
  const base = { budget: budget.name, what: 'lost', limit, unit: 'writes', measured: lost } as const;
  if (lost > limit) return { ...base, verdict: 'fail' };
  if (writes.length === 0 || unread.length > 0) {
    return {
      ...base,
      measured: null,
      verdict: 'unknown',
      why: `not read back: ${unread.join(', ') || 'nothing'}`,
    };
  }
  const acknowledged = writes.reduce((sum, one) => sum + one.acknowledged, 0);
  // No write was acknowledged: that none was lost proves nothing.
  if (acknowledged === 0) return { ...base, verdict: 'unknown', why: 'nothing was acknowledged' };
  return { ...base, verdict: 'pass', why: `of ${acknowledged} acknowledged` };
}

function redundancy(budget: Budget, limit: number, { times, missing }: Measured): Judgement {
  const base = { budget: budget.name, what: 'redundancy', limit, unit: 's' } as const;
  // From the machine's return on: before, redundancy is gone by intention.
  if (times.redundant === null || times.undone === null) {
    return { ...base, measured: null, verdict: 'fail', why: missing.join('; ') };
  }
  const took = Math.max(0, Math.round((times.redundant - (times.undo ?? times.undone)) * 1000) / 1000);
  return { ...base, measured: took, verdict: took <= limit ? 'pass' : 'fail' };
}

/** One verdict for all: the worst. */
export function overall(verdicts: Verdict[]): Verdict {
  if (verdicts.includes('fail')) return 'fail';
  return verdicts.length === 0 || verdicts.includes('unknown') ? 'unknown' : 'pass';
}

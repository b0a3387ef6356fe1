import type { Budgets } from './budgets.ts';
import type { Kind } from './model.ts';
import type { Sample } from './samples.ts';

/**
 * What is not steady in the requests that started in `from`..`to`: for each kind that was asked for, the share served
 * well. Empty: a fault may come. Plain facts.
 */
export function unsteady(
  samples: Sample[],
  from: number,
  to: number,
  { kinds, steady }: Pick<Budgets, 'kinds' | 'steady'>,
): string[] {
  return (Object.keys(kinds) as Kind[]).flatMap((kind) => {
    // The large upload has not ended yet, for the most part: it counts when it failed.
    const ours = samples.filter(
      (sample) => sample.kind === kind && sample.start >= from && sample.start < to,
    );
    const bad = ours.filter((sample) => sample.cause || sample.took > kinds[kind].limit);
    if (ours.length === 0) return kind === 'large' ? [] : [`${kind}: nothing was answered`];
    if (1 - bad.length / ours.length >= steady.share) return [];
    const causes = [...new Set(bad.map((sample) => sample.cause || 'slow'))].join(', ');
    return [`${kind}: ${bad.length} of ${ours.length} not served well (${causes})`];
  });
}

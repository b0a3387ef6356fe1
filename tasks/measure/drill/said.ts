import { decimal, type Text } from '../../base/text.ts';
import type { DrillResult } from './model.ts';

/** What whoever drilled said beforehand, beside what was measured; undefined when nothing was said. */
export function saidWords({ said, kinds }: Pick<DrillResult, 'said' | 'kinds'>): Text | undefined {
  if (said === undefined) return undefined;
  const longest = Math.max(0, ...kinds.map((kind) => kind.longest));
  return {
    en: `You said ${decimal(said, 'en')} s; the longest outage was ${decimal(longest, 'en')} s.`,
    fr: `Vous aviez dit ${decimal(said, 'fr')} s ; la plus longue interruption a été de ${decimal(longest, 'fr')} s.`,
  };
}

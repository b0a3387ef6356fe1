import { createHash } from 'node:crypto';
import type { HistoryEntry, LabsState } from './state.ts';

const FIRST = '0'.repeat(64);

const digestOf = (entry: HistoryEntry) => createHash('sha256').update(JSON.stringify(entry)).digest('hex');

/** Adds an entry, chained to the one before. */
export function remember(
  state: LabsState,
  entry: Omit<HistoryEntry, 'at' | 'before'>,
  at = new Date().toISOString(),
): void {
  const last = state.history.at(-1);
  state.history.push({ at, ...entry, before: last ? digestOf(last) : FIRST });
}

/** What is wrong with a history: a link that does not fit, or time that goes backwards. */
export function historyFlaws(history: HistoryEntry[]): string[] {
  const flaws: string[] = [];
  history.forEach((entry, index) => {
    const last = history[index - 1];
    if (entry.before !== (last ? digestOf(last) : FIRST))
      flaws.push(`entry ${index + 1} does not follow the one before`);
    if (last && entry.at < last.at) flaws.push(`entry ${index + 1} is older than the one before`);
  });
  return flaws;
}

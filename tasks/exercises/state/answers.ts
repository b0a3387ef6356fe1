import type { HistoryEntry } from './state.ts';

/** What a student answered to a question of a guide. */
export interface GivenAnswer {
  text: string;
  /** ISO 8601. */
  at: string;
  /** The step held already: model answers were to be seen, and what was predicted had been measured. */
  late: boolean;
}

/** Letters of an answer that are kept. */
export const LONGEST_ANSWER = 4000;

/** When each step was first found to hold, by its id; ISO 8601. */
export function firstPassed(history: HistoryEntry[]): Map<string, string> {
  const first = new Map<string, string>();
  for (const { at, passed = [] } of history) for (const id of passed) if (!first.has(id)) first.set(id, at);
  return first;
}

/**
 * The answers in a record, by the question's id (NN.STEP.NUMBER): of each the last one that was given before its step held, and where there
 * is none the last one of all. By the order of the entries, not by their clocks.
 */
export function answersIn(history: HistoryEntry[]): Map<string, GivenAnswer> {
  const passed = new Set<string>();
  const answers = new Map<string, GivenAnswer>();
  for (const { kind, what, at, text, passed: ids = [] } of history) {
    for (const id of ids) passed.add(id);
    if (kind !== 'answer' || text === undefined) continue;
    const late = passed.has(what.slice(0, what.lastIndexOf('.')));
    const known = answers.get(what);
    if (known && !known.late && late) continue;
    answers.set(what, { text, at, late });
  }
  return answers;
}

import type { Text } from '../../base/text.ts';
import { labIn } from '../guides/ids.ts';
import type { HistoryEntry } from './state.ts';

/** Where the machines of a lab come from, and what was done on them since by somebody else than the student. */
export interface Provenance {
  /** NN of the lab whose start they come from; undefined: of none that is written down. */
  lab: string | undefined;
  /** Entries that say what the kit did on them, or that they come from a snapshot of unknown content. */
  done: HistoryEntry[];
}

const NOTHING: Provenance = { lab: undefined, done: [] };

/** What may be in a snapshot that was about to take the place of another one: all that is true of either; unknown where their labs differ. */
const either = (then: Provenance | undefined, now: Provenance): Provenance | undefined =>
  then && then.lab === now.lab
    ? { lab: now.lab, done: [...new Set([...then.done, ...now.done])] }
    : undefined;

/**
 * Follows a history to its end: a start is a clean sheet, what the kit does in the student's place is kept until the next one, and a
 * snapshot brings back what was true when it was saved.
 */
export function provenanceOf(history: HistoryEntry[]): Provenance {
  const saved = new Map<string, Provenance | undefined>();
  let now = NOTHING;
  for (const entry of history) {
    const from = entry.kind === 'snapshot' ? entry.what : entry.from;
    if (entry.kind === 'start') now = { lab: entry.what, done: [] };
    else if (entry.kind === 'save') saved.set(entry.what, now);
    else if (entry.kind === 'replace') saved.set(entry.what, either(saved.get(entry.what), now));
    else if (entry.kind === 'snapshot' || entry.kind === 'restore')
      now = saved.get(from ?? '') ?? { lab: undefined, done: [entry] };
    else if (['solve', 'up', 'apply', 'scale', 'selfcheck'].includes(entry.kind))
      now = { ...now, done: [...now.done, entry] };
  }
  return now;
}

/**
 * What of it did the exercise of lab `id`, whose student builds the roles `bare`: the command, or what is the matter with a snapshot.
 * Roles that a lab begins with may be applied again.
 */
export function doneByKit({ lab, done }: Provenance, id: string, bare: readonly string[]): Text[] {
  const found = done.flatMap((entry): Text[] => {
    const command = commandOf(entry);
    if (entry.kind === 'snapshot' || entry.kind === 'restore')
      return [
        {
          en: `${command} (the record does not say what was in it)`,
          fr: `${command} (le registre ne dit pas ce qu'il contenait)`,
        },
      ];
    const mine = entry.roles ? entry.roles.some((role) => bare.includes(role)) : labIn(entry.what) === id;
    return mine ? [{ en: command, fr: command }] : [];
  });
  if (lab === undefined || lab === id) return found;
  return [
    ...found,
    {
      en: `the machines come from the start of lab ${lab}`,
      fr: `les machines viennent du début du lab ${lab}`,
    },
  ];
}

function commandOf({ kind, what }: HistoryEntry): string {
  if (kind === 'solve') return what.includes('/') ? `lab break --solve (${what})` : `lab solve ${what}`;
  if (kind === 'snapshot') return `lab snapshot restore ${what}`;
  if (kind === 'restore') return `lab start ${what} --resume`;
  return what === '' ? `lab ${kind}` : `lab ${kind} ${what}`;
}

import { createHash, createHmac } from 'node:crypto';
import { LabError } from '../../base/errors.ts';
import type { LabGuide, NamedFault } from '../guides/model.ts';
import { secretOf } from '../guides/student.ts';
import type { HistoryEntry } from './state.ts';

/**
 * An incident is a secret fault: `lab break --random` makes one without saying which, the student mends it by hand and
 * writes a report. Each student has an order of his own, which a teacher can compute.
 */

/** Where the report of the N-th incident is, on the client machine. */
export const reportFile = (number: number | string): string => `/root/incidents/${number}`;

/** Names of a lab's incidents. */
const secrets = (guide: Pick<LabGuide, 'faults'>): string[] =>
  Object.entries(guide.faults).flatMap(([name, fault]) => (fault.secret ? [name] : []));

/** The order in which a student meets a lab's incidents. */
export function incidentOrder(
  guide: Pick<LabGuide, 'id' | 'faults'>,
  student: string,
  code?: string,
): string[] {
  const place = (name: string) =>
    createHmac('sha256', secretOf(code)).update(`${student}\0${guide.id}\0incident\0${name}`).digest('hex');
  return secrets(guide).sort((a, b) => place(a).localeCompare(place(b)));
}

/** What was broken in a lab since it was started last. */
export interface Incidents {
  /** Names of all faults that were made, in order: secret ones, and those made by their name. */
  made: string[];
  /** Those of them that the kit mended (`lab break --undo`): they do not count. */
  undone: string[];
  /** By name of a fault, what its reports accused when they were checked, in order, each once (reportDigest). */
  tried: Record<string, string[]>;
}

/** So many reports of an incident that accuse something different are judged: guessing finds nothing. */
export const TRIES = 3;

/** Names what a report accuses, whatever the words around it. */
export const reportDigest = (machine: string, part: string): string =>
  createHash('sha256').update(`${machine}\0${part}`.toLowerCase()).digest('hex').slice(0, 16);

/** Reads it from a lab's history. Faults of the lab itself only. */
export function incidentsOf(history: HistoryEntry[], id: string): Incidents {
  const from = history.findLastIndex((entry) => entry.kind === 'start' && entry.what === id);
  const since = history.slice(from < 0 ? history.length : from);
  const names = (kind: HistoryEntry['kind']) =>
    since.flatMap((entry) =>
      entry.kind === kind && entry.what.startsWith(`${id}/`) ? [entry.what.slice(id.length + 1)] : [],
    );
  const tried: Incidents['tried'] = {};
  for (const { reports } of since)
    for (const [name, digest] of Object.entries(reports ?? {}))
      tried[name] = [...new Set([...(tried[name] ?? []), digest])];
  return { made: names('break'), undone: names('undo'), tried };
}

/** The secret ones that count, in order: the N-th of them is reported in the N-th file. */
export function countedIncidents(
  guide: Pick<LabGuide, 'faults'>,
  { made, undone }: Pick<Incidents, 'made' | 'undone'>,
): string[] {
  const known = secrets(guide);
  return made.filter((name) => known.includes(name) && !undone.includes(name));
}

/** The next incident for this student: in his order, by chance without a student; none twice. LabError when none is left. */
export function nextIncident(
  guide: LabGuide,
  incidents: Pick<Incidents, 'made' | 'undone'>,
  student: string | undefined,
  code?: string,
): NamedFault | undefined {
  const order =
    student === undefined
      ? secrets(guide)
          .map((name) => ({ name, at: Math.random() }))
          .sort((a, b) => a.at - b.at)
          .map(({ name }) => name)
      : incidentOrder(guide, student, code);
  if (order.length === 0) return undefined;
  const name = order.find((name) => !incidents.made.includes(name));
  const fault = name === undefined ? undefined : guide.faults[name];
  if (name !== undefined && fault) return { guide, name, fault };
  throw new LabError(
    {
      en: `You have met all ${order.length} incidents of lab ${guide.id}.`,
      fr: `Vous avez rencontré les ${order.length} incidents du lab ${guide.id}.`,
    },
    {
      en: `begin again with \`lab start ${guide.id}\`.`,
      fr: `recommencez avec \`lab start ${guide.id}\`.`,
    },
  );
}

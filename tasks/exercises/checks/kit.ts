import { dossierFile, writtenDossier } from '../dossier/exercise.ts';
import { incidentsOf } from '../state/incident-order.ts';
import { drillNotes, loadNotes } from '../state/records.ts';
import { type HistoryEntry, readState } from '../state/state.ts';
import type { Expectation } from './expectation.ts';
import { type MachineFacts, type Probe, probeKey } from './probe.ts';

type Kit = Extract<Probe, { kind: 'kit' }>;

/** Later than any record: the lab was never started. */
const NEVER = '9999';

/** The kit's own records that expectations need, each once. */
export function kitProbes(expectations: Expectation[]): Kit[] {
  const all = expectations
    .flatMap((expectation) => expectation.needs.map(({ probe }) => probe))
    .filter((probe) => probe.kind === 'kit');
  return [...new Map(all.map((probe) => [probeKey(probe), probe])).values()];
}

const startOf = (history: HistoryEntry[], lab: string): number =>
  history.findLastIndex(({ kind, what }) => (kind === 'start' || kind === 'begin') && what === lab);

/** When each step was first found to hold since the lab began, by its id; ISO 8601. */
function passedSince(history: HistoryEntry[], lab: string): Record<string, string> {
  const start = startOf(history, lab);
  const first: Record<string, string> = {};
  for (const { at, passed } of start < 0 ? [] : history.slice(start))
    for (const id of passed ?? []) first[id] ??= at;
  return first;
}

/** What files beside the history answer. */
function recorded({ what }: Kit, labFolder: string, from: string): Promise<unknown> | unknown {
  if (what === 'dossier') return writtenDossier(dossierFile());
  return what === 'drills' ? drillNotes(labFolder, from) : loadNotes(labFolder, from);
}

/** What a history alone answers to a probe; undefined for one of drills, loads and the dossier. */
export function historyAnswer({ what, lab }: Kit, history: HistoryEntry[]): unknown {
  if (what === 'started') return startOf(history, lab) >= 0;
  if (what === 'passed') return passedSince(history, lab);
  if (what === 'incidents') return incidentsOf(history, lab);
  return undefined;
}

/**
 * What the kit recorded since the lab began, as facts of HOST, so that they are saved and judged like those of the machines.
 * They are files of the student's computer: docs/grading.md.
 */
export async function kitFacts(labFolder: string, expectations: Expectation[]): Promise<MachineFacts> {
  const since = performance.now();
  const { history } = await readState(labFolder);
  const answers = await Promise.all(
    kitProbes(expectations).map(async (probe) => {
      const from = history[startOf(history, probe.lab)]?.at ?? NEVER;
      const records = historyAnswer(probe, history) ?? (await recorded(probe, labFolder, from));
      return [probeKey(probe), { code: 0, out: JSON.stringify(records) }] as const;
    }),
  );
  return {
    state: 'answered',
    took: Math.round(performance.now() - since),
    identity: {},
    answers: Object.fromEntries(answers),
  };
}

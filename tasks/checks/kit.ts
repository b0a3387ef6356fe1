import { incidentsOf } from '../labs/incidents.ts';
import { drillNotes, loadNotes } from '../labs/records.ts';
import { readState } from '../labs/state.ts';
import type { Expectation } from './expectation.ts';
import { type MachineFacts, type Probe, probeKey } from './probe.ts';

type Kit = Extract<Probe, { kind: 'kit' }>;

/** Later than any record: the lab was never started. */
const NEVER = '9999';

/** The kit's own records that expectations need, each once. */
function wanted(expectations: Expectation[]): Kit[] {
  const all = expectations
    .flatMap((one) => one.needs.map(({ probe }) => probe))
    .filter((one) => one.kind === 'kit');
  return [...new Map(all.map((probe) => [probeKey(probe), probe])).values()];
}

/**
 * What the kit recorded since the lab began, as facts of HOST, so that they are saved and judged like those of the machines.
 * They are files of the student's computer: docs/grading.md.
 */
export async function kitFacts(labFolder: string, expectations: Expectation[]): Promise<MachineFacts> {
  const probes = wanted(expectations);
  const since = performance.now();
  const { history } = await readState(labFolder);
  const said: Record<Kit['what'], (lab: string, from: string) => Promise<unknown>> = {
    started: async (_, from) => from !== NEVER,
    drills: (_, from) => drillNotes(labFolder, from),
    loads: (_, from) => loadNotes(labFolder, from),
    incidents: async (lab) => incidentsOf(history, lab),
  };
  const answers = await Promise.all(
    probes.map(async (probe) => {
      const from = history.findLast(({ kind, what }) => kind === 'start' && what === probe.lab)?.at;
      const records = await said[probe.what](probe.lab, from ?? NEVER);
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

import type { Holder } from '../../inspect/holders.ts';
import type { DrillResult, FaultKind, Kind, Outcome, Verdict } from '../../measure/drill/model.ts';
import { listResults, readResult } from '../../measure/drill/store.ts';
import type { LoadKind } from '../../measure/load/model.ts';
import { keptLoads } from '../../measure/load/store.ts';

/** A recorded drill in few words, as checks judge it; times in seconds. */
export interface DrillNote {
  id: string;
  /** ISO 8601. */
  begun: string;
  fault: FaultKind;
  machine: string;
  held: Holder[];
  /** Machines that lost their power with it. */
  with?: string[];
  service?: string;
  verdict: Verdict;
  /** Load of the computer when it began. */
  load: number;
  kinds: { kind: Kind; requests: number; failed: number; longest: number }[];
  predicted: { kind: Kind; atLeast: number; seconds: number }[];
  /** Of several machines at once: what each kind of request did; null: it cannot be told. */
  outcomes?: { kind: Kind; measured: Outcome | null }[];
  /** Writes of all kinds; lost is null when they could not be read back. */
  acknowledged: number;
  lost: number | null;
}

/** One run of a recorded load. */
export interface LoadNote {
  begun: string;
  kind: LoadKind;
  /** One of a search for the limit. */
  search: boolean;
  /** Web machines in service. */
  web: number;
  /** Requests a second: asked for, answered well. */
  rate: number;
  throughput: number;
  requests: number;
  failed: number;
  /** Seconds, the slowest stream's; null when nothing was answered. */
  p99: number | null;
  sustained: boolean;
  /** Kind of what was used up first; null: nothing was. */
  bottleneck: string | null;
}

export function noteOfDrill(result: DrillResult): DrillNote {
  const { fault, writes } = result;
  const total = (pick: (writes: DrillResult['writes'][number]) => number) =>
    writes.reduce((sum, write) => sum + pick(write), 0);
  return {
    ...{ id: result.id, begun: result.begun, fault: fault.kind, machine: fault.machine, held: fault.held },
    ...(fault.service ? { service: fault.service } : {}),
    ...(fault.with ? { with: fault.with } : {}),
    ...(result.outcomes
      ? { outcomes: result.outcomes.map(({ kind, measured }) => ({ kind, measured })) }
      : {}),
    ...{ verdict: result.verdict, load: result.conditions.load },
    kinds: result.kinds.map(({ kind, requests, failed, longest }) => ({ kind, requests, failed, longest })),
    predicted: result.predictions.map(({ kind, atLeast, seconds }) => ({ kind, atLeast, seconds })),
    acknowledged: total((writes) => writes.acknowledged),
    lost:
      writes.length > 0 && writes.every((write) => write.readBack)
        ? total((writes) => writes.lost.length)
        : null,
  };
}

/** The drills that were recorded since then (ISO 8601), oldest first; one whose fault had no effect is none. */
export async function drillNotes(labFolder: string, since: string): Promise<DrillNote[]> {
  const results = await Promise.all((await listResults(labFolder)).map((id) => readResult(labFolder, id)));
  return results.flatMap((result) =>
    result && result.begun >= since && result.effect?.seen !== false ? [noteOfDrill(result)] : [],
  );
}

/** The loads that were measured since then, run by run, oldest first. */
export async function loadNotes(labFolder: string, since: string): Promise<LoadNote[]> {
  const all = await keptLoads(labFolder);
  return all
    .filter((load) => load.begun >= since)
    .flatMap(({ begun, kind, search, runs }) =>
      runs.map((run): LoadNote => {
        const { streams } = run.generated;
        const sum = (pick: (stream: (typeof streams)[number]) => number) =>
          streams.reduce((total, stream) => total + pick(stream), 0);
        const slowest = streams.map((stream) => stream.latency?.p99 ?? null);
        return {
          ...{ begun, kind, search, web: run.web.length },
          rate: sum((stream) => stream.rate),
          throughput: sum((stream) => stream.throughput),
          requests: sum((stream) => stream.requests),
          failed: sum((stream) => stream.failed),
          p99: slowest.includes(null) ? null : Math.max(...slowest.map(Number)),
          sustained: run.sustained,
          bottleneck: run.bottleneck?.kind ?? null,
        };
      }),
    );
}

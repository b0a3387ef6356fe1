import { type DrillResult, drillResultSchema, KINDS, type Kind } from '../../../tasks/measure/drill/model.ts';
import type { Sample } from '../../../tasks/measure/drill/samples.ts';
import { kindResult } from '../../../tasks/measure/drill/windows.ts';

/** Numbers that look like chance and are the same each time. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

const INTERVAL: Record<Kind, number> = {
  ...{ 'page.new': 0.05, 'page.kept': 0.05, session: 0.1, row: 0.1, upload: 0.2, download: 0.2, large: 3 },
};
const FAULT = 12;

/** Requests of a drill that nobody made: each kind fails for `outage` seconds from the fault on. */
export function madeSamples(seconds: number, outage: number, rate = 1): Sample[] {
  const random = chance(7);
  return KINDS.flatMap((kind) => {
    const interval = INTERVAL[kind] / rate;
    return Array.from({ length: Math.floor(seconds / interval) }, (_, number): Sample => {
      const start = number * interval;
      const out = start >= FAULT && start < FAULT + outage;
      const cause = out ? (random() < 0.7 ? 'timeout' : '503 database') : '';
      const took = out ? 2 : 0.004 + random() ** 6 * (start > FAULT ? 2 : 0.4);
      return { kind, number, start, took, cause, machine: out ? '' : `web${1 + (number % 2)}`, opened: true };
    });
  });
}

/** The result of the drill of madeSamples, judged by the kit's own functions. */
export function madeResult(samples: Sample[], seconds: number): DrillResult {
  const event = (at: number, machine: string, what: string, text: string) => ({ at, machine, what, text });
  const kinds = KINDS.map((kind) =>
    kindResult(
      kind,
      samples,
      { interval: INTERVAL[kind], limit: 1, timeout: 5 },
      { fault: FAULT, end: seconds },
      [],
    ),
  );
  return drillResultSchema.parse({
    ...{ version: 1, id: '20261126-120000-lb1-power', lab: 'made', engine: 'uml', topology: 'seven' },
    ...{ app: 'sample', kit: '0.1.0', begun: '2026-11-26T12:00:00.000Z' },
    fault: { kind: 'power', machine: 'lb1', held: ['front'] },
    times: { fault: FAULT, faultDone: FAULT + 0.1, undo: 30, undone: 31, redundant: 44.2, end: seconds },
    kinds,
    writes: [
      ...[
        {
          kind: 'row',
          attempted: 500,
          acknowledged: 490,
          lost: [],
          recovered: ['r7'],
          unexpected: [],
          readBack: true,
        },
      ],
      ...[
        {
          kind: 'upload',
          attempted: 200,
          acknowledged: 190,
          lost: ['u9'],
          recovered: [],
          unexpected: [],
          readBack: true,
        },
      ],
    ],
    predictions: [
      {
        ...{
          kind: 'page.new',
          seconds: 0.8,
          atLeast: 0.5,
          formula: '3 × advert + skew',
          measured: 0.9,
          far: false,
        },
        terms: [{ name: 'advert', value: 0.2, unit: 's', from: 'lb2: /etc/keepalived/conf.d/front.conf' }],
        source: 'RFC 5798, 6.1',
      },
    ],
    judgements: [
      {
        budget: 'lb',
        what: 'outage',
        kind: 'page.new',
        limit: 0.8,
        unit: 's',
        measured: 0.9,
        verdict: 'fail',
      },
      { budget: 'lost', what: 'lost', limit: 0, unit: 'writes', measured: 1, verdict: 'fail' },
      { budget: 'redundancy', what: 'redundancy', limit: 90, unit: 's', measured: 13.2, verdict: 'pass' },
    ],
    verdict: 'fail',
    missing: [],
    conditions: {
      ...{ load: 2.1, processors: 2, busy: [{ at: 1, share: 0.5 }], jumps: [] },
      stalls: [{ at: 20, seconds: 0.4, where: 'client' }],
    },
    events: [
      event(FAULT + 0.7, 'lb2', 'address-taken', 'front'),
      event(FAULT + 0.9, 'web1', 'server-down', 'web/<script>alert(1)</script>'),
      event(FAULT + 1.1, 'db1', 'database-view', 'primary, 2 members'),
      event(33, 'lb1', 'booted', '7.2.13'),
      event(40, 'lb1', 'something-new', 'an event without words of its own'),
    ],
  });
}

import { toLine } from '../../../tasks/measure/drill/samples.ts';
import type { DrillHead } from '../../../tasks/watch/model/drill.ts';
import type { Happening, LabEvent } from '../../../tasks/watch/model/event.ts';
import { recorded } from '../report/recorded.ts';
import { T } from './made.ts';

/** When the drill's visitors began, ms since 1970. */
export const BEGUN = T + 2000;

type Step = [machine: string, at: number, happening: Happening];

/**
 * A drill as it tells of itself, with the requests of one that was recorded: the power of the load balancer that held the front was cut
 * (here lb1, which holds it in the made lab). `until`: seconds after its beginning at which it is looked at.
 */
export function drillSteps(until = Number.POSITIVE_INFINITY, change: Partial<DrillHead> = {}): Step[] {
  const { result, samples } = recorded();
  const { times, predictions } = result;
  const kinds = Object.fromEntries(
    result.kinds.map(({ kind, interval, limit }) => [kind, { interval, limit }]),
  );
  let head: DrillHead = {
    ...{ id: result.id, begun: BEGUN, step: 'steady', kinds, times: {}, expected: [] },
    ...change,
  };
  const steps: [at: number, step: Step][] = [];
  const tell = (at: number, more: Partial<DrillHead>) => {
    head = { ...head, ...more, times: { ...head.times, ...more.times } };
    steps.push([at, ['', at, { source: 'drill', what: 'drill', drill: head }]]);
  };
  tell(0.4, {});
  const words = {
    en: 'power of lb1 cut (held: front, router)',
    fr: 'alimentation de lb1 coupée (détenait : front, router)',
  };
  tell(times.fault - 0.01, {
    ...{ step: 'fault', machine: 'lb1', words },
    expected: predictions.map(({ kind, seconds, atLeast }) => ({ kind, seconds, atLeast })),
  });
  tell(times.fault, { times: { fault: times.fault } });
  tell(times.undo ?? 0, { times: { undo: times.undo ?? 0 } });
  tell(times.undone ?? 0, { times: { undone: times.undone ?? 0 }, step: 'waiting' });
  tell(times.end + 0.5, { step: 'reading' });
  tell(times.end + 4, {
    ...{ step: 'ended', verdict: 'fail', times: { redundant: times.redundant ?? 0 } },
    notes: [
      {
        en: 'load-balancer, outage, page, new connection: 0.81 s (allowed 0.8 s)',
        fr: 'load-balancer, interruption, page, nouvelle connexion : 0.81 s (permis 0.8 s)',
      },
    ],
  });
  for (let at = 0.6; at < times.end + 1; at += 0.2) {
    const visits = samples
      .filter(({ start, took }) => start + took >= at - 0.2 && start + took < at)
      .map(toLine);
    steps.push([at, ['', at, { source: 'drill', what: 'visits', visits }]]);
  }
  return steps
    .filter(([at]) => at <= until)
    .sort(([a], [b]) => a - b)
    .map(([at, [machine, , happening]]) => [machine, BEGUN - T + at * 1000, happening]);
}

/** What happens meanwhile: the machine is off, and the other one takes its addresses. */
export function failoverSteps(): Step[] {
  const fault = BEGUN - T + recorded().result.times.fault * 1000;
  const gets = (address: string): Happening => ({ source: 'address', what: 'address-added', address });
  return [
    ['lb1', fault + 200, { source: 'engine', what: 'power', power: 'off' }],
    ['lb2', fault + 700, { source: 'journal', what: 'said', code: 'address-taken', text: 'front' }],
    ['lb2', fault + 710, gets('10.0.2.10')],
    ['lb2', fault + 1100, gets('10.0.2.30')],
    ['lb1', fault + 15_300, { source: 'engine', what: 'power', power: 'running' }],
  ];
}

/** Events of steps, in the order of time, that follow others. */
export const following = (events: LabEvent[], ...steps: Step[][]): LabEvent[] =>
  steps
    .flat()
    .sort((a, b) => a[1] - b[1])
    .map(([machine, at, happening], index) => ({
      seq: events.length + index + 1,
      t: T + at,
      machine,
      ...happening,
    }));

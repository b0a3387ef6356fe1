import { join } from 'node:path';
import { poll } from '../../../tasks/base/poll.ts';
import { predict } from '../../../tasks/measure/drill/predict.ts';
import { type Target, targetOf } from '../../../tasks/measure/drill/target.ts';
import { type Acts, breakable } from '../../../tasks/studio/acts.ts';
import { holdsOf } from '../../../tasks/studio/holds.ts';
import type { Act } from '../../../tasks/studio/page/protocol.ts';
import { loadTopology } from '../../../tasks/topology/load.ts';
import { applyAll } from '../../../tasks/watch/model/apply.ts';
import { TIMERS } from '../helpers/timers.ts';
import { atRest } from './made.ts';

const topology = await loadTopology('seven', join(import.meta.dirname, '../../..'));

/** Acts of a lab at rest: `begun` has what was asked for; `busy`: nothing is begun. */
export function fakeActs(): Acts & {
  begun: Act[];
  busy: boolean;
  asked: Target[];
  /** Resolves once so many were begun: what a page asks for is on its way when it shows something new already. */
  reach(count: number): Promise<unknown>;
} {
  const begun: Act[] = [];
  const asked: Target[] = [];
  const holds = holdsOf(applyAll(atRest()));
  return {
    ...{ begun, asked, busy: false },
    reach: (count) =>
      poll(
        () => begun.length,
        (length) => length >= count,
        { every: 0.02, seconds: 60 },
      ),
    offer: {
      ...breakable(topology, { name: 'uml' }),
      door: {
        lab: 'lab',
        exists: true,
        topologies: ['seven', 'spread'],
        labs: ['03', '04', '08'],
        continues: { '08': ['04'] },
      },
    },
    async predict(target) {
      asked.push(target);
      const fault = targetOf(target, topology, holds);
      return { fault, expected: predict(fault, topology, TIMERS), hold: 15 };
    },
    begin(act) {
      if (this.busy) return false;
      begun.push(act);
      return true;
    },
  };
}

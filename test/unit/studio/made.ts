import { join } from 'node:path';
import { readRoles } from '../../../tasks/roles/roles.ts';
import { loadTopology } from '../../../tasks/topology/load.ts';
import type { Happening, LabEvent } from '../../../tasks/watch/model/event.ts';
import { planOf } from '../../../tasks/watch/plan.ts';

const root = join(import.meta.dirname, '../../..');
export const plan = planOf('lab', 'uml', await loadTopology('seven', root), readRoles(root));
export const T = Date.parse('2026-01-01T10:00:00Z');

const HOLDS: Record<string, string[]> = { lb1: ['10.0.2.10', '10.0.2.30'], db1: ['10.0.2.40'] };
type Step = [machine: string, at: number, happening: Happening];
const power = (to: 'running' | 'off'): Happening => ({ source: 'engine', what: 'power', power: to });
const gets = (address: string): Happening => ({ source: 'address', what: 'address-added', address });
const said = (code: string, text: string): Happening => ({ source: 'journal', what: 'said', code, text });
const beat = (load: number, bytes: number): Happening => ({
  ...{ source: 'beat', what: 'beat' },
  ...{ load, received: bytes, sent: bytes * 2 },
});
const votes = (group: 'galera' | 'corosync' | 'sentinel', count: number): Happening => ({
  ...{ source: 'votes', what: 'votes' },
  ...{ group, votes: count, quorate: count > 1 },
});
const replica = (role: string, peerRole: string): Happening => ({
  ...{ source: 'drbd', what: 'replica' },
  replica: { connection: 'Connected', role, peerRole, disk: 'UpToDate', peerDisk: 'UpToDate' },
});
const passes = (rate: number): Happening => ({
  ...{ source: 'haproxy', what: 'requests', rate },
  servers: { web1: { status: 'UP', rate: rate / 2 }, web2: { status: 'UP', rate: rate / 2 } },
});

/** Bytes that each machine sends in a second, in the picture of a lab that a few visitors use; it receives half as many. */
const SENDS: Record<string, number> = {
  ...{ client: 6_100, lb1: 92_000, lb2: 2_300, web1: 31_000, web2: 28_000, db1: 14_000, db2: 8_700 },
};
const BUSY = { client: 0.01, lb1: 0.05, lb2: 0.02, web1: 0.06, web2: 0.06, db1: 0.04, db2: 0.03 };
const cables = (seconds: number): Happening => ({
  ...{ source: 'engine', what: 'cables' },
  cables: Object.fromEntries(
    Object.entries(SENDS).map(([name, sent]) => [
      name,
      { received: (sent * seconds) / 2, sent: sent * seconds },
    ]),
  ),
});

/** A lab at rest: everything is heard, and well. */
const REST: Step[] = [
  ['', 0, { source: 'watch', what: 'plan', plan }],
  ...plan.machines.flatMap(({ name, address, services }): Step[] => [
    [name, 0, power('running')],
    [name, 100, { source: 'address', what: 'addresses', addresses: [address, ...(HOLDS[name] ?? [])] }],
    [
      name,
      150,
      {
        source: 'systemd',
        what: 'services',
        services: Object.fromEntries(services.map((service) => [service, 'active'])),
      },
    ],
    [name, 200, beat(0.08, 1000)],
  ]),
  ...(['db1', 'db2', 'lb1'] as const).map((name): Step => [name, 300, votes('galera', 3)]),
  ...(['db1', 'db2'] as const).map((name): Step => [name, 310, votes('corosync', 3)]),
  ...(['web1', 'web2', 'lb2'] as const).map((name): Step => [name, 320, votes('sentinel', 3)]),
  ...(['db1', 'db2'] as const).map(
    (name): Step => [name, 330, { source: 'galera', what: 'member', state: 'primary synced' }],
  ),
  ['db1', 340, replica('Primary', 'Secondary')],
  ['db2', 340, replica('Secondary', 'Primary')],
  ['web1', 350, { source: 'redis', what: 'session', role: 'master', linked: true }],
  ['web2', 350, { source: 'redis', what: 'session', role: 'replica', linked: true }],
  ['lb1', 400, passes(12)],
  ['lb2', 400, passes(0)],
  ...plan.machines.map(({ name }): Step => [name, 1200, beat(0.08, 4000)]),
  ['', 1210, cables(1)],
  ['', 2210, cables(2)],
  ['', 2220, { source: 'engine', what: 'busy', busy: BUSY }],
];

/** Then lb1 loses its power: both of its addresses move. */
export const LOSS: Step[] = [
  ['', 5000, { source: 'kit', what: 'command', command: 'lab halt lb1', begun: true }],
  ['lb1', 5100, power('off')],
  ['', 5400, { source: 'kit', what: 'command', command: 'lab halt lb1', begun: false }],
  ['lb2', 6000, said('address-taken', 'front')],
  ['lb2', 6010, gets('10.0.2.10')],
  ['lb2', 6020, gets('10.0.2.30')],
  ['lb2', 6100, passes(12)],
  ['db1', 7000, votes('galera', 2)],
  ['db2', 7000, votes('galera', 2)],
];

/** The cable of db1 is cut: nobody knows what it believes. */
export const CUT: Step[] = [['db1', 11_000, { source: 'channel', what: 'silent', since: T + 8000 }]];

const stream = (steps: Step[], from = 0): LabEvent[] =>
  steps.map(([machine, at, happening], index) => ({
    seq: from + index + 1,
    t: T + at,
    machine,
    ...happening,
  }));

export const atRest = (): LabEvent[] => stream(REST);
export const after = (events: LabEvent[], steps: Step[]): LabEvent[] => stream(steps, events.length);

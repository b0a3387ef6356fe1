import type { Timer, Timers } from '../../inspect/timers.ts';
import { machinesOf, type RoleName, type Topology } from '../../topology/model.ts';
import type { Budgets } from './budgets.ts';
import type { Fault, Kind, KindResult, Prediction } from './model.ts';

/** A prediction that is not compared yet. */
export type Expected = Omit<Prediction, 'measured' | 'far'>;

/** How long one part of the way is out, by the timers alone. */
type Part = Omit<Expected, 'kind'>;

/** What a request of each kind passes. Each part's loss is felt as long as the slowest of them takes. */
const WAY: Record<Kind, ('front' | 'router' | 'database' | 'storage' | 'redis')[]> = {
  'page.new': ['front'],
  'page.kept': ['front'],
  session: ['front', 'redis'],
  row: ['front', 'router', 'database'],
  upload: ['front', 'storage'],
  download: ['front', 'storage'],
  // It is under way when the fault comes, and cannot be repeated: no timer tells what becomes of it.
  large: [],
};

/** Faults after which the machine says nothing any more: it is found out by its silence. */
const SILENT = ['power', 'cable', 'freeze', 'fading'];
/** Sentinel asks a master once a second, whatever `down-after` says (redis.io, "Sentinel"). */
const SENTINEL_PERIOD = 1;
/** Pacemaker's decision, promotion, file system, NFS server and address (docs/storage.md, measured on uml, s). */
const TAKEOVER = 2.5;
/** The power switch has cut the lost machine's power, and said so (docs/storage.md, measured on uml, s). */
const POWER_CUT = 0.3;
/** Election of a leader among sentinels and promotion (docs/session.md, measured on uml, s). */
const ELECTION = 0.3;

const term = (name: string, value: number, from: string): Timer => ({ name, value, unit: 's', from });

/** A timer that all machines which have it share: the first machine's. */
const anywhere = (timers: Timers, name: string): Timer | undefined =>
  Object.values(timers).flatMap((timer) => timer[name] ?? [])[0];

/** Faults of the network: a card that loses its carrier is replaced by the other one, whatever passes it. */
const CARRIER = ['switch', 'one-cable'];

/**
 * What the timers say about a fault: for each kind that passes something which the machine held, or of the network for all kinds but the
 * large upload.
 */
export function predict(fault: Fault, topology: Topology, timers: Timers): Expected[] {
  return (Object.entries(WAY) as [Kind, (typeof WAY)[Kind]][]).flatMap(([kind, way]) => {
    // Of several machines the design says whether it goes on at all (outcomes.ts).
    if (fault.kind === 'several') return [];
    if (fault.kind === 'link') return [{ kind, ...UNUSED }];
    if (fault.kind === 'power-switch') return [{ kind, ...WAITING }];
    if (CARRIER.includes(fault.kind)) {
      const found = way.length > 0 ? card(fault, topology, timers) : undefined;
      return found ? [{ kind, ...found }] : [];
    }
    const parts = way.flatMap((part) => {
      if (!fault.held.includes(part)) return [];
      const found = PARTS[part](fault, topology, timers);
      return found ? [found] : [];
    });
    const worst = parts.sort((a, b) => b.seconds - a.seconds)[0];
    if (worst) return [{ kind, ...worst }];
    return fault.kind === 'none' ? [{ kind, ...NOTHING }] : [];
  });
}

const NOTHING: Part = { seconds: 0, atLeast: 0, formula: '0', terms: [], source: 'nothing is done' };

const UNUSED: Part = {
  ...NOTHING,
  source: 'all machines work with their card on the first switch (kernel, bonding.rst: primary)',
};

const WAITING: Part = {
  ...NOTHING,
  source:
    'the power switch is asked when a storage machine is lost, and then self-fencing is waited for instead',
};

/** A bond looks at its cards so often. The one on the second switch waits: nothing is felt when it loses its carrier. */
function card(fault: Fault, topology: Topology, timers: Timers): Part | undefined {
  const check = anywhere(timers, 'network.link_check');
  if (!check) return undefined;
  if (fault.switch !== topology.network.switches[0])
    return { ...UNUSED, source: 'the card on the second switch waits (kernel, bonding.rst: primary)' };
  const source = 'kernel, bonding.rst: miimon';
  return { seconds: check.value, atLeast: 0, formula: 'miimon', terms: [check], source };
}

const PARTS = {
  front: (fault: Fault, topology: Topology, timers: Timers) =>
    floating('front', 'lb', 'haproxy', fault, topology, timers),
  router: (fault: Fault, topology: Topology, timers: Timers) =>
    floating('router', 'router', 'mysqlrouter', fault, topology, timers),
  database: galera,
  storage,
  redis,
};

/** VRRP: the backup with the highest priority waits three adverts and its skew; a holder that gives up says so at once. */
function floating(
  name: 'front' | 'router',
  role: RoleName,
  process: string,
  fault: Fault,
  topology: Topology,
  timers: Timers,
): Part | undefined {
  const backups = machinesOf(topology, role).flatMap((machine) => {
    const advert = timers[machine.name]?.[`${name}.advert`];
    const priority = timers[machine.name]?.[`${name}.priority`];
    return machine.name !== fault.machine && advert && priority ? [{ advert, priority }] : [];
  });
  const backup = backups.sort((a, b) => b.priority.value - a.priority.value)[0];
  if (!backup) return undefined;
  const { advert, priority } = backup;
  const skew = ((256 - priority.value) * advert.value) / 256;
  const terms = [advert, priority];
  if (SILENT.includes(fault.kind)) {
    return {
      seconds: 3 * advert.value + skew,
      // The last advert may have been sent right before the fault, or nearly one interval earlier.
      atLeast: 2 * advert.value + skew,
      formula: '3 × advert + (256 − priority) ÷ 256 × advert',
      terms,
      source: 'RFC 9568, 6.1 (Active_Down_Interval)',
    };
  }
  if (fault.kind !== 'kill' || fault.service !== process) return undefined;
  return {
    seconds: skew,
    atLeast: 0,
    formula: '(256 − priority) ÷ 256 × advert',
    terms,
    source: 'RFC 9568, 6.4.3 (priority 0) and keepalived.conf(5), track_process',
  };
}

function galera(fault: Fault, topology: Topology, timers: Timers): Part | undefined {
  if (!SILENT.includes(fault.kind) && !(fault.kind === 'kill' && fault.service === 'mariadb'))
    return undefined;
  const other = machinesOf(topology, 'database').find((machine) => machine.name !== fault.machine);
  const own = timers[other?.name ?? ''] ?? {};
  const suspect = own['galera.suspect_timeout'];
  const check = own['galera.inactive_check_period'];
  const join = own['galera.join_retrans_period'];
  if (!suspect || !check || !join) return undefined;
  return {
    seconds: suspect.value + check.value + join.value,
    atLeast: suspect.value,
    formula: 'suspect_timeout + inactive_check_period + join_retrans_period',
    terms: [suspect, check, join],
    source:
      'Galera documentation, Parameters (evs.*): silence, when it is looked for, agreement on the new group',
  };
}

function storage(fault: Fault, topology: Topology, timers: Timers): Part | undefined {
  if (!SILENT.includes(fault.kind)) return undefined;
  const other = machinesOf(topology, 'storage').find((machine) => machine.name !== fault.machine);
  const own = timers[other?.name ?? ''] ?? {};
  const token = own['corosync.token'];
  const consensus = own['corosync.consensus'];
  const fencing = own['storage.fencing'];
  if (!token || !consensus || !fencing) return undefined;
  const cut = own['storage.power_switch'] && term('power switch', POWER_CUT, 'docs/storage.md');
  const takeover = term('takeover', TAKEOVER, 'docs/storage.md');
  // How long until the NFS client speaks to the new server: TCP's next try (kernels that limit the wait for it), else its own.
  const client = anywhere(timers, 'tcp.rto_max') ?? anywhere(timers, 'nfs.timeo');
  const terms = [token, consensus, cut ?? fencing, takeover, ...(client ? [client] : [])];
  const seconds = token.value + consensus.value + (cut ?? fencing).value + TAKEOVER;
  return {
    seconds: seconds + (client?.value ?? 0),
    atLeast: seconds,
    formula: `token + consensus + ${cut ? 'power switch' : 'stonith-watchdog-timeout'} + takeover${client ? ` + ${client.name.replace(/.*\./, '')}` : ''}`,
    terms,
    source:
      'corosync.conf(5), Pacemaker Explained (fencing), nfs(5), kernel ip-sysctl (tcp_rto_max_ms); takeover as measured',
  };
}

function redis(fault: Fault, topology: Topology, timers: Timers): Part | undefined {
  if (!SILENT.includes(fault.kind)) return undefined;
  const voters = machinesOf(topology, 'sentinel').filter((machine) => machine.name !== fault.machine);
  const down = voters.flatMap((machine) => timers[machine.name]?.['redis.down_after'] ?? [])[0];
  const route = anywhere(timers, 'route.check');
  if (!down || !route) return undefined;
  return {
    seconds: down.value + SENTINEL_PERIOD + ELECTION + route.value,
    atLeast: down.value,
    formula: 'down-after + 1 s + election + downinter',
    terms: [
      down,
      term('sentinel period', SENTINEL_PERIOD, 'redis.io, Sentinel'),
      term('election', ELECTION, 'docs/session.md'),
      route,
    ],
    source: 'redis.io, High availability with Redis Sentinel; HAProxy Configuration Manual, downinter',
  };
}

/**
 * Puts what was measured beside it. `prediction` and `kinds` of roles/budgets.yaml: how near is near enough, and the time between two
 * requests of a kind, which is how well an outage is known.
 */
export function comparePredictions(
  expected: Expected[],
  results: KindResult[],
  { prediction, kinds }: Pick<Budgets, 'prediction' | 'kinds'>,
): Prediction[] {
  return expected.map((expected) => {
    const measured = results.find((result) => result.kind === expected.kind)?.longest ?? null;
    const room =
      Math.max(prediction.seconds, kinds[expected.kind].interval) + prediction.share * expected.seconds;
    const far =
      measured !== null && (measured > expected.seconds + room || measured < expected.atLeast - room);
    return { ...expected, seconds: round(expected.seconds), atLeast: round(expected.atLeast), measured, far };
  });
}

const round = (value: number) => Math.round(value * 1000) / 1000;

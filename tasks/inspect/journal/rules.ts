/** What in a machine's journal is worth a mark on a timeline. */
export interface Rule {
  /** Syslog identifiers, as `journalctl -t` takes them. */
  from: string[];
  match: RegExp;
  /** Code of the event (words.ts). */
  what: string;
  /** The part of the message that says it; default: the whole message. */
  text?: (found: RegExpExecArray) => string;
}

const group =
  (...numbers: number[]) =>
  (found: RegExpExecArray): string =>
    numbers.map((number) => found[number] ?? '').join(' ');

const KEEPALIVED = ['Keepalived_vrrp'];
// The database member, and the arbitrator, which logs the same library's messages.
const GALERA = ['mariadbd', 'garbd', 'garb-systemd'];
const DRBD_STATE = /^(?:block )?drbd[^:]*: .*?/.source;

/** In the order in which they are tried: the first that fits names the event. */
export const RULES: Rule[] = [
  // keepalived: who holds a floating address.
  { from: KEEPALIVED, match: /\((\w+)\) Entering MASTER STATE/, what: 'address-taken', text: group(1) },
  { from: KEEPALIVED, match: /\((\w+)\) Entering BACKUP STATE/, what: 'address-left', text: group(1) },
  { from: KEEPALIVED, match: /\((\w+)\) Entering FAULT STATE/, what: 'address-fault', text: group(1) },

  // HAProxy: which web machines get requests; also the small one on each web machine that leads to Redis.
  {
    from: ['haproxy', 'session-route'],
    match: /Server (\w+\/[\w.-]+) is DOWN(?! via)(?:, reason: ([^,.]+))?/,
    what: 'server-down',
    text: group(1, 2),
  },
  {
    from: ['haproxy', 'session-route'],
    match: /Server (\w+\/[\w.-]+) is UP(?! via)/,
    what: 'server-up',
    text: group(1),
  },
  {
    from: ['haproxy', 'session-route'],
    match: /(?:backend|proxy) (\w+) has no server available/,
    what: 'no-server',
    text: group(1),
  },

  // MariaDB with Galera: the group's view, the member's state, the gate in front of it.
  {
    from: GALERA,
    match: /New COMPONENT: primary = yes,.*memb_num = (\d+)/,
    what: 'database-view',
    text: (found) => `primary, members: ${found[1]}`,
  },
  {
    from: GALERA,
    match: /New COMPONENT: primary = no,.*memb_num = (\d+)/,
    what: 'database-no-majority',
    text: (found) => `members: ${found[1]}`,
  },
  { from: GALERA, match: /suspecting node: (\S+)/, what: 'database-suspected', text: group(1) },
  {
    from: GALERA,
    match: /Shifting (\S+) -> (\S+)/,
    what: 'database-state',
    text: (found) => `${found[1]} → ${found[2]}`,
  },
  {
    from: ['mariadbd'],
    match: /Synchronized with group, ready for connections/,
    what: 'database-ready',
    text: group(),
  },
  {
    from: ['galera-gate'],
    match: /port 3306 (open|closed?) \((.*)\)/,
    what: 'database-gate',
    text: (found) => `${found[1]} (${found[2]})`,
  },
  { from: ['galera-start', 'garb-watch'], match: /starting|joining|alone|goes to/, what: 'database-start' },

  // MySQL Router.
  {
    from: ['mysqlrouter'],
    match: /(Start|Stop) accepting connections/,
    what: 'router-gate',
    text: (found) => (found[1] === 'Start' ? 'open' : 'closed'),
  },

  // Corosync and Pacemaker: who is in, and what moves.
  {
    from: ['corosync'],
    match: /Token has not been received in (\d+ ms)/,
    what: 'cluster-suspected',
    text: group(1),
  },
  { from: ['corosync'], match: /A processor failed, forming new configuration/, what: 'cluster-suspected' },
  {
    from: ['corosync'],
    match: /A new membership \(\S+\) was formed\. Members( left: \S+| joined: \S+)+/,
    what: 'cluster-view',
    text: group(0),
  },
  { from: ['corosync'], match: /This node is within the non-primary component/, what: 'cluster-no-majority' },
  { from: ['corosync'], match: /This node is within the primary component/, what: 'cluster-majority' },
  {
    from: ['corosync-qnetd'],
    match: /doesn't sent? any message during/,
    what: 'cluster-suspected',
  },
  {
    from: ['pacemaker-controld'],
    match: /Node (\S+) state is now (lost|member)/,
    what: 'cluster-node',
    text: group(1, 2),
  },
  {
    from: ['pacemaker-controld'],
    match: /Result of (start|stop|promote|demote) operation for (\S+) on (\S+): (\S+)/i,
    what: 'resource',
    text: (found) => `${found[2]} ${found[1]}: ${found[4]}`,
  },
  {
    from: ['pacemaker-fenced', 'pacemaker-controld'],
    match: /(?:Operation|Peer) .*(?:reboot|off|terminated|fenc).*/i,
    what: 'fenced',
    text: group(0),
  },
  { from: ['sbd'], match: /Servant (\w+) is (?:outdated|unhealthy|dead)/, what: 'fencing', text: group(0) },
  {
    from: ['storage-fence-peer', 'storage-unfence-peer', 'storage-rejoin'],
    match: /./,
    what: 'fencing',
  },

  // DRBD: roles, connection, disks.
  {
    from: ['kernel'],
    match: new RegExp(`${DRBD_STATE}\\brole\\( (\\w+) -> Primary \\)`),
    what: 'promoted',
    text: () => 'DRBD',
  },
  {
    from: ['kernel'],
    match: new RegExp(`${DRBD_STATE}\\brole\\( Primary -> (\\w+) \\)`),
    what: 'demoted',
    text: () => 'DRBD',
  },
  {
    from: ['kernel'],
    match: new RegExp(
      `${DRBD_STATE}\\bconn\\( (?=Connected|Sync|\\w+ -> (?:Connected|Sync))(\\w+) -> (\\w+) \\)`,
    ),
    what: 'replication',
    text: (found) => `${found[1]} → ${found[2]}`,
  },
  {
    from: ['kernel'],
    match: new RegExp(`${DRBD_STATE}\\bdisk\\( (\\w+) -> (\\w+) \\)`),
    what: 'replica-disk',
    text: (found) => `${found[1]} → ${found[2]}`,
  },

  // NFS: the server's grace, and what its clients see.
  {
    from: ['kernel'],
    match: /NFSD: .*(?:ending|skipping|end of).*grace/,
    what: 'nfs-grace-over',
    text: group(),
  },
  {
    from: ['kernel'],
    match: /NFSD: starting (\d+)-second grace/,
    what: 'nfs-grace',
    text: (found) => `${found[1]} s`,
  },
  { from: ['kernel'], match: /nfs: server (\S+) not responding/, what: 'nfs-silent', text: group(1) },
  { from: ['kernel'], match: /nfs: server (\S+) OK/, what: 'nfs-back', text: group(1) },

  // Redis and its sentinels.
  { from: ['redis-server', 'redis'], match: /MASTER MODE enabled/, what: 'redis-master' },
  { from: ['redis-server', 'redis'], match: /Connection with master lost/, what: 'redis-lost' },
  { from: ['redis-server', 'redis'], match: /MASTER <-> REPLICA sync: Finished/, what: 'redis-in-sync' },
  {
    from: ['redis-sentinel'],
    match: /\+sdown (\w+) (\S+ )?(\S+)/,
    what: 'redis-suspected',
    text: group(1, 3),
  },
  {
    from: ['redis-sentinel'],
    match: /\+switch-master (\S+) (\S+) \d+ (\S+) \d+/,
    what: 'redis-moved',
    text: (found) => `${found[2]} → ${found[3]}`,
  },

  // The machine and its services.
  {
    from: ['systemd'],
    match: /^(\S+)\.service: Main process exited, code=(\w+), status=(\S+)/,
    what: 'service-died',
    text: (found) => `${found[1]} (${found[3]})`,
  },
  { from: ['kernel'], match: /^Linux version (\S+)/, what: 'booted', text: group(1) },
  {
    from: ['systemd-logind', 'systemd-shutdown'],
    match: /(?:powering down|rebooting|will power off)/i,
    what: 'stopping',
  },
];

/** Identifiers of all rules, once each. */
export const IDENTIFIERS = [...new Set(RULES.flatMap(({ from }) => from))];

/** Lines that the machines' programs wrote (Debian 13), with the event that each tells of, or none. */
export const LINES: { identifier: string; message: string; what?: string; text?: string }[] = [
  {
    identifier: 'kernel',
    message:
      'Linux version 7.2.13 (lab@lab) (gcc (Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 1970-01-01',
    what: 'booted',
    text: '7.2.13',
  },
  {
    identifier: 'haproxy',
    message:
      '[WARNING]  (278) : Server web/web1 is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: 67ms. 1 active and 2 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.',
    what: 'server-down',
    text: 'web/web1 Layer4 connection problem',
  },
  {
    identifier: 'haproxy',
    message:
      '[WARNING]  (278) : Server files/web1 is DOWN via web/web1. 1 active and 2 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.',
  },
  {
    identifier: 'Keepalived_vrrp',
    message: '(front) Entering BACKUP STATE (init)',
    what: 'address-left',
    text: 'front',
  },
  {
    identifier: 'systemd',
    message: 'Starting mysqlrouter.service - MySQL Router: one address for the databases...',
  },
  {
    identifier: 'mysqlrouter',
    message:
      "2026-11-26 12:55:02 routing INFO [478656c0] Start accepting connections for routing routing:rw listening on '0.0.0.0:3306'",
    what: 'router-gate',
    text: 'open',
  },
  {
    identifier: 'Keepalived_vrrp',
    message: '(router) Entering MASTER STATE',
    what: 'address-taken',
    text: 'router',
  },
  {
    identifier: 'garb-systemd',
    message: '2026-11-26 12:55:15.836  INFO: Shifting CLOSED -> OPEN (TO: 0)',
    what: 'database-state',
    text: 'CLOSED → OPEN',
  },
  {
    identifier: 'garb-systemd',
    message:
      '2026-11-26 12:55:15.921  INFO: New COMPONENT: primary = yes, bootstrap = no, my_idx = 1, memb_num = 2',
    what: 'database-view',
    text: 'primary, members: 2',
  },
  {
    identifier: 'garb-systemd',
    message:
      '2026-11-26 12:57:35.528  INFO: evs::proto(9fa2301c-9127, OPERATIONAL, view_id(REG,9ea7ff01-a868,3)) suspecting node: 9ea7ff01-a868',
    what: 'database-suspected',
    text: '9ea7ff01-a868',
  },
  {
    identifier: 'garb-systemd',
    message:
      '2026-11-26 13:03:10.850  INFO: New COMPONENT: primary = no, bootstrap = no, my_idx = 0, memb_num = 1',
    what: 'database-no-majority',
    text: 'members: 1',
  },
  {
    identifier: 'corosync-qnetd',
    message: "Client ::ffff:10.0.2.31:52284 doesn't sent any message during 2400ms. Disconnecting",
    what: 'cluster-suspected',
    text: "Client ::ffff:10.0.2.31:52284 doesn't sent any message during 2400ms. Disconnecting",
  },
  {
    identifier: 'galera-gate',
    message: 'port 3306 closed (status none, majority unknown)',
    what: 'database-gate',
    text: 'closed (status none, majority unknown)',
  },
  {
    identifier: 'mariadbd',
    message: '2026-11-26 12:55:20 0 [Note] WSREP: Shifting CLOSED -> OPEN (TO: 0)',
    what: 'database-state',
    text: 'CLOSED → OPEN',
  },
  {
    identifier: 'mariadbd',
    message:
      '2026-11-26 12:55:20 0 [Note] WSREP: New COMPONENT: primary = yes, bootstrap = no, my_idx = 2, memb_num = 3',
    what: 'database-view',
    text: 'primary, members: 3',
  },
  {
    identifier: 'mariadbd',
    message: '2026-11-26 12:55:20 2 [Note] WSREP: ####### processing CC 13, local, ordered',
  },
  {
    identifier: 'mariadbd',
    message: '2026-11-26 12:55:55 4 [Note] WSREP: Synchronized with group, ready for connections',
    what: 'database-ready',
    text: '',
  },
  {
    identifier: 'kernel',
    message: 'drbd shared/0 drbd0: disk( Diskless -> Attaching ) ',
    what: 'replica-disk',
    text: 'Diskless → Attaching',
  },
  {
    identifier: 'kernel',
    message: 'drbd shared: conn( Unconnected -> WFConnection ) ',
  },
  {
    identifier: 'kernel',
    message:
      'drbd shared/0 drbd0: peer( Unknown -> Secondary ) conn( WFReportParams -> Connected ) pdsk( DUnknown -> Inconsistent ) ',
    what: 'replication',
    text: 'WFReportParams → Connected',
  },
  {
    identifier: 'sbd',
    message: "  notice: main: Skip flush + write 'b' to sysrq in case of timeout",
  },
  {
    identifier: 'corosync',
    message: ' [TOTEM ] A new membership (2.5) was formed. Members joined: 2',
    what: 'cluster-view',
    text: 'A new membership (2.5) was formed. Members joined: 2',
  },
  {
    identifier: 'corosync',
    message: ' [QUORUM] This node is within the primary component and will provide service.',
    what: 'cluster-majority',
    text: '[QUORUM] This node is within the primary component and will provide service.',
  },
  {
    identifier: 'pacemaker-controld',
    message: ' notice: Node db1 state is now member',
    what: 'cluster-node',
    text: 'db1 member',
  },
  {
    identifier: 'pacemaker-controld',
    message: ' notice: Requesting local execution of notify operation for drbd on db2',
  },
  {
    identifier: 'kernel',
    message: 'drbd shared/0 drbd0: role( Secondary -> Primary ) ',
    what: 'promoted',
    text: 'DRBD',
  },
  {
    identifier: 'pacemaker-controld',
    message: ' notice: Result of promote operation for drbd on db2: OK',
    what: 'resource',
    text: 'drbd promote: OK',
  },
  {
    identifier: 'pacemaker-controld',
    message: ' notice: Result of start operation for filesystem on db2: OK',
    what: 'resource',
    text: 'filesystem start: OK',
  },
  {
    identifier: 'corosync',
    message: ' [TOTEM ] Token has not been received in 753 ms',
    what: 'cluster-suspected',
    text: '753 ms',
  },
  {
    identifier: 'kernel',
    message: 'NFSD: no clients to reclaim, skipping NFSv4 grace period (net effffff9)',
    what: 'nfs-grace-over',
    text: '',
  },
  {
    identifier: 'kernel',
    message:
      'drbd shared: peer( Secondary -> Unknown ) conn( Connected -> NetworkFailure ) pdsk( UpToDate -> DUnknown ) susp( 0 -> 1 ) ',
    what: 'replication',
    text: 'Connected → NetworkFailure',
  },
  {
    identifier: 'corosync',
    message: ' [TOTEM ] A new membership (2.d) was formed. Members left: 1',
    what: 'cluster-view',
    text: 'A new membership (2.d) was formed. Members left: 1',
  },
  {
    identifier: 'mariadbd',
    message:
      '2026-11-26 12:57:36 0 [Note] WSREP: evs::proto(a22e5327-9bf5, GATHER, view_id(REG,9ea7ff01-a868,3)) suspecting node: 9ea7ff01-a868',
    what: 'database-suspected',
    text: '9ea7ff01-a868',
  },
  {
    identifier: 'storage-fence-peer',
    message:
      'connection to db1 lost; here: 0: cs:WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown C s-----',
    what: 'fencing',
    text: 'connection to db1 lost; here: 0: cs:WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown C s-----',
  },
  {
    identifier: 'pacemaker-fenced',
    message: ' notice: Requesting peer fencing (reboot) targeting db1',
    what: 'fenced',
    text: 'peer fencing (reboot) targeting db1',
  },
  {
    identifier: 'pacemaker-controld',
    message: ' notice: Peer db1 was terminated (reboot) by db2 on behalf of pacemaker-controld.1642@db2: OK',
    what: 'fenced',
    text: 'Peer db1 was terminated (reboot) by db2 on behalf of pacemaker-controld.1642@db2: OK',
  },
  {
    identifier: 'kernel',
    message: 'drbd shared/0 drbd0: conn( WFBitMapS -> SyncSource ) pdsk( Consistent -> Inconsistent ) ',
    what: 'replication',
    text: 'WFBitMapS → SyncSource',
  },
  {
    identifier: 'kernel',
    message: 'drbd shared/0 drbd0: conn( SyncSource -> Connected ) pdsk( Inconsistent -> UpToDate ) ',
    what: 'replication',
    text: 'SyncSource → Connected',
  },
  {
    identifier: 'kernel',
    message: 'drbd shared: peer( Secondary -> Unknown ) conn( SyncSource -> NetworkFailure ) ',
    what: 'replication',
    text: 'SyncSource → NetworkFailure',
  },
  {
    identifier: 'systemd',
    message: 'lab-storage.service: Main process exited, code=exited, status=1/FAILURE',
    what: 'service-died',
    text: 'lab-storage (1/FAILURE)',
  },
  {
    identifier: 'pacemaker-controld',
    message: ' notice: Result of stop operation for address on db2: OK',
    what: 'resource',
    text: 'address stop: OK',
  },
  {
    identifier: 'corosync',
    message: ' [QUORUM] This node is within the non-primary component and will NOT provide any services.',
    what: 'cluster-no-majority',
    text: '[QUORUM] This node is within the non-primary component and will NOT provide any services.',
  },
  {
    identifier: 'storage-rejoin',
    message: 'did not leave the cluster in an orderly way: waiting 6 s',
    what: 'fencing',
    text: 'did not leave the cluster in an orderly way: waiting 6 s',
  },
  {
    identifier: 'mariadbd',
    message:
      '2026-11-26 13:05:21 0 [Note] WSREP: New COMPONENT: primary = no, bootstrap = no, my_idx = 1, memb_num = 2',
    what: 'database-no-majority',
    text: 'members: 2',
  },
  {
    identifier: 'sbd',
    message: ' warning: inquisitor_child: Servant pcmk is outdated (age: 4)',
    what: 'fencing',
    text: 'Servant pcmk is outdated',
  },
  {
    identifier: 'kernel',
    message:
      'drbd shared: peer( Secondary -> Unknown ) conn( Connected -> BrokenPipe ) pdsk( UpToDate -> DUnknown ) susp( 0 -> 1 ) ',
    what: 'replication',
    text: 'Connected → BrokenPipe',
  },
];

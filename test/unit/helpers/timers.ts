import { parseTimers, type Timers } from '../../../tasks/inspect/timers.ts';

const LB = `front.advert 0.25 s /etc/keepalived/conf.d/front.conf
front.priority 250 - /etc/keepalived/conf.d/front.conf
router.advert 0.5 s /etc/keepalived/conf.d/router.conf
router.priority 240 - /etc/keepalived/conf.d/router.conf
web.connect 400 ms /etc/haproxy/haproxy.cfg`;
const DB = `galera.suspect_timeout 2 s @@wsrep_provider_options
galera.inactive_check_period 0.5 s @@wsrep_provider_options
galera.join_retrans_period 1 s @@wsrep_provider_options
corosync.token 1000 ms corosync-cmapctl
corosync.consensus 1200 ms corosync-cmapctl
storage.fencing 6 s /var/lib/pacemaker/cib/cib.xml
nfs.grace 10 s /proc/fs/nfsd/nfsv4gracetime
drbd.protocol C - drbdsetup show`;
const WEB = `nfs.timeo 20 ds /proc/mounts
route.check 200 ms /etc/haproxy/session-route.cfg
redis.down_after 1500 ms sentinel master`;

/** What timers.sh prints on each machine of the topology seven. */
const TOLD: [machine: string, text: string][] = [
  ['lb1', LB],
  ['lb2', LB],
  ['web1', WEB],
  ['web2', WEB],
  ['db1', DB],
  ['db2', DB],
];

export const TIMERS: Timers = Object.fromEntries(TOLD.map(([name, text]) => [name, parseTimers(name, text)]));

export const toldBy = (machine: string): string => TOLD.find(([name]) => name === machine)?.[1] ?? '';

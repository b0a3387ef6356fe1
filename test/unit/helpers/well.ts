import { ROOT } from '../../../tasks/base/paths.ts';
import type { Inspections } from '../../../tasks/inspect/facts.ts';
import { readRoles, rolesFor } from '../../../tasks/roles/roles.ts';
import type { Machine } from '../../../tasks/topology/model.ts';

const roles = readRoles(ROOT);

export const STAT = `# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight
front,FRONTEND,,,1,3,2000,36,4428,8844,0,0,0,,,,,OPEN,
web,web1,0,0,0,2,16,18,2214,4422,,0,,0,0,0,0,UP,1
web,web2,0,0,0,2,16,18,2214,4422,,0,,0,0,0,0,UP 1/3,1
web,web1-anyway,0,0,0,0,16,0,0,0,,0,,0,0,0,0,no check,1
web,BACKEND,0,0,0,2,200,36,4428,8844,0,0,,0,0,0,0,UP,2`;
const ROUTE = `# pxname,svname,status
masters,web1,UP
masters,web2,DOWN
only-web1,web1,UP`;
const DRBD = `version: 8.4.11 (api:1/proto:86-101)
srcversion: 0
 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----
    ns:100 nr:0`;
const QUORUM =
  'Votequorum information\n----------------------\nExpected votes:   3\nTotal votes:      3\nQuorum:           2\nFlags:            Quorate WaitForAll Qdevice';
const DEVICES = ' power-switch-db2\n watchdog\n\n2 fence devices found';
const CLUSTER = `<pacemaker-result><nodes>
<node name="db1" id="1" online="true" standby="false"/>
<node name="db2" id="2" online="true" standby="false"/>
</nodes></pacemaker-result>`;

/** What the kernel says of a bond of two cards; `down`: without a carrier, `active`: the one that works. */
export const bond = (down: string[] = [], active = 'vec0'): string =>
  `Ethernet Channel Bonding Driver: v7.2.13

Bonding Mode: fault-tolerance (active-backup)
Primary Slave: vec0 (primary_reselect always)
Currently Active Slave: ${active}
MII Status: up
MII Polling Interval (ms): 100
${['vec0', 'vec1'].map((name) => `\nSlave Interface: ${name}\nMII Status: ${down.includes(name) ? 'down' : 'up'}\nSpeed: Unknown\nLink Failure Count: 0\nPermanent HW addr: 52:54:0a:00:02:0b\nSlave queue ID: 0`).join('\n')}`;

/** What a machine says when all is well. */
export function well(machine: Machine): Inspections[string] {
  const services = [...new Set(rolesFor(roles, machine.roles).flatMap((role) => role.services))];
  const has = (role: Machine['roles'][number]) => machine.roles.includes(role);
  const address = (name: string) => `2: vec0    inet ${name}/24 brd 10.0.2.255 scope global vec0`;
  const holds = { lb1: ['10.0.2.10', '10.0.2.30'], db1: ['10.0.2.40'] }[machine.name] ?? [];
  const sections: Record<string, string> = {
    services: services.map(() => 'active').join('\n'),
    addresses: [machine.address, ...holds].map(address).join('\n'),
    leftovers: '',
    cards: bond(),
  };
  if (has('lb')) sections.haproxy = STAT.replace('UP 1/3', 'UP');
  if (has('web')) sections.route = ROUTE;
  if (has('database')) {
    sections.galera =
      'wsrep_local_state_comment\tSynced\nwsrep_cluster_size\t3\nwsrep_cluster_status\tPrimary';
    sections.gate = 'primary synced';
  }
  if (has('storage'))
    Object.assign(sections, { drbd: DRBD, quorum: QUORUM, cluster: CLUSTER, fencing: DEVICES });
  if (has('session'))
    sections.redis =
      machine.name === 'web1'
        ? '# Replication\r\nrole:master\r\nconnected_slaves:1\r\nslave0:ip=10.0.2.22,port=6379,state=online,offset=9,lag=0'
        : '# Replication\r\nrole:slave\r\nmaster_host:10.0.2.21\r\nmaster_link_status:up';
  if (has('sentinel'))
    sections.sentinel =
      'sentinel_masters:1\r\nmaster0:name=sessions,status=ok,address=10.0.2.21:6379,slaves=1,sentinels=3\r\nname\nsessions\nlast-ok-ping-reply\n211\n';
  return { power: 'running', answers: true, services, sections };
}

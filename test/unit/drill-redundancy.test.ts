import { join } from 'node:path';
import { expect } from 'chai';
import { type Facts, parseSections } from '../../tasks/drill/facts.ts';
import { holdersOf, missingRedundancy, parsePairs, parseStat } from '../../tasks/drill/redundancy.ts';
import { readRoles, rolesFor } from '../../tasks/provision/roles.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import type { Machine, Topology } from '../../tasks/topology/model.ts';

const root = join(import.meta.dirname, '../..');
const roles = readRoles(root);

const STAT = `# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight
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
const CLUSTER = `<pacemaker-result><nodes>
<node name="db1" id="1" online="true" standby="false"/>
<node name="db2" id="2" online="true" standby="false"/>
</nodes></pacemaker-result>`;

/** What a machine says when all is well. */
function well(machine: Machine): Facts[string] {
  const services = [...new Set(rolesFor(roles, machine.roles).flatMap((role) => role.services))];
  const has = (role: Machine['roles'][number]) => machine.roles.includes(role);
  const address = (one: string) => `2: vec0    inet ${one}/24 brd 10.0.2.255 scope global vec0`;
  const holds = { lb1: ['10.0.2.10', '10.0.2.30'], db1: ['10.0.2.40'] }[machine.name] ?? [];
  const sections: Record<string, string> = {
    services: services.map(() => 'active').join('\n'),
    addresses: [machine.address, ...holds].map(address).join('\n'),
    leftovers: '',
  };
  if (has('lb')) sections.haproxy = STAT.replace('UP 1/3', 'UP');
  if (has('web')) sections.route = ROUTE;
  if (has('database')) {
    sections.galera =
      'wsrep_local_state_comment\tSynced\nwsrep_cluster_size\t3\nwsrep_cluster_status\tPrimary';
    sections.gate = 'primary synced';
  }
  if (has('storage')) Object.assign(sections, { drbd: DRBD, quorum: QUORUM, cluster: CLUSTER });
  if (has('session'))
    sections.redis =
      machine.name === 'web1'
        ? '# Replication\r\nrole:master\r\nconnected_slaves:1\r\nslave0:ip=10.0.2.22,port=6379,state=online,offset=9,lag=0'
        : '# Replication\r\nrole:slave\r\nmaster_host:10.0.2.21\r\nmaster_link_status:up';
  if (has('sentinel'))
    sections.sentinel =
      'sentinel_masters:1\r\nmaster0:name=sessions,status=ok,address=10.0.2.21:6379,slaves=1,sentinels=3';
  return { power: 'running', answers: true, services, sections };
}

describe('drill: full redundancy', () => {
  let topology: Topology;
  let facts: Facts;
  beforeEach(async () => {
    topology = await loadTopology('seven', root);
    facts = Object.fromEntries(topology.machines.map((machine) => [machine.name, well(machine)]));
  });
  const missing = () => missingRedundancy(topology, facts, (role) => roles.has(role));
  const change = (machine: string, section: string, from: string | RegExp, to: string) => {
    const sections = facts[machine]?.sections ?? {};
    const text = sections[section] ?? '';
    sections[section] = text.replace(from, to);
    expect(sections[section], 'the test changes something').to.not.equal(text);
  };

  it('is there when every part says so', () => {
    expect(missing()).to.deep.equal([]);
  });

  const cases: [string, string, string, string | RegExp, string, RegExp][] = [
    ['a service', 'web1', 'services', 'active', 'failed', /^web1: nftables is failed$/],
    ['a server of HAProxy', 'lb2', 'haproxy', 'UP,1', 'DOWN,1', /^lb2: HAProxy has web1 DOWN$/],
    [
      'a server of HAProxy going down',
      'lb1',
      'haproxy',
      'UP,1',
      'UP 1/3,1',
      /^lb1: HAProxy has web1 UP 1\/3$/,
    ],
    ['HAProxy silent', 'lb1', 'haproxy', STAT.replace('UP 1/3', 'UP'), '', /^lb1: HAProxy has web1 unknown$/],
    [
      'two masters on the way',
      'web2',
      'route',
      'web2,DOWN',
      'web2,UP',
      /^web2: its way to the sessions has 2 masters$/,
    ],
    ['a member of Galera', 'db2', 'galera', '\t3', '\t2', /^db2: Galera has 2 of 3 members$/],
    ['in step', 'db2', 'galera', 'Synced', 'Joined', /^db2: Galera is Joined$/],
    ['the gate', 'db1', 'gate', 'primary synced', 'nonprimary', /^db1: its gate is closed$/],
    [
      'DRBD in step',
      'db1',
      'drbd',
      'UpToDate/UpToDate',
      'UpToDate/Inconsistent',
      /^db1: DRBD is Connected UpToDate\/Incon/,
    ],
    ['DRBD connected', 'db2', 'drbd', 'Connected', 'WFConnection', /^db2: DRBD is WFConnection/],
    [
      'the third vote',
      'db1',
      'quorum',
      'Total votes:      3',
      'Total votes:      2',
      /^db1: Corosync has 2 of 3 votes$/,
    ],
    [
      'Pacemaker',
      'db2',
      'cluster',
      'id="1" online="true"',
      'id="1" online="false"',
      /^db2: Pacemaker misses db1$/,
    ],
    [
      'DRBD’s constraint',
      'db1',
      'cluster',
      '</nodes>',
      '</nodes><bans><ban id="storage-fence" /></bans>',
      /forbids/,
    ],
    ['a replica', 'web1', 'redis', 'state=online', 'state=wait_bgsave', /^web1: Redis has 0 of 1 replicas$/],
    [
      'the way to the master',
      'web2',
      'redis',
      'status:up',
      'status:down',
      /^web2: Redis has lost its master$/,
    ],
    ['a sentinel', 'lb2', 'sentinel', 'sentinels=3', 'sentinels=2', /^lb2: Sentinel sees 2 of 3 sentinels$/],
    [
      'Sentinel’s opinion',
      'lb2',
      'sentinel',
      'status=ok',
      'status=sdown',
      /^lb2: Sentinel has the master sdown$/,
    ],
    ['what a fault left', 'web1', 'leftovers', '', 'its disk is kept full', /^web1: its disk is kept full$/],
    [
      'an address',
      'lb1',
      'addresses',
      '10.0.2.10/24',
      '10.0.2.99/24',
      /^10\.0\.2\.10 \(front\) is held by nobody$/,
    ],
    [
      'one holder',
      'lb2',
      'addresses',
      /$/,
      '\n2: vec0 inet 10.0.2.30/24 x',
      /^10\.0\.2\.30 \(router\) is held by lb1 and lb2$/,
    ],
  ];
  for (const [what, machine, section, from, to, expected] of cases)
    it(`misses ${what}`, () => {
      change(machine, section, from, to);
      expect(missing()[0]).to.match(expected);
    });

  it('a machine that is off, or silent, says nothing of its parts', () => {
    facts.db2 = { ...well(topology.machines[6] as Machine), power: 'off' };
    facts.web1 = { ...well(topology.machines[3] as Machine), answers: false };
    expect(missing()).to.deep.equal(['web1 does not answer', 'db2 is off']);
  });

  it('tells who holds what', () => {
    expect(holdersOf(topology, facts)).to.deep.equal({
      ...{ front: 'lb1', router: 'lb1', storage: 'db1', database: 'db1', redis: 'web1' },
    });
    expect(holdersOf(topology, facts, 'db2').database).to.equal('db2');
    change('db1', 'gate', 'primary', 'nonprimary');
    expect(holdersOf(topology, facts).database).to.equal('db2');
    change('lb1', 'addresses', '10.0.2.10/24', '10.0.2.99/24');
    expect(holdersOf(topology, facts)).to.not.have.property('front');
  });

  it('reads sections only when they are complete', () => {
    expect(parseSections('== boot\nx\n== services\nactive\nfailed\n== end\n')).to.deep.equal({
      ...{ boot: 'x', services: 'active\nfailed', end: '' },
    });
    expect(parseSections('== boot\nx\n')).to.equal(undefined);
  });

  it('reads statistics and pairs', () => {
    expect(parseStat(STAT).map((one) => `${one.backend} ${one.name} ${one.status}`)).to.deep.equal([
      ...['web web1 UP', 'web web2 UP 1/3', 'web web1-anyway no check'],
    ]);
    expect(parsePairs('a:b\r\nwsrep\tx y\n# c\n')).to.deep.equal({ a: 'b', wsrep: 'x y' });
  });
});

import { join } from 'node:path';
import { expect } from 'chai';
import { type Inspections, parseSections } from '../../tasks/inspect/facts.ts';
import { parseStat } from '../../tasks/inspect/haproxy.ts';
import { holdersOf, parsePairs } from '../../tasks/inspect/holders.ts';
import { missingRedundancy } from '../../tasks/inspect/redundancy.ts';
import { readRoles } from '../../tasks/roles/roles.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import type { Machine, Topology } from '../../tasks/topology/model.ts';
import { STAT, well } from './helpers/well.ts';

const root = join(import.meta.dirname, '../..');
const roles = readRoles(root);

describe('drill: full redundancy', () => {
  let topology: Topology;
  let facts: Inspections;
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
    ['in sync', 'db2', 'galera', 'Synced', 'Joined', /^db2: Galera is Joined$/],
    ['the gate', 'db1', 'gate', 'primary synced', 'nonprimary', /^db1: its gate is closed$/],
    [
      'DRBD in sync',
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
      'a fencing device',
      'db2',
      'fencing',
      ' power-switch-db2\n',
      '',
      /^db2: Pacemaker cannot use the power switch/,
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
    [
      'a sentinel whose clock was set back',
      'lb2',
      'sentinel',
      'reply\n211',
      'reply\n-3589120',
      /^lb2: Sentinel does not ask the master$/,
    ],
    [
      'a sentinel that has had no answer',
      'lb2',
      'sentinel',
      'reply\n211',
      'reply\n9000',
      /^lb2: Sentinel does not ask the master$/,
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
    expect(
      parseStat(STAT).map((server) => `${server.backend} ${server.name} ${server.status}`),
    ).to.deep.equal([...['web web1 UP', 'web web2 UP 1/3', 'web web1-anyway no check']]);
    expect(parsePairs('a:b\r\nwsrep\tx y\n# c\n')).to.deep.equal({ a: 'b', wsrep: 'x y' });
  });
});

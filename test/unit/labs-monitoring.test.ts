import { expect } from 'chai';
import {
  FIGURES,
  figuresOf,
  OUTS,
  RULES,
  rulesOf,
  SILENCES,
  silencesOf,
  TELLING,
} from '../../labs/15-monitoring/asked.ts';
import { episodesOf, MESSAGES, toldAlone, toldBy } from '../../labs/15-monitoring/messages.ts';
import { checksOf } from '../../tasks/exercises/checks/plan.ts';
import { labNamed } from '../../tasks/exercises/guides/load.ts';
import { contextOf, labs } from './helpers/facts.ts';
import { type Said, unmetBy } from './helpers/unmet.ts';

const context = contextOf();
const { expectations } = await checksOf(labNamed(labs, '15'), context);

const T = 1_764_540_000;
const LOSSES = [
  'WebMachineOut',
  'LoadBalancerOut',
  'GaleraIncomplete',
  'StorageOneCopy',
  'VoteMissing',
  'SessionsOneCopy',
  'OneSwitch',
];
const of = (name: string, value: number, ...machines: string[]) =>
  machines.map((machine) => `${name} ${machine} ${machine}:9100 ${value}`);
const ALL = ['client', 'lb1', 'lb2', 'web1', 'web2', 'db1', 'db2'];
const words = (sign: string) => LOSSES.map((name) => `${sign}${name}@${name === 'OneSwitch' ? 'web1' : ''}`);

/** The client of somebody who did the lab. */
const GOOD = {
  figures: [
    'client',
    FIGURES,
    [
      ...of('up', 1, ...ALL),
      ...of('node_load1', 0.4, ...ALL),
      ...of('haproxy_backend_active_servers', 2, 'lb1', 'lb2'),
      ...of('mysql_up', 1, 'db1', 'db2'),
      ...of('corosync_votes', 3, 'db1', 'db2'),
      ...of('redis_connected_replicas', 0, 'web1', 'web2'),
      ...of('node_bonding_slaves', 2, ...ALL),
      `probe_success - https://${context.host}/index.php/login 1`,
    ].join('\n'),
  ],
  rules: [
    'client',
    RULES,
    [
      'ServiceDown ok 10 page',
      ...LOSSES.map((name) => `${name} ok 30 redundancy`),
      'CertificateEnds ok 30 redundancy',
    ].join('\n'),
  ],
  telling: ['client', TELLING, 'alertmanagers 1\nready disabled\ninhibitions 2\n'],
  outs: ['client', OUTS, '4\n'],
  silences: ['client', SILENCES, `expired ${T + 1000} ${T + 1300} web2 42 26\n`],
  messages: [
    'client',
    MESSAGES,
    [
      `${T} ticket room-lab ${words('+').join(' ')}`,
      `${T + 200} ticket room-lab ${words('-').join(' ')}`,
      `${T + 300} ticket room-lab +MachineSilent@db2`,
      `${T + 500} ticket room-lab -MachineSilent@db2`,
      `${T + 600} page room-lab +ServiceDown@`,
      `${T + 660} page room-lab -ServiceDown@`,
      `${T + 2000} ticket room-lab +CertificateEnds@lb2`,
      `${T + 2100} ticket room-lab -CertificateEnds@lb2`,
    ].join('\n'),
  ],
} satisfies Record<string, Said>;

/** How many expectations of a step, of those that ask for nothing else, do not hold. */
function unmet(step: number, change: Partial<Record<keyof typeof GOOD, string>> = {}): number {
  const all = Object.entries(GOOD).map(
    ([name, [machine, probe, out]]): Said => [machine, probe, change[name as keyof typeof GOOD] ?? out],
  );
  return unmetBy(expectations.get(step) ?? [], all).unmet;
}
const messages = (from: string | RegExp, to: string) => ({ messages: GOOD.messages[2].replace(from, to) });

describe('lab 15: monitoring and alerting', () => {
  it('all holds of who did it', () => {
    for (const step of [1, 2, 3, 4, 5, 6]) expect(unmet(step), String(step)).to.equal(0);
  });

  it('messages are told from what is none', () => {
    for (const text of ['', 'tail: cannot open', '12 ticket room +X@', `${T} ticket room X@ +X Y`])
      expect(toldBy(text), text).to.deep.equal([]);
    expect(toldBy(`${T} page r +A@ -B@web1`)).to.deep.equal([
      { at: T, to: 'page', room: 'r', begins: true, alert: 'A', machine: '' },
      { at: T, to: 'page', room: 'r', begins: false, alert: 'B', machine: 'web1' },
    ]);
  });

  it('an episode begins once and needs an end, of the same machine', () => {
    const all = toldBy(
      `${T} t r +A@x\n${T + 9} t r +A@x\n${T + 20} t r -A@y\n${T + 30} t r -A@x\n${T + 40} t r +A@x`,
    );
    expect(episodesOf(all, 'A')).to.deep.equal([{ from: T, until: T + 30, to: 't', machine: 'x' }]);
  });

  it('a cause is told alone only without what begins beside it, before its end', () => {
    const alone = (text: string) => toldAlone(toldBy(`${text}\n${T + 90} t r -M@x`), 'M').length;
    expect(alone(`${T} t r +M@x`)).to.equal(1);
    for (const text of [
      `${T} t r +M@x +A@`,
      `${T - 20} t r +A@\n${T} t r +M@x`,
      `${T} t r +M@x\n${T + 50} t r +A@`,
    ])
      expect(alone(text), text).to.equal(0);
    expect(alone(`${T - 60} t r +A@\n${T} t r +M@x -A@`)).to.equal(1);
  });

  it('what Prometheus and Alertmanager did not say is nothing', () => {
    for (const text of ['', 'curl: (7)', 'null']) {
      expect(figuresOf(text)).to.deep.equal([]);
      expect(rulesOf(text)).to.deep.equal([]);
      expect(silencesOf(text)).to.deep.equal([]);
    }
  });

  for (const [what, step, change] of [
    [
      'a target that does not answer',
      1,
      { figures: GOOD.figures[2].replace('up web1 web1:9100 1', 'up web1 web1:9100 0') },
    ],
    ['a machine without figures', 1, { figures: GOOD.figures[2].replace(/^node_load1 db2 .*\n/m, '') }],
    [
      'a database that the exporter does not reach',
      1,
      { figures: GOOD.figures[2].replace(/^(mysql_up db1 .*) 1$/m, '$1 0') },
    ],
    ['votes that nobody tells', 1, { figures: GOOD.figures[2].replace(/^corosync_votes db1 .*\n/m, '') }],
    ['a page that is not got', 2, { figures: GOOD.figures[2].replace(/login 1$/, 'login 0') }],
    [
      'another page than that of visitors',
      2,
      { figures: GOOD.figures[2].replace(/https:\S+/, 'http://127.0.0.1:80/') },
    ],
    ['a missing rule', 3, { rules: GOOD.rules[2].replace('VoteMissing', 'VotesMissing') }],
    ['a rule with a mistake', 3, { rules: GOOD.rules[2].replace('OneSwitch ok', 'OneSwitch err') }],
    ['no Alertmanager', 3, { telling: 'alertmanagers 0\nready disabled\n' }],
    ['a loss that was never told', 3, messages('+SessionsOneCopy@', '')],
    ['a loss whose end was never told', 3, messages('-StorageOneCopy@', '')],
    ['no inhibition', 4, { telling: 'alertmanagers 1\nready disabled\ninhibitions 0\n' }],
    [
      'a machine that was told with what follows',
      4,
      messages('+MachineSilent@db2', '+MachineSilent@db2 +VoteMissing@'),
    ],
    [
      'a machine whose consequences came later',
      4,
      messages('\n1764540500', `\n${T + 400} ticket room-lab +VoteMissing@\n1764540500`),
    ],
    ['an outage for which nobody was called', 4, messages(/ page /g, ' ticket ')],
    ['an alert in spite of a silence', 5, messages(/$/, `\n${T + 1100} ticket room-lab +WebMachineOut@web2`)],
    ['a silence in which nothing fired', 5, { silences: `expired ${T + 1000} ${T + 1300} web2 0 26\n` }],
    ['a silence without a reason', 5, { silences: `expired ${T + 1000} ${T + 1300} web2 42 0\n` }],
    ['a silence for a day', 5, { silences: `expired ${T + 1000} ${T + 90_000} web2 42 26\n` }],
    ['a forgotten silence', 5, { silences: `active ${T + 3000} ${T + 9000} - 0 4\n${GOOD.silences[2]}` }],
    [
      'a rule that does not wait',
      5,
      { rules: GOOD.rules[2].replace('GaleraIncomplete ok 30', 'GaleraIncomplete ok 0') },
    ],
    [
      'a rule that waits for an hour',
      5,
      { rules: GOOD.rules[2].replace('GaleraIncomplete ok 30', 'GaleraIncomplete ok 3600') },
    ],
    ['no short absence', 5, { outs: '2\n' }],
    ['no rule for the certificate', 6, { rules: GOOD.rules[2].replace('CertificateEnds', 'Certificate') }],
    ['a certificate whose end was never told', 6, messages('-CertificateEnds@lb2', '')],
    ['a certificate of no load balancer', 6, messages(/CertificateEnds@lb2/g, 'CertificateEnds@')],
  ] as const)
    it(`${what} is found in step ${step}`, () => {
      expect(unmet(step, change)).to.equal(1);
    });

  it('where machines have one card nobody asks for two', () => {
    const figures = GOOD.figures[2].replace(/^node_bonding_slaves .*\n/gm, '');
    const rules = GOOD.rules[2].replace(/^OneSwitch.*\n/m, '');
    expect(unmet(3, { figures, rules, ...messages(/ [+-]OneSwitch@web1/g, '') })).to.equal(0);
    expect(unmet(3, { rules, ...messages(/ [+-]OneSwitch@web1/g, '') })).to.equal(2);
  });

  it('a short absence is one more than what was told and what was silenced', () => {
    expect(unmet(5, { outs: '3\n' })).to.equal(0);
    expect(unmet(5, { outs: '' })).to.equal(1);
  });
});

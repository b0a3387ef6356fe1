import { expect } from 'chai';
import {
  failedIn,
  lostRows,
  planned,
  plansOf,
  quiet,
  RUNBOOK,
  VISITS,
  visitsOf,
  watched,
} from '../../labs/14-maintenance/visitors.ts';
import {
  BALANCER,
  CARRIED,
  DATABASE,
  drainsOf,
  entriesOf,
  inTurn,
  pausesOf,
  times,
  WEB,
} from '../../labs/14-maintenance/works.ts';
import { checksOf } from '../../tasks/exercises/checks/plan.ts';
import { labNamed } from '../../tasks/exercises/guides/load.ts';
import { contextOf, labs } from './helpers/facts.ts';
import { type Said, unmetBy } from './helpers/unmet.ts';

const { expectations } = await checksOf(labNamed(labs, '14'), contextOf());

/** Seconds from here on: the visitors came at 0, and went on until 3000. */
const T = 1_800_000_000;
const at = (seconds: number) => (T + seconds).toFixed(3);
const line = (seconds: number, machine: string, text: string) =>
  `${at(seconds)} ${machine} unit[7]: ${text}\n`;
const boots = (...spans: [number, number][]) =>
  spans.map(([from, to]) => `"first_entry":${(T + from) * 1e6},"last_entry":${(T + to) * 1e6}`).join('\n');

const drain = (web: string, from: number, to: number) =>
  line(from, 'lb', `[WARNING]  (7) : Server web/${web} enters drain state. 1 active`) +
  line(to, 'lb', `Server web/${web} is UP (leaving forced drain).`);
const drained = drain('web1', 100, 140) + drain('web2', 160, 200);
const carried = (name: string) => line(0, name, 'Started haproxy.service - HAProxy');
const started = (name: string, from: number) =>
  ['haproxy', 'keepalived', 'mysqlrouter']
    .map((unit) => line(from, name, `Started ${unit}.service`))
    .join('');
const cycled = (name: string, from: number, to: number) =>
  line(from, name, 'Stopping mariadb.service - MariaDB') +
  line(to, name, '2026-11-30 2 [Note] WSREP: Synchronized with group, ready for connections');

/** The machines of somebody who did the lab: web at 100 to 200, reloads at 300, databases from 500, storage from 700, load balancers from 1000. */
const GOOD: Record<string, Said> = {
  visits: [
    'client',
    VISITS,
    `${[...Array(150)].map((_, run) => `${T + 22 + run * 20} 44 0`).join('\n')}\nspan ${T} ${T + 3000}\n`,
  ],
  runbook: [
    'client',
    RUNBOOK,
    [
      [90, 'web1'],
      [150, 'web2'],
      [290, 'lb1'],
      [290, 'lb2'],
      [490, 'db2'],
      [540, 'db1'],
      [690, 'db1'],
      [990, 'lb2'],
      [1090, 'lb1'],
    ]
      .map(([seconds, machine]) => `${T + Number(seconds)} ${machine} | both up | restart | state ready`)
      .join('\n'),
  ],
  lb1: [
    'lb1',
    BALANCER,
    `${drained}${line(300, 'lb1', 'Reloaded haproxy.service - H')}file ${T + 295} /etc/haproxy/haproxy.cfg\nfile ${T + 296} /etc/haproxy/lab.pem\n`,
  ],
  lb2: [
    'lb2',
    BALANCER,
    `${drained}${line(300, 'lb2', 'Reloaded haproxy.service - H')}file ${T + 295} /etc/haproxy/haproxy.cfg\nfile ${T + 296} /etc/haproxy/lab.pem\n`,
  ],
  web1: [
    'web1',
    WEB,
    line(120, 'web1', 'Started apache2.service - A') + line(250, 'web1', 'Reloaded apache2.service - A'),
  ],
  web2: [
    'web2',
    WEB,
    line(180, 'web2', 'Started apache2.service - A') + line(250, 'web2', 'Reloaded apache2.service - A'),
  ],
  db1: [
    'db1',
    DATABASE,
    `${cycled('db1', 550, 560)}${line(700, 'db1', 'Stopped nfs-server.service')}${line(720, 'db1', 'Stopping pacemaker.service')}${cycled('db1', 720, 790)}born ${T - 50}\n${boots([-90, 730], [750, 2000])}`,
  ],
  db2: [
    'db2',
    DATABASE,
    `${cycled('db2', 500, 510)}${line(705, 'db2', 'Finished nfs-server.service')}born ${T - 50}\n${boots([-90, 2000])}`,
  ],
  carried1: ['lb1', CARRIED, `${carried('lb1')}${started('lb1', 1130)}${boots([-90, 1100], [1110, 2000])}`],
  carried2: [
    'lb2',
    CARRIED,
    `${carried('lb2')}${started('lb2', 1040)}${line(1101, 'lb2', '(front) Entering MASTER STATE')}${boots([-90, 1000], [1010, 2000])}`,
  ],
};

/** How many expectations of a step, of those that ask for nothing else, do not hold. */
function unmet(step: number, change: Record<string, (text: string) => string> = {}): number {
  const all = Object.entries(GOOD).map(([name, [machine, probe, out]]): Said => {
    const said = change[name]?.(out) ?? out;
    if (change[name]) expect(said, name).to.not.equal(out);
    return [machine, probe, said];
  });
  const found = unmetBy(expectations.get(step) ?? [], all);
  expect(found.asked, String(step)).to.not.equal(0);
  return found.unmet;
}

describe('lab 14: maintenance without interruption', () => {
  const visits = visitsOf(
    '1800000022 44 0\n1800000042 44 1\nfailed 1800000030 row 503\nspan 1800000000 1800000060\n',
  );

  it('a time is watched by runs that overlap, and by writes', () => {
    expect(watched(visits, [T + 1, T + 40])).to.equal(true);
    expect(watched(visits, [T + 1, T + 50]), 'no run').to.equal(false);
    expect(watched(visitsOf('1800000022 44 0\n'), [T + 1, T + 10]), 'no writes').to.equal(false);
    expect(watched({ ...visits, gaps: [[T + 5, T + 30]] }, [T + 1, T + 10]), 'a gap').to.equal(false);
    expect(watched(visitsOf(''), [T, T + 1])).to.equal(false);
  });

  it('what failed counts in the time in which it was under way', () => {
    expect(failedIn(visits, [T + 25, T + 40])).to.equal(2);
    expect(failedIn({ ...visits, failed: [] }, [T + 1, T + 15])).to.equal(0);
    expect(quiet(visits, [T + 5, T + 25])).to.equal(false);
  });

  it('rows are counted up to a minute that both sides know', () => {
    expect(lostRows('1800000060 30\n1800000000 10\n', '1800000000\t10\n1799999940\t0')).to.equal(0);
    expect(lostRows('1800000060 30\n1800000000 10\n', '1800000060\t28\n1800000000\t10')).to.equal(2);
    expect(lostRows('1800000060 0\n', '1800000060\t0')).to.equal(undefined);
    expect(lostRows('', '')).to.equal(undefined);
  });

  it('a line of the runbook has its time, its machine and three fields, and holds for a while', () => {
    const plans = plansOf(
      `${T} web1 | both up | restart | ready\n${T} web2 | x | y | z\nweb1 | both up | work | back\n`,
    );
    expect(plans).to.deep.equal([{ at: T, machine: 'web1' }]);
    expect([T - 5, T, T + 300, T + 301].map((time) => planned(plans, 'web1', time))).to.deep.equal([
      false,
      true,
      true,
      false,
    ]);
  });

  it('journals are read, whichever way round they are told', () => {
    const text = drained.split('\n').reverse().join('\n');
    expect(drainsOf(text, 'web1')).to.deep.equal([[T + 100, T + 140]]);
    expect(times(entriesOf('-- Boot 17 --\nnonsense\n'), /./)).to.deep.equal([]);
    expect(pausesOf(boots([10, 20], [-5, 0]))).to.deep.equal([[T, T + 10]]);
    expect(inTurn([[1, 3]], [[2, 4]])).to.equal(false);
    expect(
      inTurn(
        [[1, 3]],
        [
          [2, 4],
          [3, 5],
        ],
      ),
    ).to.equal(true);
  });

  it('all holds of who did it', () => {
    for (const step of [2, 3, 4, 5, 6]) expect(unmet(step), String(step)).to.equal(0);
  });

  const move = (from: number, to: number) => (text: string) => text.replaceAll(at(from), at(to));
  const failing = (seconds: number) => (text: string) => `${text}failed ${T + seconds} row 503\n`;
  for (const [what, step, change] of [
    ['web1 that was restarted outside of its drain', 2, { web1: move(120, 145) }],
    [
      'web1 that was drained on one load balancer only',
      2,
      { lb2: (text: string) => text.replaceAll('web/web1', 'web/web9') },
    ],
    ['both out at the same time', 2, { lb1: move(160, 130) }],
    ['a row that failed while web2 was out', 2, { visits: failing(190) }],
    [
      'web2 without a line of the runbook',
      2,
      { runbook: (text: string) => text.replace(' web2 ', ' web3 ') },
    ],
    ['Apache that was never reloaded', 2, { web1: (text: string) => text.replace('Reloaded', 'Started') }],
    ['HAProxy that was restarted instead', 3, { lb2: (text: string) => text.replace('Reloaded', 'Started') }],
    [
      'a configuration that nothing has read',
      3,
      { lb1: (text: string) => text.replace(`file ${T + 295}`, `file ${T + 310}`) },
    ],
    [
      'a database that was restarted while the other one was away',
      4,
      { db1: (text: string) => move(550, 505)(text).replace(`${at(720)} db1 unit[7]: Stopping mariadb`, '') },
    ],
    ['a full copy', 4, { db2: (text: string) => text.replace(`born ${T - 50}`, `born ${T + 505}`) }],
    ['a row that failed while a database was away', 4, { visits: failing(505) }],
    ['a machine that was shut down with the storage on it', 5, { db1: move(700, 722) }],
    [
      'a storage machine that never went',
      5,
      { db1: (text: string) => text.replace(/"first_entry":.*\n/, '') },
    ],
    ['a load balancer that went before the other one was back', 6, { carried2: move(1040, 1105) }],
    [
      'a front address that moved twice',
      6,
      { carried2: (text: string) => line(1001, 'lb1', '(front) Entering MASTER STATE') + text },
    ],
    [
      'a load balancer that nobody had planned',
      6,
      { runbook: (text: string) => text.replace(`${T + 1090} lb1`, `${T + 1190} lb1`) },
    ],
    ['visitors who had gone', 6, { visits: (text: string) => text.replace(`${T + 1062} 44 0\n`, '') }],
  ] as const)
    it(`${what} is found in step ${step}`, () => {
      expect(unmet(step, change)).to.equal(1);
    });
});

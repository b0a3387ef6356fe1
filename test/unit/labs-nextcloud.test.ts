import { expect } from 'chai';
import { CONFIGURATION, configurationOf } from '../../labs/12-nextcloud/configuration.ts';
import { UPLOADED, UPLOADS, uploadsOf } from '../../labs/12-nextcloud/uploads.ts';
import { ROOT } from '../../tasks/base/paths.ts';
import { FactsView } from '../../tasks/exercises/checks/expectation.ts';
import { checksOf } from '../../tasks/exercises/checks/plan.ts';
import { type Answer, type Probe, probeKey } from '../../tasks/exercises/checks/probe.ts';
import { labNamed, readLabs } from '../../tasks/exercises/guides/load.ts';
import { loadTopology } from '../../tasks/topology/load.ts';

const lab = labNamed(readLabs(ROOT), '12');
const { expectations } = await checksOf(lab, {
  ...{ topology: await loadTopology('seven', ROOT), student: undefined, host: 'lab.test' },
});
const GOOD = {
  ...{ instanceid: 'oc1', salt: 'a', secret: 'b', dbhost: '10.0.2.30:3306', dbname: 'cloud-lab' },
  ...{ data: '/srv/shared/nextcloud', proxies: ['10.0.2.11', '10.0.2.12'], protocol: 'https' },
  ...{ locking: '\\OC\\Memcache\\Redis', redis: '127.0.0.1', installedat: '1', jobs: 'cron', age: 30 },
};

/** The title of each expectation of a step that asks for these probes alone and does not hold. */
function unmet(step: number, answers: [machine: string, probe: Probe, out: string][]): string[] {
  const machines = Object.fromEntries(
    ['client', 'web1', 'web2'].map((name) => {
      const own: Record<string, Answer> = {};
      for (const [machine, probe, out] of answers)
        if (machine === name) own[probeKey(probe)] = { code: 0, out };
      return [name, { state: 'answered' as const, took: 1, identity: {}, answers: own }];
    }),
  );
  const facts = new FactsView({ collected: '', machines });
  const asked = answers.map(([machine, probe]) => `${machine} ${probeKey(probe)}`);
  const found: string[] = [];
  for (const { title, needs, judge } of expectations.get(step) ?? []) {
    if (!needs.every(({ machine, probe }) => asked.includes(`${machine} ${probeKey(probe)}`))) continue;
    try {
      judge(facts);
    } catch {
      found.push(title.en);
    }
  }
  return found;
}

const configured = (web1: object, web2: object): [string, Probe, string][] => [
  ['web1', CONFIGURATION, JSON.stringify({ ...GOOD, ...web1 })],
  ['web2', CONFIGURATION, JSON.stringify({ ...GOOD, ...web2 })],
];

describe('lab 12: one Nextcloud on two machines', () => {
  it('a configuration is read, and what is none is told from one', () => {
    expect(configurationOf(JSON.stringify(GOOD))).to.deep.equal(GOOD);
    const none = { ...GOOD, instanceid: '', dbname: '' };
    for (const text of ['', 'PHP Fatal error', '{}', JSON.stringify(none)])
      expect(configurationOf(text)).to.equal(undefined);
  });

  it('the same on both, and as it must be', () => {
    for (const step of [2, 3, 4, 5]) expect(unmet(step, configured({}, {})), String(step)).to.deep.equal([]);
  });

  for (const [what, step, web2] of [
    ['another salt', 2, { salt: 'x' }],
    ['another database', 2, { dbname: 'other' }],
    ['not installed', 2, { installedat: '' }],
    ['files of its own', 2, { data: '/var/www/data' }],
    ['one load balancer unknown', 3, { proxies: ['10.0.2.11'] }],
    ['everybody believed', 3, { proxies: ['10.0.2.0/24'] }],
    ['plain HTTP in its links', 3, { protocol: '' }],
    ['locks of its own', 4, { locking: '\\OC\\Memcache\\APCu' }],
    ['locks at one Redis by its name', 4, { redis: '10.0.2.21' }],
  ] as const)
    it(`${what} on web2 is found in step ${step}`, () => {
      expect(unmet(step, configured({}, web2))).to.have.length(1);
    });

  it('background jobs that nobody does are found', () => {
    for (const web1 of [{ jobs: 'ajax' }, { age: null }, { age: 7200 }])
      expect(unmet(5, configured(web1, {}))).to.have.length(1);
  });

  describe('uploads while the storage moves', () => {
    const sum = (index: number) => index.toString(16).padStart(64, '0');
    const asked = Array.from({ length: 30 }, (_, index) => ({
      ...{ name: `upload-1-${index}.bin`, code: 201, seconds: index === 9 ? 8.4 : 0.2, sum: sum(index) },
    }));
    const line = ({ name, code, seconds, sum }: (typeof asked)[number]) =>
      `${name} ${code} ${seconds.toFixed(6)} ${sum}`;
    const there = asked.map(({ name, sum }) => `${sum} ${name}`);
    const lost = (log: string[], disk: string[]) =>
      unmet(6, [
        ['client', UPLOADS, log.join('\n')],
        ['web1', UPLOADED, `${disk.join('\n')}\n`],
      ]).length;

    it('all that was acknowledged is there; what was not may be missing', () => {
      expect(uploadsOf(asked.map(line).join('\n'))).to.deep.equal(asked);
      expect(lost(asked.map(line), there)).to.equal(0);
      const refused = asked.map((upload, index) => line(index === 3 ? { ...upload, code: 502 } : upload));
      expect(lost(refused, there.toSpliced(3, 1))).to.equal(0);
    });

    it('one that is missing, another content, too few, or no takeover felt is not enough', () => {
      expect(lost(asked.map(line), there.slice(1))).to.equal(1);
      expect(lost(asked.map(line), [`${sum(99)} upload-1-0.bin`, ...there.slice(1)])).to.equal(1);
      expect(lost(asked.slice(0, 12).map(line), there)).to.equal(1);
      expect(
        lost(
          asked.map((upload) => line({ ...upload, seconds: 0.2 })),
          there,
        ),
      ).to.equal(1);
      expect(lost([], there)).to.equal(1);
    });
  });
});

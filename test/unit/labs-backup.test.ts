import { expect } from 'chai';
import { ALARM, copiesOf, DATABASE, LOG, TESTED, VERSIONS } from '../../labs/13-backup/backups.ts';
import { KEYS, keysOf, TRUSTED } from '../../labs/13-backup/keys.ts';
import {
  CLOCK,
  countOf,
  MEASURED,
  missingOf,
  PREDICTED,
  RECEIPTS,
  ROWS,
  rangesOf,
} from '../../labs/13-backup/shop.ts';
import { checksOf } from '../../tasks/exercises/checks/plan.ts';
import { labNamed } from '../../tasks/exercises/guides/load.ts';
import { contextOf, labs } from './helpers/facts.ts';
import { type Said, unmetBy } from './helpers/unmet.ts';

const { expectations } = await checksOf(labNamed(labs, '13'), contextOf());

const OWN = 'ssh-ed25519 AAAAclient backup\n';
const HELD =
  'ssh-ed25519 AAAAlab\nrestrict,from="10.0.2.100",command="/usr/local/sbin/backup-give" ssh-ed25519 AAAAclient backup\n';

/** The machines of somebody who did the lab: sales from 1000 on, a disaster at 1200, 40 receipts lost in it. */
const GOOD = {
  copies: [
    'client',
    DATABASE,
    '20260101-023000 db2 log-applied 5000 9000\nlog.000002 8990\n20260101-023000 ',
  ],
  log1: ['db1', LOG, 'log.000009 8995'],
  log2: ['db2', LOG, 'log.000002 8995'],
  clock: ['web1', CLOCK, '1000-1200 1280-2000\n1000-2000\n1200 80\n'],
  receipts: ['web1', RECEIPTS, '1000-1160 1280-2001\n'],
  rows1: ['db1', ROWS, '1000-1200 1280-2000\n'],
  rows2: ['db2', ROWS, '1000-1200 1280-2001\n'],
  keys: ['client', KEYS, OWN],
  trusted1: ['db1', TRUSTED, HELD],
  trusted2: ['db2', TRUSTED, HELD],
  trusted3: ['web1', TRUSTED, HELD],
  trusted4: ['web2', TRUSTED, HELD],
  versions: ['client', VERSIONS, '12 1990 2010 161\n1000-1160 1280-1989\n'],
  tested: ['client', TESTED, '1100 20260101-023000 100 1099 0\n'],
  predicted: ['client', PREDICTED, 'at 1198\nrows 0\nfiles 65\nrto 300\n'],
  measured: ['client', MEASURED, 'rows 0\nfiles 40\nrto 80\n'],
  alarm: ['lb1', ALARM, '0 old\n10 fresh\n86400 fresh\n'],
} satisfies Record<string, Said>;

/** How many expectations of a step, of those that ask for nothing else, do not hold. */
function unmet(step: number, change: Partial<Record<keyof typeof GOOD, string>> = {}): number {
  const all = Object.entries(GOOD).map(
    ([name, [machine, probe, out]]): Said => [machine, probe, change[name as keyof typeof GOOD] ?? out],
  );
  return unmetBy(expectations.get(step) ?? [], all).unmet;
}

describe('lab 13: backup and restore', () => {
  it('sales are ranges, of which some are missing', () => {
    const sold = rangesOf('10-19 30-39');
    expect(sold).to.deep.equal([
      [10, 19],
      [30, 39],
    ]);
    expect(missingOf(sold, rangesOf('12-32 35-50'), 100)).to.equal(4);
    expect(missingOf(sold, rangesOf('12-32 35-50'), 33)).to.equal(3);
    expect(missingOf(sold, [], 9)).to.equal(0);
    expect(countOf(sold, 30)).to.equal(11);
    for (const text of ['', '-', 'x-y', '5', '$(id)-7']) expect(rangesOf(text), text).to.deep.equal([]);
  });

  it('what is no copy of a database is told from one', () => {
    expect(copiesOf(GOOD.copies[2])).to.deep.include({ machine: 'db2', type: 'log-applied', age: 4000 });
    for (const text of ['', 'ls: cannot access', ' db2  5000 9000'])
      expect(copiesOf(text)).to.equal(undefined);
  });

  it('a key is held by restrict and a command, wherever they stand', () => {
    expect(keysOf(OWN, HELD)).to.deep.equal({ known: 1, open: 0 });
    for (const line of ['', 'restrict ', 'command="x" ', 'restrict,command="" ', 'from="restrict,command=" '])
      expect(keysOf(OWN, `${line}${OWN}`), line).to.deep.equal({ known: 1, open: 1 });
    expect(keysOf('', HELD).known).to.equal(0);
    expect(keysOf(OWN, `# ${OWN}`).known).to.equal(0);
  });

  it('all holds of who did it', () => {
    for (const step of [2, 3, 4, 5, 6]) expect(unmet(step), String(step)).to.equal(0);
  });

  for (const [what, step, change] of [
    ['a copy that was never prepared', 2, { copies: GOOD.copies[2].replace('log-applied', 'full-backuped') }],
    ['a copy of last week', 2, { copies: GOOD.copies[2].replace('9000', '909000') }],
    ['a log that is not fetched any more', 2, { log2: 'log.000002 9995' }],
    ['a log of which the newest is missing', 2, { log2: 'log.000003 8995' }],
    ['a database without a log', 2, { log2: '' }],
    ['a key that may do anything', 2, { trusted4: OWN }],
    ['a machine without the key', 2, { trusted1: 'ssh-ed25519 AAAAlab\n' }],
    ['two versions', 3, { versions: '2 1990 2010 161\n1000-1160 1280-1989\n' }],
    ['an old version', 3, { versions: '12 1990 2510 161\n1000-1160 1280-1989\n' }],
    ['versions that share nothing', 3, { versions: '12 1990 2010 0\n1000-1160 1280-1989\n' }],
    ['a version without some receipts', 3, { versions: '12 1990 2010 161\n1010-1160 1280-1989\n' }],
    ['no restore test', 4, { tested: '' }],
    ['a restore test with rows without receipt', 4, { tested: '1100 20260101-023000 100 1099 3\n' }],
    ['a restore test with fewer rows than were sold', 4, { tested: '1100 20260101-023000 99 1099 0\n' }],
    ['a restore test with more rows than were tried', 4, { tested: '1100 20260101-023000 101 1099 0\n' }],
    ['a restore test of a copy that is gone', 4, { tested: '1100 20250101-023000 100 1099 0\n' }],
    ['a prediction from afterwards', 5, { predicted: 'at 1290\nrows 0\nfiles 65\nrto 300\n' }],
    ['a prediction without RTO', 5, { predicted: 'at 1198\nrows 0\nfiles 65\n' }],
    ['a receipt more than lost', 5, { measured: 'rows 0\nfiles 41\nrto 80\n' }],
    ['another RTO', 5, { measured: 'rows 0\nfiles 40\nrto 60\n' }],
  ] as const)
    it(`${what} is found in step ${step}`, () => {
      expect(unmet(step, change)).to.equal(1);
    });

  it('rows that one database lacks are found, whatever was noted', () => {
    expect(unmet(5, { rows2: '1000-1150 1280-2000\n' })).to.equal(2);
    expect(unmet(5, { rows2: '1000-1150 1280-2000\n', measured: 'rows 50\nfiles 40\nrto 80\n' })).to.equal(1);
  });

  it('without a disaster nothing is measured', () => {
    expect(unmet(5, { clock: '1000-2000\n1000-2000\n0 0\n' })).to.equal(2);
  });

  it('an alarm that always or never rings, or by another age, is found', () => {
    for (const alarm of ['0 fresh\n10 fresh\n86400 fresh\n', '0 old\n10 old\n86400 old\n', ''])
      expect(unmet(6, { alarm }), alarm).to.equal(1);
    const versions = '12 1990 2110 161\n1000-1160 1280-1989\n';
    expect(unmet(6, { versions }), 'fresh at 120 s').to.equal(1);
    expect(unmet(6, { versions, alarm: '0 old\n10 old\n86400 fresh\n' })).to.equal(0);
  });
});

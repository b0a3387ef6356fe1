import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { checksOf } from '../../tasks/exercises/checks/plan.ts';
import type { Answer, Probe } from '../../tasks/exercises/checks/probe.ts';
import { labNamed } from '../../tasks/exercises/guides/load.ts';
import { contextOf, labs } from './helpers/facts.ts';
import { type Asked, unmetOf as unmetOfLab } from './helpers/unmet.ts';

const ok = (out: string): Answer => ({ code: 0, out });
const command = (probe: Probe): string => (probe.kind === 'command' ? probe.command : '');

/** Lab 07: what its checks conclude of what the two storage machines and web1 say. */
describe('lab 07: shared files, moved by hand', () => {
  const unmetOf = (step: number, answer: Asked) => unmetOfLab('07', step, answer);

  describe('07.1: the mirror', () => {
    const state = (roles: string, connection = 'Connected', disks = 'UpToDate/UpToDate') =>
      ok(`version: 8.4.11\n 0: cs:${connection} ro:${roles} ds:${disks} C r-----\n`);
    const found = (db1: Answer, db2: Answer) => unmetOf(1, (machine) => (machine === 'db1' ? db1 : db2));

    it('passes with one primary and with none', async () => {
      expect(await found(state('Primary/Secondary'), state('Secondary/Primary'))).to.equal(undefined);
      expect(await found(state('Secondary/Secondary'), state('Secondary/Secondary'))).to.equal(undefined);
    });

    it('fails apart, with an old disk, and with two that write', async () => {
      const good = state('Secondary/Secondary');
      expect(await found(state('Secondary/Unknown', 'StandAlone', 'UpToDate/DUnknown'), good)).to.match(
        /db1/,
      );
      expect(await found(good, state('Secondary/Secondary', 'SyncTarget', 'Inconsistent/UpToDate'))).to.match(
        /db2/,
      );
      const writes = state('Primary/Primary');
      expect(await found(writes, writes)).to.match(/at most one/);
    });
  });

  describe('07.3: the switch-over', () => {
    const found = (witness: string, { db1 = '1\n', db2 = '2\n' } = {}) =>
      unmetOf(3, (machine) => ok({ db1, db2 }[machine] ?? witness));

    it('passes when both have been primary, and every acknowledged line is there', async () => {
      expect(await found('acknowledged 240, longest gap 9.1 s\n240\n')).to.equal(undefined);
    });

    it('fails when one of them never was', async () => {
      const good = 'acknowledged 240, longest gap 9.1 s\n240\n';
      expect(await found(good, { db1: '0\n' })).to.equal('db1 has been primary');
      expect(await found(good, { db2: '' })).to.equal('db2 has been primary');
    });

    it('fails when a line is missing, the witness had an error, or there was none', async () => {
      for (const witness of [
        'acknowledged 240, longest gap 9.1 s\n239\n',
        'acknowledged 240, longest gap 9.1 s\n0\n',
        'acknowledged 240, longest gap 9.1 s\n',
        'acknowledged 0, longest gap 9.1 s\n0\n',
        'OSError: [Errno 116] Stale file handle\n12\n',
        '0\n',
        '',
      ])
        expect(await found(witness), witness).to.match(/^every line that was acknowledged/);
    });
  });

  describe('07.4: the split brain', () => {
    const found = (left: string, { db1 = '1\n', db2 = '1\n' } = {}) =>
      unmetOf(4, (machine) => ok({ db1, db2 }[machine] ?? left));

    it('passes when both saw it and one side was thrown away, whichever it was', async () => {
      expect(await found('db2-alone\n')).to.equal(undefined);
      expect(await found('db1-alone\n')).to.equal(undefined);
    });

    it('fails when nobody has chosen, nothing was written, or there was none', async () => {
      for (const left of ['db1-alone\ndb2-alone\n', ''])
        expect(await found(left), left).to.match(/one side was kept/);
      expect(await found('db2-alone\n', { db2: '0\n' })).to.equal('db2 has seen the split brain');
    });
  });

  it('asks for what the guide leaves behind', async () => {
    const lab = labNamed(labs, '07');
    const { expectations } = await checksOf(lab, contextOf());
    const asked = [...expectations.values()]
      .flat()
      .flatMap(({ needs }) => needs.map(({ probe }) => command(probe)));
    const guide = readFileSync(join(lab.folder, 'guide.en.md'), 'utf8');
    for (const path of ['/var/tmp/by-hand.log', '/srv/shared/by-hand']) {
      expect(
        asked.some((line) => line.includes(path)),
        path,
      ).to.equal(true);
      expect(guide, path).to.include(path);
    }
    for (const name of ['db1-alone', 'db2-alone'])
      expect(guide, name).to.include(`>/srv/`).and.to.include(`/${name}`);
  });
});

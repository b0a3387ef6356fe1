import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../tasks/base/paths.ts';
import { ofMachines } from './helpers/only.ts';

const files = join(ROOT, 'roles/storage/files');
const drbd = (state: string) => `version: 8.4.11\n 0: ${state} C r-----\n    ns:0 nr:0 dw:0\n`;
const PRIMARY = drbd('cs:WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown');
const SECONDARY = drbd('cs:WFConnection ro:Secondary/Unknown ds:UpToDate/DUnknown');
const MEMBER = 'Quorate:          Yes\n 1 1 A,V,NMW here\n 2 1 A,V,NMW other\n';
const ALONE = 'Quorate:          Yes\n 1 1 A,V,NMW here\n';

ofMachines.describe('the mirrored disk', () => {
  let folder = '';
  const at = (name: string) => join(folder, name);
  const program = (name: string, text: string) =>
    writeFileSync(at(name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mirror-'));
    writeFileSync(at('storage.env'), 'STORAGE_PEER=other STORAGE_LINK_WAIT=0\n');
    program('logger', '');
    program('sleep', '');
    program('corosync-quorumtool', `echo x >>"${at('looks')}"; cat "${at('members')}"`);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const env = () => ({
    ...{ LAB_PROC: folder, LAB_PATH: `${folder}:/usr/sbin:/usr/bin:/sbin:/bin` },
    LAB_STORAGE_ENV: at('storage.env'),
  });

  describe('mirror_state', () => {
    const read = (): string => {
      const script = `source "$1"; mirror_state; echo "$mirror|$copying"`;
      const args = ['-c', script, 'test', join(files, 'storage-common')];
      return spawnSync('bash', args, { env: env(), encoding: 'utf8' }).stdout.trim();
    };

    it('is what the kernel says, and how far a copy has come', () => {
      writeFileSync(at('drbd'), PRIMARY);
      expect(read()).to.equal('cs:WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown C r-----|');
      const copy = drbd('cs:SyncSource ro:Primary/Secondary ds:UpToDate/Inconsistent');
      writeFileSync(at('drbd'), `${copy}\t[=>....] sync'ed: 17.5% (1/2)K\n\tfinish: 0:00:01\n`);
      expect(read()).to.equal(
        "cs:SyncSource ro:Primary/Secondary ds:UpToDate/Inconsistent C r-----|sync'ed: 17.5% (1/2)K",
      );
    });

    it('is nothing where no disk is mirrored', () => {
      expect(read()).to.equal('|');
      writeFileSync(at('drbd'), 'version: 8.4.11 (api:1/proto:86-101)\n');
      expect(read()).to.equal('|');
    });
  });

  describe('storage-fence-peer', () => {
    /** Its answer to DRBD, with what Corosync sees and whether the other machine was faster. */
    function answer(state: string | undefined, members: string, other = false) {
      if (state !== undefined) writeFileSync(at('drbd'), state);
      writeFileSync(at('members'), members);
      const holder = other ? 'other' : hostname();
      program(
        'cibadmin',
        `[[ $1 == --create ]] && exit ${other ? 1 : 0}; echo "<expression value=\\"${holder}\\"/>"`,
      );
      const { status } = spawnSync('bash', [join(files, 'storage-fence-peer')], { env: env() });
      return { status, looks: existsSync(at('looks')) ? readFileSync(at('looks'), 'utf8').length / 2 : 0 };
    }

    it('refuses where the data may be old, without asking anybody', () => {
      const old = drbd('cs:WFConnection ro:Secondary/Unknown ds:Consistent/DUnknown');
      expect(answer(old, ALONE)).to.deep.equal({ status: 1, looks: 0 });
      rmSync(at('drbd'));
      expect(answer(undefined, ALONE)).to.deep.equal({ status: 1, looks: 0 });
    });

    it('goes on alone when the other machine is gone: seen twice while it serves, once before a promotion', () => {
      expect(answer(PRIMARY, ALONE)).to.deep.equal({ status: 5, looks: 2 });
      rmSync(at('looks'));
      expect(answer(SECONDARY, ALONE)).to.deep.equal({ status: 5, looks: 1 });
    });

    it('forbids the other machine to take over when only the link is cut, unless that one was faster', () => {
      expect(answer(PRIMARY, MEMBER).status).to.equal(4);
      expect(answer(PRIMARY, MEMBER, true).status).to.equal(1);
    });
  });
});

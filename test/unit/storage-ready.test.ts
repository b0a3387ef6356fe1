import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../tasks/base/paths.ts';
import { ofMachines } from './helpers/only.ts';

const files = join(ROOT, 'roles/storage/files');
const LEAVE = /exec \S*\/storage-unfence-peer"/;

ofMachines.describe('storage-ready', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'storage-ready-'));
    const script = readFileSync(join(files, 'storage-ready'), 'utf8');
    expect(script).to.match(LEAVE);
    writeFileSync(join(folder, 'storage-ready'), script.replace(LEAVE, 'echo "in sync, $SECONDS s"'));
    copyFileSync(join(files, 'storage-common'), join(folder, 'storage-common'));
    writeFileSync(
      join(folder, 'pause.sh'),
      'pause() { SECONDS=$((SECONDS + 1)); drbd >"$LAB_PROC/drbd"; }\n',
    );
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs it with a state of DRBD that is a function of the seconds that have passed: one with each pause. */
  function run(drbd: string, ...args: string[]) {
    writeFileSync(
      join(folder, 'storage.env'),
      `STORAGE_PEER=db2 STORAGE_READY_LIMIT=60
# Unset first: bash then counts no seconds of its own, however slow the computer is.
unset SECONDS; SECONDS=0
drbd() { ${drbd}; }
crm_resource() { echo db1; }
timeout() { "\${@:2}"; }
drbdadm() { echo "drbdadm $*"; }
drbd >"$LAB_PROC/drbd"
`,
    );
    const { status, stdout, stderr } = spawnSync('bash', [join(folder, 'storage-ready'), ...args], {
      encoding: 'utf8',
      env: { LAB_SHARED: folder, LAB_PROC: folder, LAB_STORAGE_ENV: join(folder, 'storage.env') },
    });
    return { code: status, out: stdout.trim().split('\n'), err: stderr.trim() };
  }
  const synced = 'echo " 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----"';
  const copying = 'echo " 0: cs:SyncSource ro:Primary/Secondary ds:UpToDate/Inconsistent C r-----"';

  it('is done at once when both disks are in sync and the service runs', () => {
    expect(run(synced)).to.deep.equal({ code: 0, out: ['in sync, 0 s'], err: '' });
  });

  it('waits as long as a copy goes on, and says how far it is', () => {
    const { code, out } = run(
      `if ((SECONDS < 300)); then ${copying}; echo "  [=>..] sync'ed: $((SECONDS / 40))% (1/2)K"; else ${synced}; fi`,
      '--tell',
    );
    expect(code).to.equal(0);
    expect(out[0]).to.match(/^waiting for the storage, 10 s: .*cs:SyncSource.*sync'ed: 0%/);
    expect(out.at(-1)).to.equal('in sync, 300 s');
  });

  it('gives up when nothing moves any more, and says what is missing', () => {
    const { code, out, err } = run(`${copying}; echo "  [=>..] sync'ed: 7% (1/2)K"`);
    expect({ code, out }).to.deep.equal({ code: 1, out: [''] });
    expect(err).to.include('the disks are not in sync (cs:SyncSource').and.include('is db2 running?');
  });

  it('connects anew when one disk stays behind with nothing being copied', () => {
    const behind = synced.replace('UpToDate/UpToDate', 'UpToDate/Inconsistent');
    expect(run(`if ((SECONDS < 20)); then ${behind}; else ${synced}; fi`).out).to.deep.equal([
      ...['drbdadm disconnect shared', 'drbdadm connect shared', 'in sync, 20 s'],
    ]);
  });
});

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ofMachines } from './helpers/only.ts';

const files = join(import.meta.dirname, '../../roles/storage/files');

/** Cluster attributes as files; every change of one is a line of `log`. */
const CRM_ATTRIBUTE = `node=cluster
while (($#)); do
  case $1 in
    --node) node=$2; shift ;;
    --name) name=$2; shift ;;
    --update) value=$2; shift ;;
  esac
  shift
done
if [[ -v value ]]; then echo "$node $name $value" >>log; echo "$value" >"$node.$name"; else cat "$node.$name" 2>/dev/null; fi`;

/** What lib.sh and provision.sh have, as far as it matters here: what is waited for is there at once or never. */
const AROUND = `set -Eeuo pipefail
fail() { echo "fail: $*" >>log; exit 1; }
changed() { :; }
was_changed() { [[ -e sbd-changed ]]; }
wait_until() { shift; "$@"; }
service_action() { echo "$1 $2" >>log; }
cluster_answers() { :; }
LAB_PATH=$PATH source ${files}/storage-common
scripts=. STORAGE_READY_LIMIT=1 STORAGE_FIRST=db1 STORAGE_PEER=db2
`;

ofMachines.describe('another time of the watchdog', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchdog-'));
    for (const [name, text] of [
      ['crm_attribute', CRM_ATTRIBUTE],
      ['storage-ready', 'exit 0'],
      ['systemctl', 'if [[ $1 == show ]]; then cat sbd.properties; else [[ ! -e off ]]; fi'],
    ] as const) {
      writeFileSync(at(name), `#!/bin/bash\ncd "${folder}"\n${text}\n`);
      chmodSync(at(name), 0o755);
    }
    writeFileSync(at('log'), '');
    writeFileSync(at('sbd-changed'), '');
    sbdBegan(-60);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** sbd began so many seconds after its file was written. */
  function sbdBegan(seconds: number, state = 'active'): void {
    writeFileSync(at('default'), '');
    const written = Math.floor(statSync(at('default')).mtimeMs / 1000);
    writeFileSync(
      at('sbd.properties'),
      `InactiveExitTimestamp=@${written + seconds}\nActiveState=${state}\n`,
    );
  }

  /** The configuration that Pacemaker has kept waits so long. */
  function kept(wait: string): void {
    writeFileSync(
      at('cib.xml'),
      `<cib><nvpair id="1" name="stonith-watchdog-timeout" value="${wait}"/></cib>\n`,
    );
  }

  /** What `what` does on a machine, where the files say these seconds and the cluster waits `inForce`. */
  function run(machine: string, what: string, watchdog: number, wait: number, inForce: string): string[] {
    writeFileSync(at('sbd'), `SBD_PACEMAKER=yes\nSBD_WATCHDOG_TIMEOUT=${watchdog}\n`);
    writeFileSync(
      at('storage.crm'),
      `property cib-bootstrap-options: \\\n    stonith-watchdog-timeout=${wait}s \\\n`,
    );
    if (inForce) writeFileSync(at('cluster.stonith-watchdog-timeout'), `${inForce}\n`);
    spawnSync(
      'bash',
      ['-c', `${AROUND}\nHOSTNAME=${machine}\nsource ${files}/watchdog.sh\nsbd_file=default\n${what}`],
      {
        cwd: folder,
        env: { PATH: `${folder}:${process.env.PATH}`, LAB_CIB: at('cib.xml') },
      },
    );
    return readFileSync(at('log'), 'utf8').trim().split('\n').filter(Boolean);
  }
  const AGAIN = ['stop pacemaker', 'restart corosync', 'start corosync-qdevice', 'start pacemaker'];

  it('a longer one: the wait grows before a machine starts again', () => {
    expect(run('db1', 'take_watchdog', 9, 14, '5s')).to.deep.equal([
      'cluster stonith-watchdog-timeout 14s',
      ...AGAIN,
      'db1 lab-watchdog 9',
    ]);
  });

  it('a shorter one: the wait stays until both machines are done', () => {
    expect(run('db1', 'take_watchdog', 3, 5, '14s')).to.deep.equal([...AGAIN, 'db1 lab-watchdog 3']);
    expect(run('db1', 'await_watchdogs', 3, 5, '14s').at(-1)).to.match(/^fail: db2 /);
    expect(run('db2', 'take_watchdog', 3, 5, '14s').at(-1)).to.equal('db2 lab-watchdog 3');
    expect(run('db1', 'await_watchdogs; echo lowered >>log', 3, 5, '14s').at(-1)).to.equal('lowered');
  });

  it('the later machine waits for the earlier one, and does nothing without it', () => {
    writeFileSync(at('db1.lab-watchdog'), '3\n');
    expect(run('db2', 'take_watchdog', 9, 14, '14s')).to.have.length(1);
    expect(run('db2', 'take_watchdog', 9, 14, '14s').at(-1)).to.match(/^fail: db1 /);
  });

  it('nothing is stopped while the other machine could not take over', () => {
    writeFileSync(at('storage-ready'), '#!/bin/bash\nexit 1\n');
    expect(run('db1', 'take_watchdog', 9, 14, '14s').join()).to.match(/^fail: /);
  });

  it('a machine that was reset meanwhile has it, and does not start again', () => {
    sbdBegan(60);
    expect(run('db1', 'take_watchdog', 9, 14, '5s')).to.deep.equal([
      'cluster stonith-watchdog-timeout 14s',
      'db1 lab-watchdog 9',
    ]);
  });

  it('where Pacemaker does not run: an sbd that waits with the former time begins again, and no other', () => {
    writeFileSync(at('off'), '');
    expect(run('db1', 'take_watchdog', 9, 14, '')).to.deep.equal(AGAIN.slice(0, -1));
    writeFileSync(at('log'), '');
    sbdBegan(60);
    expect(run('db1', 'take_watchdog', 9, 14, '')).to.deep.equal([]);
    sbdBegan(-60, 'failed');
    expect(run('db1', 'take_watchdog', 9, 14, '')).to.deep.equal([]);
  });

  it('a shorter one after the lab was off: each machine says that it has it, once Pacemaker runs', () => {
    kept('14s');
    expect(run('db2', 'tell_watchdog', 3, 5, '14s')).to.deep.equal(['db2 lab-watchdog 3']);
    expect(run('db2', 'tell_watchdog', 3, 5, '14s')).to.have.length(1);
    kept('5s');
    expect(run('db1', 'tell_watchdog', 9, 14, '5s')).to.have.length(1);
  });

  it('before Pacemaker starts the wait that it has kept is raised, never lowered, and none is made', () => {
    writeFileSync(at('storage.env'), 'STORAGE_FENCE_WAIT=14\n');
    const start = () => {
      writeFileSync(at('log'), '');
      const { status, stderr } = spawnSync('bash', [join(files, 'storage-fence-wait')], {
        env: {
          LAB_PATH: `${folder}:/usr/bin:/bin`,
          LAB_CIB: at('cib.xml'),
          LAB_STORAGE_ENV: at('storage.env'),
        },
        encoding: 'utf8',
      });
      expect([status, stderr]).to.deep.equal([0, '']);
      return readFileSync(at('log'), 'utf8');
    };
    expect(start()).to.equal('');
    kept('5s');
    expect(start()).to.equal('cluster stonith-watchdog-timeout 14s\n');
    for (const wait of ['14s', '45', 'soon']) {
      kept(wait);
      expect(start()).to.equal('');
    }
  });

  it('nothing to do where its file has not changed', () => {
    rmSync(at('sbd-changed'));
    kept('45s');
    expect(run('db1', 'take_watchdog; tell_watchdog; await_watchdogs', 9, 14, '14s')).to.deep.equal([]);
  });
});

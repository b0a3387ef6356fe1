import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ofMachines } from './helpers/only.ts';

const script = join(import.meta.dirname, '../../roles/storage/files/watchdog.sh');

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
scripts=. STORAGE_READY_LIMIT=1 STORAGE_FIRST=db1 STORAGE_PEER=db2
`;

ofMachines.describe("the watchdog's time while the cluster runs", () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchdog-'));
    for (const [name, text] of [
      ['crm_attribute', CRM_ATTRIBUTE],
      ['storage-ready', 'exit 0'],
      ['systemctl', '[[ ! -e off ]]'],
    ] as const) {
      writeFileSync(at(name), `#!/bin/bash\ncd "${folder}"\n${text}\n`);
      chmodSync(at(name), 0o755);
    }
    writeFileSync(at('log'), '');
    writeFileSync(at('sbd-changed'), '');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What `what` does on a machine, where the files say these seconds and the cluster waits `inForce`. */
  function run(machine: string, what: string, watchdog: number, wait: number, inForce: string): string[] {
    writeFileSync(at('sbd'), `SBD_PACEMAKER=yes\nSBD_WATCHDOG_TIMEOUT=${watchdog}\n`);
    writeFileSync(
      at('storage.crm'),
      `property cib-bootstrap-options: \\\n    stonith-watchdog-timeout=${wait}s \\\n`,
    );
    if (inForce) writeFileSync(at('cluster.stonith-watchdog-timeout'), `${inForce}\n`);
    spawnSync('bash', ['-c', `${AROUND}\nHOSTNAME=${machine}\nsource ${script}\n${what}`], {
      cwd: folder,
      env: { PATH: `${folder}:${process.env.PATH}` },
    });
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

  it('nothing to do: what does not run yet, or has not changed', () => {
    writeFileSync(at('off'), '');
    expect(run('db1', 'take_watchdog', 9, 14, '')).to.deep.equal([]);
    rmSync(at('off'));
    rmSync(at('sbd-changed'));
    expect(run('db1', 'take_watchdog; await_watchdogs', 9, 14, '14s')).to.deep.equal([]);
  });
});

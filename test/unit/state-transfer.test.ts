import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

const script = join(import.meta.dirname, '../../roles/database/files/bin/wsrep_sst_mariabackup');
const ROLES = join(import.meta.dirname, '../../roles');
const UUID = '11111111-2222-3333-4444-555555555555';

/** The programs around the script: TLS is a pipe between the two sides, a copy is a folder in a tar. */
const PROGRAMS = {
  socat: `case "$*" in *openssl-listen*) exec cat "$FOLDER/wire" ;; *) exec cat >"$FOLDER/wire" ;; esac`,
  mbstream: `case $1 in -x) shift; exec tar xf - "$@" ;; -c) shift; exec tar cf - "$@" ;; esac`,
  'mariadb-backup': `case $1 in
--prepare) [ ! -e "$FOLDER/spoilt" ] ;;
--backup) [ ! -e "$FOLDER/breaks" ] || exit 1; echo "$*" >"$FOLDER/backup-options"; cd "$FOLDER/given" && exec tar cf - * ;;
esac`,
  my_print_defaults: 'cat "$FOLDER/settings"',
  openssl: 'echo "subject=CN=db2,O=lab"',
  debian: 'echo "debian $*"',
};

describe('wsrep_sst_mariabackup', () => {
  let folder: string;
  /** Where the script finds pause.sh. */
  let shared = ROLES;
  const at = (name: string) => join(folder, name);

  beforeEach(() => {
    shared = ROLES;
    folder = mkdtempSync(join(tmpdir(), 'state-transfer-'));
    for (const name of ['bin', 'data/mysql', 'given/mysql', 'proc/net', 'proc/sys/kernel/random', 'proc/1'])
      mkdirSync(at(name), { recursive: true });
    for (const [name, text] of Object.entries(PROGRAMS))
      writeFileSync(at(`bin/${name}`), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
    writeFileSync(
      at('settings'),
      '--ssl-mode=VERIFY_IDENTITY\n--tca=/c/ca\n--tcert=/c/cert\n--tkey=/c/key\n--time=1\n',
    );
    writeFileSync(at('proc/net/tcp'), '  sl  local\n   0: 2002000A:115C 00000000:0000 0A 0\n');
    writeFileSync(at('proc/sys/kernel/random/uuid'), 'a-secret\n');
    writeFileSync(at('data/mysql/old'), 'old');
    writeFileSync(at('data/galera.cache'), 'cache');
    writeFileSync(at('given/mysql/new'), 'new');
    writeFileSync(at('given/backup-my.cnf'), '');
    writeFileSync(at('given/mariadb_backup_galera_info'), `${UUID}:9 0\n`);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** `said`: what MariaDB tells the script on its input. */
  async function run(args: string[], said = '', saw?: (line: string) => void) {
    const child = spawn('bash', [script, ...args], {
      env: {
        PATH: `${at('bin')}:${process.env.PATH}`,
        FOLDER: folder,
        TMPDIR: folder,
        LAB_SST_DEBIAN: at('bin/debian'),
        LAB_SST_PROC: at('proc'),
        LAB_SHARED: shared,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => undefined).end(said);
    let output = '';
    let errors = '';
    child.stdout.on('data', (data) => {
      output += data;
      saw?.(output);
    });
    child.stderr.on('data', (data) => (errors += data));
    const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { output, errors, status };
  }

  const common = () => ['--datadir', `${at('data')}/`, '--parent', '1', '--progress', '0'];
  const joiner = () => ['--role', 'joiner', '--address', '10.0.2.32', ...common()];

  /** Both sides. `wrong`: the giver tells another secret. */
  async function transfer({ bypass = false, wrong = false } = {}) {
    await new Promise((resolve) => spawn('mkfifo', [at('wire')]).on('close', resolve));
    let giving: ReturnType<typeof run> | undefined;
    const taken = await run(joiner(), '', (output) => {
      const ready = /^ready db2:a-secret@(\S+)\n/.exec(output);
      if (!ready || giving) return;
      const donor = ['--role', 'donor', '--address', ready[1] as string, '--socket', '/s', ...common()];
      giving = run(
        [...donor, '--gtid', `${UUID}:7`, '--gtid-domain-id', '0', ...(bypass ? ['--bypass'] : [])],
        `sst_user=mysql\nsst_password=\nsst_remote_user=db2\nsst_remote_password=${wrong ? 'another' : 'a-secret'}\n`,
      );
    });
    return { taken, given: wrong ? undefined : await giving };
  }

  it('sends only the position where the changes come by themselves', async () => {
    const { taken, given } = await transfer({ bypass: true });
    expect(given).to.include({ output: `continue\ndone ${UUID}:7\n`, status: 0 });
    expect(taken).to.include({
      output: `ready db2:a-secret@10.0.2.32:4444/xtrabackup_sst//1\n${UUID}:7 0\n`,
      status: 0,
    });
    expect(existsSync(at('data/mysql/old'))).to.equal(true);
  });

  it('replaces the data with the copy, and keeps what is not data', async () => {
    const { taken, given } = await transfer();
    expect(given).to.include({ output: `done ${UUID}:7\n`, status: 0 });
    expect(readFileSync(at('backup-options'), 'utf8')).to.include('--user=mysql --socket=/s --galera-info');
    expect(taken.output).to.match(new RegExp(`\n${UUID}:7 0\n$`));
    expect(existsSync(at('data/mysql/old'))).to.equal(false);
    expect(readFileSync(at('data/mysql/new'), 'utf8')).to.equal('new');
    for (const gone of ['.sst', 'sst_in_progress', 'backup-my.cnf', 'mariadb_backup_galera_info'])
      expect(existsSync(at(`data/${gone}`)), gone).to.equal(false);
    expect(existsSync(at('data/galera.cache'))).to.equal(true);
  });

  it('goes on when bash does not notice that the receiver has ended', async () => {
    const pause = readFileSync(join(ROLES, 'pause.sh'), 'utf8');
    writeFileSync(at('pause.sh'), `${pause}\nkill() { [[ $1 == -0 ]] || builtin kill "$@"; }\n`);
    shared = folder;
    expect((await transfer()).taken).to.include({ status: 0 });
  });

  it('takes nothing from a giver that does not know the secret', async () => {
    const { taken } = await transfer({ bypass: true, wrong: true });
    expect(taken.status).to.equal(32);
    expect(taken.errors).to.include('does not know the secret');
  });

  it('keeps the old data when the copy cannot be used', async () => {
    writeFileSync(at('spoilt'), '');
    const { taken } = await transfer();
    expect(taken.status).to.equal(32);
    expect(existsSync(at('data/mysql/old'))).to.equal(true);
    expect(existsSync(at('data/sst_in_progress'))).to.equal(false);
  });

  it('does not call a copy that broke off done', async () => {
    writeFileSync(at('breaks'), '');
    const { taken, given } = await transfer();
    expect(given?.status).to.equal(32);
    expect(given?.output).to.equal('');
    expect(taken.status).to.equal(32);
    expect(existsSync(at('data/mysql/old'))).to.equal(true);
  });

  it('ends when MariaDB is gone', async () => {
    await new Promise((resolve) => spawn('mkfifo', [at('wire')]).on('close', resolve));
    const { status, errors } = await run(joiner(), '', () =>
      rmSync(at('proc/1'), { recursive: true, force: true }),
    );
    expect(status).to.equal(32);
    expect(errors).to.include('MariaDB is gone');
  });

  for (const [what, settings, options] of [
    ['a log of statements', undefined, ['--binlog', '/var/log/mysql/bin']],
    ['data in several folders', undefined, ['--innodb-data-home-dir', '/d']],
    ['TLS without looking at names', '--ssl-mode=VERIFY_CA\n', []],
    ['compression', '--compressor=gzip\n', []],
  ] as [string, string | undefined, string[]][])
    it(`leaves to Debian's script: ${what}`, async () => {
      if (settings) writeFileSync(at('settings'), settings);
      const args = [...joiner(), ...options];
      expect(await run(args)).to.include({ output: `debian ${args.join(' ')}\n`, status: 0 });
    });

  for (const [what, address, said] of [
    ['an address', "10.0.2.32:4444,exec:'id'", 'sst_remote_user=db2\nsst_remote_password=x\n'],
    ['a name', '10.0.2.32:4444', 'sst_remote_user=db2,exec=id\nsst_remote_password=x\n'],
    ['a secret', '10.0.2.32:4444', 'sst_remote_user=db2\nsst_remote_password=$(id)\n'],
  ] as const)
    it(`refuses from the other side what is not ${what}`, async () => {
      const args = ['--role', 'donor', '--address', address, ...common(), '--gtid', `${UUID}:7`];
      expect(await run(args, said)).to.include({ status: 32, output: '' });
    });
});

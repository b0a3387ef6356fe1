import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ofMachines } from './helpers/only.ts';

const library = join(import.meta.dirname, '../../roles/lib.sh');
const id = (option: string) => execFileSync('id', [option], { encoding: 'utf8' }).trim();

/** Helpers of roles/lib.sh, run by a real bash in a folder of their own; systemctl is a stand-in that records its calls. */
ofMachines.describe('roles/lib.sh', () => {
  let owner = '';
  before(() => {
    owner = `${id('-un')}:${id('-gn')}`;
  });
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lib-'));
    mkdirSync(join(folder, 'pending'));
    mkdirSync(join(folder, 'bin'));
    writeFileSync(
      join(folder, 'bin/systemctl'),
      `#!/bin/bash
cd '${folder}'
echo "$*" >>calls
case "$*" in
  *--value*) grep -oP 'ActiveState=\\K.*' state; [[ ! -e next ]] || mv next state ;;
  show*) cat state ;;
  *is-active*) exec grep -q ActiveState=active state ;;
esac
[[ $2 != "\${FAIL:-}" ]]
`,
    );
    writeFileSync(join(folder, 'bin/journalctl'), '#!/bin/bash\necho "last words of the unit"\n');
    for (const name of ['systemctl', 'journalctl']) chmodSync(join(folder, 'bin', name), 0o755);
    writeFileSync(join(folder, 'state'), 'ActiveState=active\nUnitFileState=enabled\n');
    writeFileSync(join(folder, 'source'), 'one\ntwo\n');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function run(script: string, env: NodeJS.ProcessEnv = {}) {
    const result = spawnSync('bash', ['--norc', '-c', `source '${library}'\n${script}`], {
      cwd: folder,
      encoding: 'utf8',
      env: {
        PATH: `${folder}/bin:${process.env.PATH}`,
        LAB_ROLE: 'unit',
        LAB_STATE: folder,
        OWNER: owner,
        ...env,
      },
    });
    return { code: result.status, out: result.stdout, err: result.stderr };
  }
  const calls = (): string[] =>
    existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n') : [];
  /** What apply.sh does when a role is complete. */
  const complete = (): void => rmSync(join(folder, 'pending/unit'), { force: true });

  it('install_file writes a file once, with its mode, and puts back what was altered', () => {
    const install = 'install_file source "$PWD/target" 0640 "$OWNER"';
    expect(run(install)).to.include({ code: 0, out: `changed: ${folder}/target\n` });
    expect(readFileSync(join(folder, 'target'), 'utf8')).to.equal('one\ntwo\n');
    expect(statSync(join(folder, 'target')).mode & 0o777).to.equal(0o640);
    expect(run(install)).to.include({ code: 0, out: '' });
    chmodSync(join(folder, 'target'), 0o666);
    expect(run(install).out).to.equal(`changed: ${folder}/target\n`);
    expect(statSync(join(folder, 'target')).mode & 0o777).to.equal(0o640);
    writeFileSync(join(folder, 'target'), 'one\ntwo');
    expect(run(install).out).to.equal(`changed: ${folder}/target\n`);
    expect(readFileSync(join(folder, 'target'), 'utf8')).to.equal('one\ntwo\n');
  });

  it('install_file lets two roles install the same file at the same time', () => {
    const file = 'install_file source "$PWD/target" 0640 "$OWNER"';
    // The other role comes in between: it does all of it once the first one has written its copy.
    const other = `( LAB_ROLE=other lab_pending=$LAB_STATE/pending/other; unset -f mv; ${file} )`;
    const { code, err } = run(`mv() { ${other}; command mv "$@"; }\n${file}`);
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    expect(readFileSync(join(folder, 'target'), 'utf8')).to.equal('one\ntwo\n');
    expect(readdirSync(folder).filter((name) => name.includes('lab-new'))).to.deep.equal([]);
  });

  it('keep_running starts what is off, leaves alone what runs, reloads once when a file changed', () => {
    const keep = 'keep_running web.service reload "$PWD/target"';
    expect(run(keep)).to.include({ code: 0, out: '' });
    writeFileSync(join(folder, 'pending/unit'), `${folder}/target\n`);
    expect(run(keep).out).to.equal('changed: service web.service reloaded\n');
    expect(calls()).to.include('--quiet reload -- web.service');
    complete();
    rmSync(join(folder, 'calls'));
    expect(run(keep).out).to.equal('');
    writeFileSync(join(folder, 'state'), 'ActiveState=inactive\nUnitFileState=disabled\n');
    expect(run(keep).out).to.include('changed: service web.service started');
    expect(calls()).to.include.members(['--quiet enable -- web.service', '--quiet start -- web.service']);
    expect(calls()).not.to.include('--quiet reload -- web.service');
  });

  it('a file installed just before an interruption still reloads its service on the next run', () => {
    expect(run('install_file source "$PWD/target" 0644 "$OWNER"\nkill -9 $$').code).to.equal(null);
    const again = run(
      'install_file source "$PWD/target" 0644 "$OWNER"\nkeep_running web.service reload "$PWD/target"',
    );
    expect(again.out).to.equal('changed: service web.service reloaded\n');
  });

  it('a service that does not start shows its last messages and stops the role', () => {
    writeFileSync(join(folder, 'state'), 'ActiveState=failed\nUnitFileState=enabled\n');
    const result = run('keep_running web.service reload "$PWD/target"\necho never', { FAIL: 'start' });
    expect(result.code).to.equal(1);
    expect(result.out).not.to.include('never');
    expect(result.err).to.include('last words of the unit').and.include('systemctl start web.service failed');
  });

  it('a start that failed is not the end while systemd tries again by itself', () => {
    writeFileSync(join(folder, 'state'), 'ActiveState=activating\nUnitFileState=enabled\n');
    writeFileSync(join(folder, 'next'), 'ActiveState=active\nUnitFileState=enabled\n');
    const result = run('keep_running vote.service restart "$PWD/target"\necho on', { FAIL: 'start' });
    expect(result).to.include({ code: 0, out: 'changed: service vote.service started\non\n' });
  });

  it('make_links and remove_files change only what differs, and a missing target is an error', () => {
    mkdirSync(join(folder, 'available'));
    mkdirSync(join(folder, 'enabled'));
    writeFileSync(join(folder, 'available/a'), '');
    const link = `make_links '${folder}/available' '${folder}/enabled' a`;
    expect(run(link).out).to.equal(`changed: ${folder}/enabled/a\n`);
    expect(run(link).out).to.equal('');
    expect(run(`make_links '${folder}/available' '${folder}/enabled' b`)).to.have.property('code', 1);
    expect(run(`remove_files '${folder}/enabled/a'`).out).to.equal(`changed: ${folder}/enabled/a\n`);
    expect(run(`remove_files '${folder}/enabled/a'`).out).to.equal('');
  });

  it('an unexpected failure names the role, the line and the command', () => {
    const result = run('false');
    expect(result.code).to.equal(1);
    expect(result.err).to.match(/^error: role unit, .*line 2: false\n$/);
  });

  it('pause lets time pass without a process, also where standard input has ended', () => {
    const before = Date.now();
    const { code, out } = run('pause 0.2 </dev/null; pause 0.2 </dev/null; jobs -p; echo ok');
    expect({ code, out }).to.deep.equal({ code: 0, out: 'ok\n' });
    expect(Date.now() - before).to.be.at.least(400);
  });

  describe('wait_while_moving', () => {
    /** Seconds pass with each pause, one each. */
    const quick = 'pause() { SECONDS=$((SECONDS + 1)); }; unset SECONDS; SECONDS=0\n';
    const wait = (progress: string, command: string, limits = '30 600') =>
      run(`${quick}
        progress() { ${progress}; }
        command() { ${command}; }
        if wait_while_moving thing ${limits} progress command; then echo "yes $SECONDS"; else echo "no $SECONDS"; fi`);
    /** The last line. */
    const end = ({ out }: { out: string }) => out.trim().split('\n').at(-1);

    it('is true as soon as the command succeeds', () => {
      expect(end(wait('REPLY=x', '((SECONDS >= 7))'))).to.equal('yes 7');
      expect(wait('REPLY=x', 'true').out).to.equal('yes 0\n');
    });

    it('is false when nothing has moved for so long, counted from the last move', () => {
      expect(end(wait('REPLY=x', 'false'))).to.match(/^no 3[0-2]$/);
      expect(end(wait('((SECONDS < 100)) && REPLY=$SECONDS || REPLY=still', 'false'))).to.match(
        /^no 1[23]\d$/,
      );
    });

    it('goes on while something moves, up to its end', () => {
      expect(end(wait('REPLY=$SECONDS', '((SECONDS >= 300))'))).to.equal('yes 300');
      expect(end(wait('REPLY=$SECONDS', 'false'))).to.match(/^no 60\d$/);
    });

    it('says every ten seconds what it waits for and how far it is', () => {
      const lines = wait('REPLY="$((SECONDS / 5)) of 7"', '((SECONDS >= 35))').out.trim().split('\n');
      expect(lines).to.deep.equal([
        'waiting for thing, 10 s: 2 of 7',
        'waiting for thing, 20 s: 4 of 7',
        'waiting for thing, 30 s: 6 of 7',
        'yes 35',
      ]);
    });

    it('a progress that cannot be told, or fails, does not end the role', () => {
      const { code, out, err } = wait('false', 'false', '12 600');
      expect({ code, err }).to.deep.equal({ code: 0, err: '' });
      expect(out).to.match(/^waiting for thing, 10 s\nno 1\d\n$/);
    });
  });
});

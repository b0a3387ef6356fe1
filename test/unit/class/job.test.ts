import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stateIn } from '../../../tasks/class/state.ts';
import { onLinux } from '../helpers/only.ts';

const linux = onLinux('flock and GNU tools, as servers of a cluster have them');
const kit = join(import.meta.dirname, '../../..');
const script = join(kit, 'tasks/class/job/job.sh');
const stub = join(kit, 'test/class/stub-lab.sh');

/** Lines of a shell script with $( ), <( ) or ` `; arithmetic and comments are none. */
const substitutions = (text: string): string[] =>
  text.split('\n').filter((line) => !/^\s*#/.test(line) && /[$<>]\((?!\()|`/.test(line));

/** A job script as a cluster runs it, without a cluster. */
linux.describe('class: the job of a lab', () => {
  let folder = '';
  const jobs: ChildProcess[] = [];
  /** What each job of the test printed, and how it ended. */
  const told: (() => string)[] = [];
  const heard = () => told.map((tell) => tell());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'job-'));
    mkdirSync(join(folder, 'scratch'));
  });
  afterEach(async () => {
    told.length = 0;
    for (const job of jobs.splice(0)) if (job.exitCode === null) job.kill('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 50));
    rmSync(folder, { recursive: true, force: true });
  });

  const lab = join('labs', 'alice');
  const state = () => {
    const file = join(folder, lab, 'state');
    return stateIn(existsSync(file) ? readFileSync(file, 'utf8') : '');
  };
  const saved = () => {
    const place = join(folder, lab, 'saved');
    return existsSync(place)
      ? readdirSync(place)
          .filter((name) => name.endsWith('.saved'))
          .sort()
          .map((name) => readFileSync(join(place, name), 'utf8'))
      : [];
  };

  const begin = (
    options: {
      generation?: number;
      restart?: number;
      job?: string;
      program?: string;
      scratch?: string;
      env?: Record<string, string>;
    } = {},
  ) => {
    const {
      generation = 1,
      restart = 0,
      job = '17',
      program = stub,
      scratch = 'scratch',
      env = {},
    } = options;
    mkdirSync(join(folder, scratch), { recursive: true });
    const child = spawn(
      'bash',
      [script, kit, folder, 'alice', String(generation), '01', '600', join(folder, scratch), program],
      {
        env: {
          ...process.env,
          LAB_JOB: job,
          LAB_JOB_LOOK: '0.2',
          LAB_RESTARTS: String(restart),
          LAB_SERVER: 's1',
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    jobs.push(child);
    let said = '';
    child.stdout.on('data', (chunk) => (said += String(chunk)));
    child.stderr.on('data', (chunk) => (said += String(chunk)));
    told.push(
      () => `job ${job}, restart ${restart}: ${child.exitCode ?? child.signalCode ?? 'runs'}\n${said}`,
    );
    const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
    return { child, ended, said: () => said };
  };
  const until = async (good: () => boolean, what: string, seconds = 15) => {
    const end = Date.now() + seconds * 1000;
    while (!good()) {
      if (Date.now() > end) throw new Error([`${what}: ${JSON.stringify(state())}`, ...heard()].join('\n'));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const runs = () => until(() => state().state === 'running', 'it does not run');
  const leftOver = () =>
    readdirSync(join(folder, 'scratch', `ha-lab-class-${process.getuid?.()}`)).filter((name) =>
      name.includes('+'),
    );

  it('runs, says how it is, saves when it is told to, and at the end; nothing stays on the server', async () => {
    const { child, ended } = begin();
    await runs();
    expect(state()).to.include({ job: '17', restarts: 0, generation: 1, server: 's1', lab: '01', steps: 6 });
    expect(leftOver()).to.have.length(2);
    child.kill('SIGUSR1');
    await until(() => saved().length === 1, 'it does not save');
    child.kill('SIGTERM');
    expect(await ended).to.equal(0);
    expect(state().state).to.equal('ended');
    expect(saved()).to.have.length(2);
    expect(saved()[1]).to.match(/^student alice lab 01\n/);
    expect(leftOver()).to.deep.equal([]);
  });

  it('goes on from what was saved, on another server too', async () => {
    const first = begin();
    await runs();
    first.child.kill('SIGUSR1');
    await until(() => saved().length === 1, 'it does not save');
    const [work = ''] = saved();
    // Its server loses its power.
    first.child.kill('SIGKILL');
    await first.ended;
    const second = begin({ restart: 1, scratch: 'other' });
    await until(() => state().restarts === 1 && state().state === 'running', 'it does not run again');
    expect(state().restored).to.equal('000000001-000000000-000000001');
    second.child.kill('SIGTERM');
    expect(await second.ended).to.equal(0);
    expect(saved().at(-1)?.startsWith(work)).to.equal(true);
  });

  it('signals come whenever they like: none ends it, and nothing that went well is taken for a failure', async () => {
    const program = join(folder, 'signals.sh');
    // One just before it ends, where bash may mistake the signal for the exit code of what ended.
    writeFileSync(
      program,
      `#!/usr/bin/env bash\nbash ${stub} "$@" || exit\n[ "$1" = end ] || kill -USR1 $PPID\n`,
    );
    chmodSync(program, 0o755);
    const { child, ended, said } = begin({ program, env: { LAB_JOB_LOOK: '0.02' } });
    await until(() => said().includes('lab of alice'), 'it does not begin');
    const storm = setInterval(() => child.kill('SIGUSR1'), 1);
    await runs();
    await new Promise((resolve) => setTimeout(resolve, 4000));
    clearInterval(storm);
    await until(() => saved().length > 0, 'it does not save');
    child.kill('SIGTERM');
    expect(await ended, said()).to.equal(0);
    expect(said()).to.not.match(/could not|did not|job\.sh:/);
    expect(state().state).to.equal('ended');
  });

  it('substitutes no output of a command where a signal may come: bash 5.2 would take it for a part of the command', () => {
    const text = readFileSync(script, 'utf8');
    const [before = '', after = ''] = text.split(/^trap 'want_end=1' TERM$/m);
    // So that it is seen that they are found.
    expect(substitutions(before)).to.not.deep.equal([]);
    expect(substitutions(after)).to.deep.equal([]);
    expect(substitutions(readFileSync(join(kit, 'tasks/class/job/lease.sh'), 'utf8'))).to.deep.equal([]);
  });

  it('what the program says of how the lab began is handed on to the class', async () => {
    const program = join(folder, 'says.sh');
    writeFileSync(
      program,
      `#!/usr/bin/env bash\n[ "$1" != begin ] || echo '{"lab":"08"}' >"$2/began"\nexec bash ${stub} "$@"\n`,
    );
    chmodSync(program, 0o755);
    begin({ program });
    await runs();
    expect(readFileSync(join(folder, lab, 'began'), 'utf8')).to.equal('{"lab":"08"}\n');
    expect(readdirSync(join(folder, lab)).filter((name) => name.endsWith('.part'))).to.deep.equal([]);
  });

  it('a lab of the kit begins with own files where the class wants it, and says which', () => {
    const bin = join(folder, 'bin');
    mkdirSync(join(bin), { recursive: true });
    // Every command of the kit is one line of what it was asked.
    writeFileSync(
      join(bin, 'node'),
      '#!/usr/bin/env bash\nshift\necho "$*" >>"$LAB_HOME/asked"\necho "said $1"\n',
    );
    chmodSync(join(bin, 'node'), 0o755);
    const uml = (words: string[], wants = '') => {
      const home = mkdtempSync(join(folder, 'home-'));
      mkdirSync(join(home, 'lab'));
      const said = execFileSync(
        'bash',
        [join(kit, 'tasks/class/job/uml.sh'), words[0] ?? '', home, ...words.slice(1)],
        {
          env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, LAB_CLASS_FROM_MINE: wants },
          encoding: 'utf8',
        },
      );
      rmSync(join(home, 'lab'), { recursive: true, force: true });
      const began = join(home, 'began');
      return {
        said,
        starts: readFileSync(join(home, 'asked'), 'utf8')
          .split('\n')
          .filter((line) => line.startsWith('start')),
        began: existsSync(began) ? readFileSync(began, 'utf8') : undefined,
      };
    };
    const own = 'start 08 --student alice --from-mine --json';
    const kits = 'start 08 --student alice';
    expect(uml(['start', '08', 'alice', 'from-mine'])).to.deep.equal({
      said: 'said start\n',
      starts: [own],
      began: undefined,
    });
    expect(uml(['start', '08', 'alice']).starts).to.deep.equal([kits]);
    expect(uml(['begin', 'alice', '08'], '1')).to.deep.include({ starts: [own], began: 'said start\n' });
    expect(uml(['begin', 'alice', '08'])).to.deep.include({ starts: [kits], began: undefined });
  });

  it('whose lab runs elsewhere by now ends by itself, and keeps nothing', async () => {
    const stale = begin();
    await runs();
    begin({ restart: 1, scratch: 'other' });
    await until(() => state().restarts === 1 && state().state === 'running', 'the other one does not run');
    expect(await stale.ended).to.equal(0);
    expect(stale.said()).to.match(/runs elsewhere by now/);
    expect(saved()).to.deep.equal([]);
    expect(state().restarts).to.equal(1);
    // One that comes too late does not even begin.
    const late = begin({ job: '18' });
    expect(await late.ended).to.equal(0);
    expect(late.said()).to.match(/newer lease/);
  });

  it('takes what was saved before when the latest is not whole, and never begins anew over it', async () => {
    const first = begin();
    await runs();
    for (const count of [1, 2]) {
      first.child.kill('SIGUSR1');
      await until(() => saved().length === count, 'it does not save');
    }
    first.child.kill('SIGKILL');
    await first.ended;
    const place = join(folder, lab, 'saved');
    const [older = '', newer = ''] = readdirSync(place).sort();
    writeFileSync(join(place, newer), 'half a fi');
    const second = begin({ generation: 2, scratch: 'other' });
    await until(() => state().generation === 2 && state().state === 'running', 'it does not run');
    expect(`${state().restored}.saved`).to.equal(older);
    second.child.kill('SIGKILL');
    await second.ended;
    for (const name of readdirSync(place)) writeFileSync(join(place, name), 'broken');
    const third = begin({ generation: 3, scratch: 'third' });
    expect(await third.ended).to.equal(1);
    expect(state()).to.include({ state: 'failed', note: 'nothing of what was saved starts' });
  });

  it('a save that fails is said, and the lab goes on', async () => {
    const program = join(folder, 'full.sh');
    writeFileSync(
      program,
      `#!/usr/bin/env bash\n[ "$1" != save ] || { echo half >"$3"; exit 1; }\nexec bash ${stub} "$@"\n`,
    );
    chmodSync(program, 0o755);
    const { child, ended } = begin({ program });
    await runs();
    child.kill('SIGUSR1');
    await until(() => state().note === 'could not be saved', 'it says nothing');
    expect(state().state).to.equal('running');
    expect(readdirSync(join(folder, lab, 'saved'))).to.deep.equal([]);
    child.kill('SIGTERM');
    expect(await ended).to.equal(1);
    expect(state()).to.include({ state: 'ended', note: 'could not be saved at the end' });
  });

  const home = () =>
    join(
      ...[folder, 'scratch', `ha-lab-class-${process.getuid?.()}`],
      leftOver().find((name) => !name.endsWith('.lock')) ?? '',
    );

  it('nobody uses it: it saves itself and ends; used, it stays, and it goes on from there', async () => {
    const idle = { LAB_CLASS_IDLE: '3' };
    const first = begin({ env: idle });
    await runs();
    for (let count = 0; count < 5; count += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      writeFileSync(join(home(), 'active'), '');
    }
    expect(state().state).to.equal('running');
    expect(saved()).to.deep.equal([]);
    expect(await first.ended).to.equal(0);
    expect(state().state).to.equal('idle');
    expect(state().used).to.be.a('number');
    expect(saved()).to.have.length(1);
    expect(leftOver()).to.deep.equal([]);
    begin({ generation: 2 });
    await until(() => state().generation === 2 && state().state === 'running', 'it does not go on');
    expect(state().restored).to.equal('000000001-000000000-000000001');
  });

  it('nobody uses it, and it cannot be saved: it stays', async () => {
    const program = join(folder, 'full.sh');
    writeFileSync(program, `#!/usr/bin/env bash\n[ "$1" != save ] || exit 1\nexec bash ${stub} "$@"\n`);
    chmodSync(program, 0o755);
    begin({ program, env: { LAB_CLASS_IDLE: '1' } });
    await until(() => state().note === 'could not be saved', 'it says nothing');
    expect(state().state).to.equal('running');
    expect(leftOver()).to.have.length(2);
  });

  it('its time is over: it saves itself and ends; with more time it goes on, for as long', async () => {
    mkdirSync(join(folder, lab), { recursive: true });
    // What was added to an earlier one does not count.
    writeFileSync(join(folder, lab, 'extended'), '1 9999\n');
    const since = Date.now() / 1000;
    const { ended } = begin({ generation: 2, env: { LAB_CLASS_LASTS: '4' } });
    await runs();
    expect((state().ends ?? 0) - since).to.be.within(2, 6);
    writeFileSync(join(folder, lab, 'extended'), '2 4\n');
    await until(() => (state().ends ?? 0) - since > 6.5, 'it does not notice');
    expect(await ended).to.equal(0);
    expect(Date.now() / 1000 - since).to.be.above(7);
    expect(state().state).to.equal('ended');
    expect(saved()).to.have.length(1);
  });

  it('a lab that does not start is said to have failed', async () => {
    const program = join(folder, 'broken.sh');
    writeFileSync(program, '#!/usr/bin/env bash\nexit 7\n');
    chmodSync(program, 0o755);
    expect(await begin({ program }).ended).to.equal(1);
    expect(state()).to.include({ state: 'failed', note: 'the lab did not start' });
    expect(leftOver()).to.deep.equal([]);
  });

  it('what a server without power left behind goes when the next lab comes', async () => {
    const first = begin();
    await runs();
    // Its processes with it: they hold the lock of their folder.
    const home = leftOver().find((name) => !name.endsWith('.lock')) ?? '';
    const pid = Number(
      readFileSync(join(folder, 'scratch', `ha-lab-class-${process.getuid?.()}`, home, 'pid'), 'utf8'),
    );
    first.child.kill('SIGKILL');
    await first.ended;
    process.kill(pid, 'SIGKILL');
    // The loop's sleeps end by themselves.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    begin({ generation: 2 });
    await until(() => state().generation === 2 && state().state === 'running', 'it does not run');
    expect(leftOver().every((name) => name.includes('+2.0'))).to.equal(true);
  });
});

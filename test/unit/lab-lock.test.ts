import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { interruptAll } from '../../tasks/base/interrupt.ts';
import { environmentFolder, environmentLockFile, ROOT } from '../../tasks/base/paths.ts';
import { refOf } from '../../tasks/base/process.ts';
import { commandTable } from '../../tasks/cli/table.ts';
import { busyText, changesEnvironment, withEnvironmentLock } from '../../tasks/environment/lock.ts';
import { writeRecord } from '../../tasks/environment/record.ts';
import { onPosix } from './helpers/only.ts';

/** Of this run alone: two may test at the same time. */
const NAME = `unit-${process.pid}`;
const DEAD = 2 ** 22 + 1;

/** What is written on standard error meanwhile. */
async function errorsOf(work: () => Promise<unknown>): Promise<string[]> {
  const lines: string[] = [];
  const before = console.error;
  console.error = (line: string) => void lines.push(line);
  try {
    await work();
  } finally {
    console.error = before;
  }
  return lines;
}

onPosix('it starts sleep').describe('lock of a lab', () => {
  let folder = '';
  let file = '';
  let other: ChildProcess | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lab-lock-'));
    file = join(folder, 'lab.lock');
  });
  afterEach(() => {
    other?.kill('SIGKILL');
    other = undefined;
    rmSync(folder, { recursive: true, force: true });
    rmSync(environmentFolder(NAME), { recursive: true, force: true });
    rmSync(environmentLockFile(NAME), { force: true });
  });

  /** Another process that holds the lock. */
  function heldByOther(lock: string, command = 'lab drill --all'): number {
    other = spawn('sleep', ['60'], { stdio: 'ignore' });
    const pid = other.pid ?? 0;
    writeFileSync(lock, `${pid} ${refOf(pid)?.started} 2026-11-02T10:00:00.000Z ${command}`);
    return pid;
  }

  it('names the command that holds it, its process and since when, waits, and then gives up saying what to do', async () => {
    const pid = heldByOther(file);
    let thrown: unknown;
    const since = Date.now();
    const lines = await errorsOf(() =>
      withEnvironmentLock('x', 'lab up', async () => expect.fail('it is held'), {
        ...{ file, waitMs: 60, interval: 10 },
      }).catch((error: unknown) => {
        thrown = error;
      }),
    );
    expect(Date.now() - since).to.be.at.least(60);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include('lab drill --all').and.include(`process ${pid}`);
    if (!(thrown instanceof LabError)) return expect.fail(String(thrown));
    const at = new Date('2026-11-02T10:00:00.000Z').toLocaleTimeString('en-GB');
    expect(thrown.what.en).to.equal(
      `The lab "x" is being changed by \`lab drill --all\` (process ${pid}, since ${at}).`,
    );
    expect(thrown.what.fr).to.include(`processus ${pid}, depuis ${at}`);
    expect(thrown.fix?.en).to.include(`kill ${pid}`);
    expect(thrown.fix?.fr).to.include(`kill ${pid}`);
  });

  it('a lock of an older version of the kit says less', () => {
    const text = busyText('x', { pid: 7, command: undefined, since: undefined });
    expect(text.en).to.equal('The lab "x" is being changed by `lab` (process 7).');
  });

  it('is had as soon as the holder ends, also when it was killed', async () => {
    heldByOther(file);
    setTimeout(() => other?.kill('SIGKILL'), 50);
    await errorsOf(async () =>
      expect(
        await withEnvironmentLock('x', 'lab up', async () => 'mine', { file, interval: 10, waitMs: 10_000 }),
      ).to.equal('mine'),
    );
    expect(existsSync(file)).to.equal(false);
  });

  it('is taken over from a process that ended', async () => {
    writeFileSync(file, `${DEAD} 12345 2026-11-02T10:00:00.000Z lab up`);
    expect(await withEnvironmentLock('x', 'lab up', async () => 'mine', { file, waitMs: 0 })).to.equal(
      'mine',
    );
  });

  it('a function of the kit that takes it once more runs at once; so does a command that is started', async () => {
    const script = `const { withEnvironmentLock } = await import(${JSON.stringify(
      pathToFileURL(join(ROOT, 'tasks', 'environment', 'lock.ts')).href,
    )});
      await withEnvironmentLock('x', 'lab scale web=3', async () => console.log('inside'), { file: ${JSON.stringify(file)}, waitMs: 0 });`;
    const command = (env: NodeJS.ProcessEnv) =>
      promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
        ...{ cwd: ROOT, env },
      }).then(
        ({ stdout }) => stdout.trim(),
        (error: { stderr: string }) => error.stderr,
      );
    const stranger = { ...process.env };
    await withEnvironmentLock(
      'x',
      'lab solve 3',
      async () => {
        expect(
          await withEnvironmentLock('x', 'lab start 3', async () => 'nested', { file, waitMs: 0 }),
        ).to.equal('nested');
        // The inner one must not have given it away.
        expect(existsSync(file)).to.equal(true);
        const [child, foreign] = await Promise.all([command({ ...process.env }), command(stranger)]);
        expect(child).to.equal('inside');
        expect(foreign).to.include('`lab solve 3`').and.include(`process ${process.pid}`);
      },
      { file },
    );
    expect(existsSync(file)).to.equal(false);
    expect(process.env.HA_LAB_LOCK).to.equal(stranger.HA_LAB_LOCK);
  });

  it('is given back when the work fails, and on Ctrl-C after what else must be stopped', async () => {
    await withEnvironmentLock('x', 'lab up', () => Promise.reject(new Error('broken')), { file }).catch(
      () => undefined,
    );
    expect(existsSync(file)).to.equal(false);
    let finish = () => {};
    const begun = new Promise<void>((started) => {
      void withEnvironmentLock(
        'x',
        'lab up',
        () =>
          new Promise<void>((resolve) => {
            finish = resolve;
            started();
          }),
        { file },
      );
    });
    await begun;
    expect(existsSync(file)).to.equal(true);
    await interruptAll();
    expect(existsSync(file)).to.equal(false);
    finish();
  });

  it('is held by the commands that change a lab; those that read it do not wait', async () => {
    // Five seconds of it are what those that wait wait for.
    await writeRecord(NAME, { topology: 'seven', engine: 'uml', app: 'sample' });
    const pid = heldByOther(environmentLockFile(NAME), 'lab up');
    expect((await changesEnvironment(NAME))?.pid).to.equal(pid);
    const outcome = (line: string) =>
      commandTable(() => undefined)
        .parseAsync([...line.split(' '), '--name', NAME], { from: 'user' })
        .then(
          () => 'ran',
          (error: unknown) => (error instanceof LabError ? error.what.en : String(error)),
        );
    const changing = [
      ...['up', 'apply web', 'scale web=3', 'halt', 'destroy --yes', 'snapshot save a', 'snapshot restore a'],
      ...['snapshot delete a', 'start 1', 'start 1 --resume', 'solve 1', 'break 01/web1-down'],
      ...['break --undo', 'check --trials', 'check 1 --bundle x.lab', 'exam x.ts', 'selfcheck 1'],
    ];
    const log = console.log;
    const errors = await errorsOf(async () => {
      console.log = () => undefined;
      try {
        for (const line of ['snapshot list', 'progress', 'guide 1', 'break'])
          expect(await outcome(line), line).to.equal('ran');
        const all = await Promise.all(changing.map(outcome));
        all.forEach((name, at) => {
          expect(name, changing[at]).to.include(`process ${pid}`);
        });
        // Drills wait for as long as it takes; this one then names no machine.
        const drill = outcome('drill web9');
        setTimeout(() => other?.kill('SIGKILL'), 300);
        expect(await drill).to.include('web9');
        // What the kit saves itself is not overwritten by hand.
        for (const name of ['work-02', 'start-1'])
          expect(await outcome(`snapshot save ${name}`)).to.include("a name of the kit's own");
      } finally {
        console.log = log;
      }
    });
    expect(errors).to.have.length(changing.length + 1);
  });
});

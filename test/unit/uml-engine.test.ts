import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { digestsOfEnvironments } from '../../tasks/artifacts/register.ts';
import { interruptAll } from '../../tasks/base/interrupt.ts';
import { ROOT } from '../../tasks/base/paths.ts';
import { refOf } from '../../tasks/base/process.ts';
import { frozenText } from '../../tasks/cli/commands/status.ts';
import { UmlEngine } from '../../tasks/engines/uml/engine.ts';
import { SnapshotStore } from '../../tasks/engines/uml/snapshots.ts';
import { availableCpus } from '../../tasks/host/processors.ts';
import type { MachineStatus } from '../../tasks/inspect/status.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { onLinux } from './helpers/only.ts';

const topology = await loadTopology('seven', ROOT);

onLinux('User Mode Linux').describe('uml engine without a machine', () => {
  let folder = '';
  let engine: UmlEngine;
  let child: ChildProcess | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'uml-engine-'));
    mkdirSync(join(folder, 'run'));
    engine = new UmlEngine(
      {
        ...{ name: 'unit', topology, folder, root: ROOT },
        sshPublicKey: '',
        sshKeyFile: join(folder, 'key'),
        powerSwitchKeyFile: join(folder, 'power-switch.key'),
      },
      () => Promise.reject(new Error('nothing is built here')),
    );
  });
  afterEach(() => {
    child?.kill('SIGKILL');
    child = undefined;
    rmSync(folder, { recursive: true });
  });

  it('as many machines boot at once as it has processors', () => {
    expect(engine.bootsAtOnce).to.equal(availableCpus().length);
  });

  it('progress is console output and processor time; a machine that is off has none', async () => {
    const console = join(folder, 'run', 'db1.console.log');
    writeFileSync(console, '');
    expect(await engine.progressOf({ name: 'db1' })).to.equal(undefined);
    child = spawn('bash', ['-c', 'read -r; while :; do :; done'], { stdio: ['pipe', 'ignore', 'ignore'] });
    writeFileSync(join(folder, 'run', 'db1.json'), JSON.stringify(refOf(child.pid ?? 0)));
    const rest = (await engine.progressOf({ name: 'db1' })) ?? Number.NaN;
    expect(rest).to.be.below(3);
    writeFileSync(console, 'x'.repeat(100));
    expect(await engine.progressOf({ name: 'db1' })).to.be.within(rest + 100, rest + 102);
    child.stdin?.write('go\n');
    const until = Date.now() + 10_000;
    while (((await engine.progressOf({ name: 'db1' })) ?? 0) < rest + 103 && Date.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await engine.progressOf({ name: 'db1' })).to.be.at.least(rest + 103);
  });

  it('a snapshot that comes back leaves the start of its machines to whoever asks for it', async () => {
    const disks = join(folder, 'engine', 'disks');
    mkdirSync(disks, { recursive: true });
    writeFileSync(join(disks, 'db1.cow'), 'data');
    const store = new SnapshotStore(join(folder, 'engine', 'snapshots'), disks);
    await store.save('then', ['web1', 'db1'], () => undefined);
    const started: string[][] = [];
    await engine.restoreSnapshot(
      'then',
      () => undefined,
      async (machines) => void started.push(machines.map((machine) => machine.name)),
    );
    expect(started).to.deep.equal([['web1', 'db1']]);
  });

  it('the cache knows the lab before anything of it is started: prune of another checkout keeps its image', async () => {
    const outside = process.env.LAB_CACHE;
    process.env.LAB_CACHE = join(folder, 'cache');
    try {
      mkdirSync(join(folder, 'engine'));
      writeFileSync(join(folder, 'engine/base.json'), '{"image": "d1", "kernel": "k1"}');
      expect(await engine.prepare(() => undefined).catch((error: Error) => error.message)).to.include(
        'built',
      );
      expect(await digestsOfEnvironments(join(folder, 'elsewhere'))).to.deep.equal(
        new Map([
          ['d1', [folder]],
          ['k1', [folder]],
        ]),
      );
    } finally {
      if (outside === undefined) delete process.env.LAB_CACHE;
      else process.env.LAB_CACHE = outside;
    }
  });

  describe('a snapshot while a machine runs', () => {
    const frozenFile = () => join(folder, 'run', 'frozen.json');
    const power = async () => (await engine.states()).get('db1');
    beforeEach(() => {
      child = spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
      writeFileSync(join(folder, 'run', 'db1.json'), JSON.stringify(refOf(child.pid ?? 0)));
      mkdirSync(join(folder, 'engine', 'disks'), { recursive: true });
      writeFileSync(join(folder, 'engine', 'disks', 'db1.cow'), 'data');
    });

    it('freezes it for as long as its disk is copied, and lets it go on', async () => {
      let during: unknown;
      await engine.saveSnapshot('then', () => {
        during = power();
      });
      expect(await during).to.equal('frozen');
      expect(await power()).to.equal('running');
      expect(existsSync(frozenFile())).to.equal(false);
      expect((await engine.listSnapshots()).map((snapshot) => snapshot.name)).to.deep.equal(['then']);
    });

    it('lets it go on when it fails', async () => {
      const failed = await engine
        .saveSnapshot('then', () => {
          throw new Error('the disk is full');
        })
        .catch((error: Error) => error.message);
      expect(failed).to.equal('the disk is full');
      expect(await power()).to.equal('running');
    });

    it('lets it go on when the user interrupts, and makes no snapshot of disks that are written to again', async () => {
      let thawed: Promise<void> | undefined;
      await new Promise<void>((reported) => {
        void engine.saveSnapshot('then', () => {
          thawed = interruptAll();
          reported();
        });
      });
      await thawed;
      expect(await power()).to.equal('running');
      expect(existsSync(frozenFile())).to.equal(false);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await engine.listSnapshots()).to.deep.equal([]);
    });

    for (const [what, next] of [
      ['lab up', () => engine.prepare(() => undefined).catch(() => undefined)],
      ['snapshot', () => engine.saveSnapshot('later', () => undefined)],
    ] as const)
      it(`lets it go on with the next ${what} after the process that made it was killed`, async () => {
        let mark = '';
        await engine.saveSnapshot('then', () => {
          mark = readFileSync(frozenFile(), 'utf8');
        });
        writeFileSync(
          frozenFile(),
          JSON.stringify({ ...JSON.parse(mark), owner: { pid: 2 ** 22 + 1, started: '1' } }),
        );
        process.kill(-(child?.pid ?? 0), 'SIGSTOP');
        while ((await power()) !== 'frozen') await new Promise((resolve) => setTimeout(resolve, 5));
        await next();
        expect(await power()).to.equal('running');
        expect(existsSync(frozenFile())).to.equal(false);
        if (what === 'snapshot')
          expect(
            await new SnapshotStore(join(folder, 'engine', 'snapshots'), '').running('later'),
          ).to.deep.equal(['db1']);
      });
  });

  it('status says what a machine that is frozen waits for', () => {
    const machine = { name: 'db1', power: 'frozen' } as MachineStatus;
    expect(frozenText({ machines: [machine] })?.en)
      .to.include('db1')
      .and.include('lab up');
    expect(frozenText({ machines: [{ ...machine, power: 'running' }] })).to.equal(undefined);
  });
});

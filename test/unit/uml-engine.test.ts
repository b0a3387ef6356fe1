import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { availableCpus } from '../../tasks/engines/uml/cpus.ts';
import { UmlEngine } from '../../tasks/engines/uml/engine.ts';
import { refOf } from '../../tasks/engines/uml/process.ts';
import { SnapshotStore } from '../../tasks/engines/uml/snapshots.ts';
import { digestsOfLabs } from '../../tasks/image/labs.ts';
import { ROOT } from '../../tasks/lab/paths.ts';
import { loadTopology } from '../../tasks/topology/load.ts';

const topology = await loadTopology('seven', ROOT);

describe('uml engine without a machine', () => {
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
      expect(await digestsOfLabs(join(folder, 'elsewhere'))).to.deep.equal(
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
});

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { completeReplacement, replaceFolder } from '../../tasks/base/files.ts';
import { SnapshotStore } from '../../tasks/engines/uml/snapshots.ts';
import { crashAt } from './helpers/crash.ts';

const quiet = () => undefined;
const THEN = { 'db1.cow': 'then 1', 'web1.cow': 'then 2', 'db1.disk': 'then 3' };
const NOW = { 'db1.cow': 'now 1', 'web1.cow': 'now 2' };

describe('snapshots of disks, ended at any moment', () => {
  let folder = '';
  let disks = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'uml-snapshots-'));
    disks = join(folder, 'disks');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const open = () => new SnapshotStore(join(folder, 'snapshots'), disks);
  const put = (files: Record<string, string>) => {
    rmSync(disks, { recursive: true, force: true });
    mkdirSync(disks);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(disks, name), text);
  };
  const contents = (path: string): Record<string, string> =>
    Object.fromEntries(
      readdirSync(path)
        .filter((name) => name !== 'snapshot.json')
        .map((name) => [name, readFileSync(join(path, name), 'utf8')]),
    );

  /** Does `work` again and again, killed a little later each time; `look` sees what each left. Returns how often it was killed. */
  async function killEverywhere(
    work: (store: SnapshotStore) => Promise<void>,
    look: (where: string) => Promise<void>,
  ): Promise<number> {
    for (let at = 1; ; at += 1) {
      rmSync(join(folder, 'snapshots'), { recursive: true, force: true });
      put(THEN);
      await open().save('then', ['db1'], quiet);
      put(NOW);
      const store = open();
      const killed = await crashAt(at, () => work(store));
      await look(`killed at ${at}`);
      if (!killed) return at - 1;
    }
  }

  it('a restore leaves the disks of before or those of the snapshot, and can be repeated', async () => {
    const seen = new Set<string>();
    const times = await killEverywhere(
      (store) => store.restore('then', quiet),
      async (where) => {
        const store = open();
        const found = contents(disks);
        expect([NOW, THEN], where).to.deep.include(found);
        seen.add(JSON.stringify(found));
        expect((await store.list()).map((snapshot) => snapshot.name)).to.deep.equal(['then']);
        await store.restore('then', quiet);
        expect(contents(disks), where).to.deep.equal(THEN);
        expect(readdirSync(folder).sort()).to.deep.equal(['disks', 'snapshots']);
      },
    );
    expect(times).to.be.at.least(6);
    expect(seen.size).to.equal(2);
  });

  it('a snapshot that replaces another one of its name is the one or the other', async () => {
    const times = await killEverywhere(
      (store) => store.save('then', [], quiet),
      async (where) => {
        const store = open();
        expect(
          (await store.list()).map((snapshot) => snapshot.name),
          where,
        ).to.deep.equal(['then']);
        const running = await store.running('then');
        const found = contents(join(folder, 'snapshots', 'then'));
        expect(found, where).to.deep.equal(running.length > 0 ? THEN : NOW);
        expect(contents(disks)).to.deep.equal(NOW);
        await store.save('then', [], quiet);
        expect(readdirSync(join(folder, 'snapshots'))).to.deep.equal(['then']);
      },
    );
    expect(times).to.be.at.least(6);
  });

  it('a snapshot that is deleted is whole or gone', async () => {
    await killEverywhere(
      (store) => store.delete('then'),
      async (where) => {
        const store = open();
        for (const { name } of await store.list()) {
          expect(contents(join(folder, 'snapshots', name)), where).to.deep.equal(THEN);
          await store.delete(name);
        }
        expect(await store.list()).to.deep.equal([]);
      },
    );
  });

  it('a reader that looks in the middle of a replacement does no harm', async () => {
    put(NOW);
    for (let round = 0; round < 50; round += 1) {
      const part = join(folder, 'part');
      mkdirSync(part);
      writeFileSync(join(part, 'round'), String(round));
      const look = setInterval(() => completeReplacement(disks), 0);
      await replaceFolder(part, disks);
      clearInterval(look);
      expect(contents(disks)).to.deep.equal({ round: String(round) });
      expect(existsSync(part)).to.equal(false);
    }
    // Just between the two renames.
    renameSync(disks, `${disks}.old`);
    completeReplacement(disks);
    expect(contents(disks)).to.deep.equal({ round: '49' });
  });
});

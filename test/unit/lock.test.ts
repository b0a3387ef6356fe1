import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { withLock } from '../../tasks/base/lock.ts';

/** Number of a process that has ended: no process has it. */
const DEAD = 2 ** 22 + 1;

describe('lock', () => {
  let folder = '';
  let lock = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lock-'));
    lock = join(folder, 'deep', 'image.lock');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const files = () => readdirSync(join(folder, 'deep'));
  const nobody = () => expect.fail('nobody holds it');

  it('gives the result of the work and leaves no file', async () => {
    const inside = await withLock(lock, async () => files(), nobody);
    expect(inside).to.deep.equal(['image.lock']);
    expect(files()).to.deep.equal([]);
  });

  it('is released when the work fails', async () => {
    const error = await withLock(lock, () => Promise.reject(new Error('broken')), nobody).catch(
      (thrown: Error) => thrown.message,
    );
    expect(error).to.equal('broken');
    expect(files()).to.deep.equal([]);
  });

  it('the second waits for the first and is told once whom it waits for', async () => {
    const events: string[] = [];
    let release = () => {};
    const started = new Promise<void>((begun) => {
      events.push('first asks');
      void withLock(
        lock,
        async () => {
          begun();
          await new Promise<void>((resolve) => {
            release = resolve;
          });
          events.push('first ends');
        },
        nobody,
      );
    });
    await started;
    const second = withLock(
      lock,
      async () => void events.push('second works'),
      ({ pid }) => {
        events.push(pid === process.pid ? 'second waits' : `waits for ${pid}`);
        setTimeout(() => release(), 20);
      },
      { interval: 2 },
    );
    await second;
    expect(events).to.deep.equal(['first asks', 'second waits', 'first ends', 'second works']);
    expect(files()).to.deep.equal([]);
  });

  const leftovers: [string, string][] = [
    ['a process that ended', `${DEAD} 12345`],
    ['a process whose number another one has now', `${process.pid} 1`],
    ['a process of an older version of the kit', String(DEAD)],
    ['nobody (the disk was full)', ''],
  ];
  for (const [what, text] of leftovers) {
    // Only Linux tells when a process was started.
    const run = text.endsWith(' 1') && process.platform !== 'linux' ? it.skip : it;
    run(`is taken over from ${what}`, async () => {
      await withLock(lock, async () => undefined, nobody);
      writeFileSync(lock, text);
      const holder = await withLock(lock, async () => readFileSync(lock, 'utf8'), nobody);
      expect(holder).to.match(new RegExp(`^${process.pid}\\b`));
      expect(files()).to.deep.equal([]);
    });
  }

  it('a takeover that was interrupted is finished', async () => {
    await withLock(lock, async () => undefined, nobody);
    for (const file of [lock, `${lock}.takeover`]) writeFileSync(file, String(DEAD));
    await withLock(lock, async () => undefined, nobody);
    expect(files()).to.deep.equal([]);
  });

  it('only one of many gets the lock of a dead holder at a time', async () => {
    await withLock(lock, async () => undefined, nobody);
    writeFileSync(lock, String(DEAD));
    let [inside, most, done] = [0, 0, 0];
    await Promise.all(
      Array.from({ length: 8 }, () =>
        withLock(
          lock,
          async () => {
            inside += 1;
            most = Math.max(most, inside);
            await new Promise((resolve) => setTimeout(resolve, 5));
            inside -= 1;
            done += 1;
          },
          () => undefined,
          { interval: 2 },
        ),
      ),
    );
    expect([most, done]).to.deep.equal([1, 8]);
  });
});

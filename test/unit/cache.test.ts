import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  currentDigest,
  entryFile,
  entryFolder,
  inspect,
  listCache,
  pruneCache,
  store,
} from '../../tasks/artifacts/cache.ts';
import { registerEnvironment } from '../../tasks/artifacts/register.ts';
import { digestOf } from '../../tasks/base/digest.ts';
import { LabError } from '../../tasks/base/errors.ts';

/** Number of a process that has ended: no process has it. */
const DEAD = 2 ** 22 + 1;

describe('digest of inputs', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'digest-'));
    mkdirSync(join(folder, 'in/sub'), { recursive: true });
    writeFileSync(join(folder, 'in/a'), 'one');
    writeFileSync(join(folder, 'in/sub/b'), 'two');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const digest = (extra: string[] = []) => digestOf(folder, [join(folder, 'in')], extra);

  it('is the same for the same names and contents, wherever they are, whatever their dates and modes', () => {
    const before = digest();
    utimesSync(join(folder, 'in/a'), 1, 1);
    chmodSync(join(folder, 'in/a'), 0o755);
    expect(digest()).to.equal(before);
    const other = mkdtempSync(join(tmpdir(), 'digest-'));
    mkdirSync(join(other, 'in/sub'), { recursive: true });
    writeFileSync(join(other, 'in/sub/b'), 'two');
    writeFileSync(join(other, 'in/a'), 'one');
    expect(digestOf(other, [join(other, 'in')])).to.equal(before);
    rmSync(other, { recursive: true });
  });

  it('does not depend on the order in which files are named', () => {
    const [a, sub] = [join(folder, 'in/a'), join(folder, 'in/sub')];
    expect(digestOf(folder, [sub, a])).to.equal(digestOf(folder, [a, sub]));
  });

  const changes: [string, () => void][] = [
    ['a content', () => writeFileSync(join(folder, 'in/a'), 'One')],
    [
      'a name',
      () => {
        rmSync(join(folder, 'in/a'));
        writeFileSync(join(folder, 'in/c'), 'one');
      },
    ],
    [
      'a folder',
      () => {
        rmSync(join(folder, 'in/sub'), { recursive: true });
        writeFileSync(join(folder, 'in/b'), 'two');
      },
    ],
    ['a new file, even an empty one', () => writeFileSync(join(folder, 'in/empty'), '')],
    [
      'a border between two contents',
      () => {
        writeFileSync(join(folder, 'in/a'), 'on');
        writeFileSync(join(folder, 'in/sub/b'), 'etwo');
      },
    ],
  ];
  for (const [what, change] of changes)
    it(`changes with ${what}`, () => {
      const before = digest();
      change();
      expect(digest()).to.not.equal(before);
    });

  it('a content that looks like the next file is not the next file', () => {
    const [a, b] = [join(folder, 'x'), join(folder, 'y')];
    writeFileSync(a, 'one');
    writeFileSync(b, 'two');
    const two = digestOf(folder, [a, b]);
    for (const text of ['oney\0two', 'oneytwo']) {
      writeFileSync(a, text);
      expect(digestOf(folder, [a])).to.not.equal(two);
    }
  });

  it('changes with inputs that are no files', () => {
    expect(new Set([digest(), digest(['7.2']), digest(['7.3']), digest(['7', '2'])]).size).to.equal(4);
  });
});

describe('cache of images', () => {
  const outside = process.env.LAB_CACHE;
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cache-'));
    process.env.LAB_CACHE = join(folder, 'cache');
  });
  afterEach(() => {
    if (outside === undefined) delete process.env.LAB_CACHE;
    else process.env.LAB_CACHE = outside;
    rmSync(folder, { recursive: true, force: true });
  });
  const build = (digest: string, text = 'whole content') =>
    store('image', digest, async (file) => writeFileSync(file, text));
  const state = (thorough = false) => inspect('image', 'd1', thorough);
  const file = () => entryFile('image', 'd1');
  const manifest = () => join(entryFolder('image', 'd1'), 'manifest.json');

  it('what was stored is good, also when looked at closely, and alone in its folder', async () => {
    await build('d1');
    expect([await state(), await state(true)]).to.deep.equal(['good', 'good']);
    expect(readFileSync(file(), 'utf8')).to.equal('whole content');
    expect(readdirSync(join(folder, 'cache/image'))).to.deep.equal(['d1']);
  });

  it('stored again it is replaced', async () => {
    await build('d1');
    await build('d1', 'newer content');
    expect([await state(true), readFileSync(file(), 'utf8')]).to.deep.equal(['good', 'newer content']);
  });

  it('what was never stored is missing', async () => {
    expect(await state()).to.equal('missing');
    await build('d2');
    expect(await state()).to.equal('missing');
  });

  it('a truncated file is damaged', async () => {
    await build('d1');
    const { mtime } = statSync(file());
    truncateSync(file(), 5);
    utimesSync(file(), mtime, mtime);
    expect(await state()).to.equal('damaged');
  });

  it('a file that is gone is damaged', async () => {
    await build('d1');
    rmSync(file());
    expect(await state()).to.equal('damaged');
  });

  it('another content of the same size is damaged as soon as its time says that it was written', async () => {
    await build('d1');
    writeFileSync(file(), 'Whole content');
    utimesSync(file(), 1, 1);
    expect(await state()).to.equal('damaged');
  });

  it('another content with the old size and time is found by a close look', async () => {
    await build('d1');
    const { mtime } = statSync(file());
    writeFileSync(file(), 'Whole content');
    utimesSync(file(), mtime, mtime);
    expect([await state(), await state(true)]).to.deep.equal(['good', 'damaged']);
  });

  it('the same content with another time is good, and gets its time back: copy-on-write files record it', async () => {
    await build('d1');
    const { mtimeMs } = statSync(file());
    utimesSync(file(), 1, 1);
    expect(await state()).to.equal('good');
    expect(statSync(file()).mtimeMs).to.equal(mtimeMs);
  });

  for (const [what, text] of [
    ['no JSON', '{"digest": "d1", "si'],
    ['not all fields', '{"digest": "d1"}'],
  ] as const)
    it(`a manifest with ${what} is damaged, and still listed`, async () => {
      await build('d1');
      writeFileSync(manifest(), text);
      expect(await state()).to.equal('damaged');
      expect((await listCache()).map((entry) => entry.digest)).to.deep.equal(['d1']);
    });

  it('a failed build leaves nothing, and what was there before stays', async () => {
    const failing = (digest: string) =>
      store('image', digest, async (path) => {
        writeFileSync(path, 'half');
        throw new Error('no space left');
      }).catch((error: Error) => error.message);
    expect(await failing('d1')).to.equal('no space left');
    expect(readdirSync(join(folder, 'cache/image'))).to.deep.equal([]);
    await build('d1');
    expect(await failing('d1')).to.equal('no space left');
    expect([await state(true), readdirSync(join(folder, 'cache/image'))]).to.deep.equal(['good', ['d1']]);
  });

  it('while it is being built an entry is missing', async () => {
    let during = '';
    await store('image', 'd1', async (path) => {
      writeFileSync(path, 'half');
      during = await state();
      expect(await listCache()).to.deep.equal([]);
    });
    expect([during, await state()]).to.deep.equal(['missing', 'good']);
  });

  it('prune removes what nobody uses; it keeps the current entry, and names the labs that use the others', async () => {
    const labs = join(folder, 'labs');
    mkdirSync(join(labs, 'old-lab/engine'), { recursive: true });
    mkdirSync(join(labs, 'vagrant-lab/engine'), { recursive: true });
    writeFileSync(join(labs, 'old-lab/engine/base.json'), '{"image": "d2", "kernel": "k2"}');
    await build(currentDigest('image'));
    await build('d1');
    await build('d2');
    const { removed, kept } = await pruneCache(labs);
    expect(removed.map(({ digest }) => digest)).to.deep.equal(['d1']);
    expect(kept.map(({ entry, labs: by }) => [entry.digest, by])).to.deep.equal([['d2', ['old-lab']]]);
    expect((await listCache()).map(({ digest }) => digest).sort()).to.deep.equal(
      ['d2', currentDigest('image')].sort(),
    );
  });

  it('prune keeps what labs of other checkouts were made from, and says which; it forgets those that are gone', async () => {
    const [here, other, third] = ['here', 'other', 'third'].map((name) => join(folder, name, '.lab')) as [
      string,
      string,
      string,
    ];
    const make = async (lab: string, base: string) => {
      mkdirSync(join(lab, 'engine'), { recursive: true });
      writeFileSync(join(lab, 'engine/base.json'), base);
      await registerEnvironment(lab);
      // A second time changes nothing.
      await registerEnvironment(lab);
    };
    await make(join(here, 'one'), '{"image": "d1"}');
    await make(join(other, 'lab'), '{"image": "d1", "kernel": "k1"}');
    await make(join(third, 'lab'), '{"image": "d2"}');
    for (const digest of ['d1', 'd2', 'd3']) await build(digest);
    const kept = async () =>
      (await pruneCache(here)).kept.map(({ entry, labs }) => [entry.digest, [...labs].sort()]);
    expect(await kept()).to.deep.equal([
      ['d1', [join(other, 'lab'), 'one']],
      ['d2', [join(third, 'lab')]],
    ]);
    expect((await listCache()).map(({ digest }) => digest)).to.deep.equal(['d1', 'd2']);
    rmSync(join(third, 'lab'), { recursive: true });
    expect(await kept()).to.deep.equal([['d1', [join(other, 'lab'), 'one']]]);
    expect(readdirSync(join(folder, 'cache/labs'))).to.have.length(2);
  });

  it('prune removes nothing when it cannot read what a lab needs', async () => {
    const lab = join(folder, 'other/.lab/lab');
    mkdirSync(join(lab, 'engine'), { recursive: true });
    writeFileSync(join(lab, 'engine/base.json'), '{"image": ');
    await registerEnvironment(lab);
    await build('d1');
    const error = await pruneCache(join(folder, 'labs')).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(LabError);
    expect((error as LabError).what.en).to.include(join(lab, 'engine/base.json'));
    expect(await state()).to.equal('good');
  });

  it('prune removes unfinished builds of processes that ended, not those at work', async () => {
    const parts = [DEAD, process.pid].map((pid) => `${entryFolder('image', 'd1')}.${pid}.part`);
    for (const part of parts) {
      mkdirSync(part, { recursive: true });
      writeFileSync(join(part, 'manifest.json'), '{}');
    }
    expect(await listCache()).to.deep.equal([]);
    await pruneCache(join(folder, 'labs'));
    expect(parts.map((part) => existsSync(part))).to.deep.equal([false, true]);
  });
});

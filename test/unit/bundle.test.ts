import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { exportBundle, importBundle } from '../../tasks/artifacts/bundle.ts';
import { currentDigest, discard, entryFile, inspect, listCache, store } from '../../tasks/artifacts/cache.ts';
import { LabError } from '../../tasks/base/errors.ts';

describe('bundle for a classroom', () => {
  const outside = process.env.LAB_CACHE;
  const digest = currentDigest('kernel');
  let folder = '';
  let file = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bundle-'));
    file = join(folder, 'lab.tar.zst');
    process.env.LAB_CACHE = join(folder, 'cache');
  });
  afterEach(() => {
    if (outside === undefined) delete process.env.LAB_CACHE;
    else process.env.LAB_CACHE = outside;
    rmSync(folder, { recursive: true, force: true });
  });
  const build = (name = digest) => store('kernel', name, async (path) => writeFileSync(path, 'a kernel'));
  /** The sentence of the LabError that a promise ends with. */
  const mistake = async (promise: Promise<void>): Promise<string> => {
    const error = await promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(LabError);
    return (error as LabError).what.en;
  };
  const entries = async () => (await listCache()).map((entry) => `${entry.kind}/${entry.digest}`);

  it('brings the current entries to another cache, good as they were, and no old ones', async () => {
    await build();
    await build('old');
    await exportBundle(file);
    process.env.LAB_CACHE = join(folder, 'other');
    await importBundle(file);
    expect(await entries()).to.deep.equal([`kernel/${digest}`]);
    expect(await inspect('kernel', digest, true)).to.equal('good');
    expect(readFileSync(entryFile('kernel', digest), 'utf8')).to.equal('a kernel');
  });

  it('mends a damaged entry', async () => {
    await build();
    await exportBundle(file);
    truncateSync(entryFile('kernel', digest), 2);
    await importBundle(file);
    expect(await inspect('kernel', digest, true)).to.equal('good');
  });

  it('with nothing built, or from no file, it says so', async () => {
    expect(await mistake(exportBundle(file))).to.include('nothing to export');
    expect(await mistake(importBundle(file))).to.include(`no file ${file}`);
  });

  it('into a folder that is not there: nothing is half written', async () => {
    await build();
    expect(await mistake(exportBundle(join(folder, 'no/lab.tar.zst')))).to.include('could not be written');
  });

  it('one that was cut short, or is something else, is refused and nothing imported', async () => {
    await build();
    await exportBundle(file);
    await discard('kernel', digest);
    truncateSync(file, readFileSync(file).length - 20);
    expect(await mistake(importBundle(file))).to.include('damaged');
    writeFileSync(file, 'no bundle');
    expect(await mistake(importBundle(file))).to.include('damaged');
    expect(await entries()).to.deep.equal([]);
  });

  it('a content that does not match its checksum is refused', async () => {
    await build();
    const manifest = join(entryFile('kernel', digest), '../manifest.json');
    // A good look would refuse to export it; the quick one cannot see it.
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/"sha256": "../, '"sha256": "zz'));
    await exportBundle(file);
    await discard('kernel', digest);
    expect(await mistake(importBundle(file))).to.include('damaged');
    expect(await entries()).to.deep.equal([]);
  });
});

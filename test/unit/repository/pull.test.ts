import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type BuiltKind,
  type CacheKind,
  currentDigest,
  entryFile,
  inspect,
  listCache,
  store,
} from '../../../tasks/artifacts/cache.ts';
import { exportRepository } from '../../../tasks/artifacts/repository/export.ts';
import { keyNamed, signingKey, trustedKeys } from '../../../tasks/artifacts/repository/keys.ts';
import { INDEX, SIGNATURE } from '../../../tasks/artifacts/repository/layout.ts';
import { signatureOf } from '../../../tasks/artifacts/repository/minisign.ts';
import { openRepository, type Trust } from '../../../tasks/artifacts/repository/open.ts';
import { mismatch, planOf } from '../../../tasks/artifacts/repository/plan.ts';
import { needRoom, takeFile } from '../../../tasks/artifacts/repository/pull.ts';
import { openSource } from '../../../tasks/artifacts/repository/source.ts';
import { LabError } from '../../../tasks/base/errors.ts';
import { onLinux } from '../helpers/only.ts';
import { type StaticServer, serveFolder } from './server.ts';

const OUTSIDE = { LAB_CACHE: process.env.LAB_CACHE, LAB_CONFIG: process.env.LAB_CONFIG };
const KERNEL = '#!/bin/sh\necho 7.2\n';
const KINDS: BuiltKind[] = ['image', 'kernel'];
const linux = onLinux('it starts a shell script as kernel, and zstd');

linux.describe('repository of images', () => {
  let folder = '';
  let shop = '';
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'repository-'));
    shop = join(folder, 'shop');
    use('teacher');
    await make('image', currentDigest('image'), 'an image '.repeat(50_000));
    await make('kernel', currentDigest('kernel'), KERNEL);
  });
  afterEach(() => {
    for (const [name, value] of Object.entries(OUTSIDE)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  /** Who works from now on: each has a cache and a configuration. */
  const use = (who: string) => {
    process.env.LAB_CACHE = join(folder, who, 'cache');
    process.env.LAB_CONFIG = join(folder, who, 'config');
  };
  const make = (kind: CacheKind, digest: string, text: string, facts?: Record<string, unknown>) =>
    store(kind, digest, async (file) => writeFileSync(file, text), facts);
  const quiet = () => undefined;
  /** The teacher's signed repository. Returns the public key. */
  async function exportSigned(): Promise<string> {
    use('teacher');
    const key = await signingKey();
    await exportRepository(shop, key.secret, quiet);
    use('student');
    return key.public.text;
  }
  async function pull(
    place: string,
    trust: Trust,
    { kinds = KINDS, report = quiet as (line: string) => void } = {},
  ): Promise<string[]> {
    const repository = await openRepository(openSource(place), trust);
    const plan = await planOf(repository, kinds);
    await needRoom(repository, plan.take);
    for (const file of plan.take) await takeFile(repository, file, report);
    const other = mismatch(repository, plan.missing);
    if (other) throw other;
    return plan.take.map(({ kind }) => kind);
  }
  async function refusal(work: Promise<unknown>): Promise<LabError> {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(LabError);
    return error as LabError;
  }
  const entries = async () => (await listCache()).map(({ kind }) => kind);
  const imageFile = () => join(shop, `image-${currentDigest('image')}.ext4.zst`);
  /** Writes the index anew, signed as before. */
  async function resign(change: (index: { files: Record<string, unknown>[] }) => void): Promise<void> {
    const index = JSON.parse(readFileSync(join(shop, INDEX), 'utf8'));
    change(index);
    const text = JSON.stringify(index);
    writeFileSync(join(shop, INDEX), text);
    use('teacher');
    writeFileSync(join(shop, SIGNATURE), signatureOf(Buffer.from(text), (await signingKey()).secret, 'test'));
    use('student');
  }

  describe('in a folder', () => {
    it('brings image and kernel to another cache, whole and ready to run', async () => {
      const key = await exportSigned();
      expect(await pull(shop, { key: keyNamed(key) })).to.deep.equal(KINDS);
      for (const kind of KINDS) expect(await inspect(kind, currentDigest(kind), true)).to.equal('good');
      expect(statSync(entryFile('kernel', currentDigest('kernel'))).mode & 0o111).to.equal(0o111);
      expect(await pull(shop, { key: keyNamed(key) })).to.deep.equal([]);
    });

    it('a key that was named once need not be named again', async () => {
      const key = await exportSigned();
      expect((await refusal(pull(shop, {}))).what.en).to.match(
        /signed by the key [0-9A-F]{16}, which you have not/,
      );
      await pull(shop, { key: keyNamed(key) });
      expect(trustedKeys().map(({ text }) => text)).to.deep.equal([key]);
      rmSync(process.env.LAB_CACHE ?? '', { recursive: true });
      expect(await pull(shop, {})).to.deep.equal(KINDS);
    });

    it('signed with another key than the one that is named: refused, and neither is remembered', async () => {
      await exportSigned();
      use('other');
      const other = (await signingKey()).public;
      use('student');
      const { what } = await refusal(pull(shop, { key: other }));
      expect(what.en).to.include('not by the one that --key names').and.include(other.id);
      expect(trustedKeys()).to.deep.equal([]);
      expect(await entries()).to.deep.equal([]);
    });

    it('a changed index is refused; so is one without signature, unless that is wanted', async () => {
      const key = keyNamed(await exportSigned());
      appendFileSync(join(shop, INDEX), '\n');
      expect((await refusal(pull(shop, { key }))).what.en).to.match(/^The signature of .* is wrong/);
      expect(trustedKeys()).to.deep.equal([]);
      rmSync(join(shop, SIGNATURE));
      expect((await refusal(pull(shop, { key }))).what.en).to.match(/is not signed/);
      expect(await entries()).to.deep.equal([]);
      expect(await pull(shop, { unsigned: true })).to.deep.equal(KINDS);
    });

    it('a changed file, a short one, and one that is missing are refused, each with its reason', async () => {
      const key = keyNamed(await exportSigned());
      const content = readFileSync(imageFile());
      const spoilt = Buffer.from(content);
      spoilt[20] = (spoilt[20] ?? 0) ^ 1;
      writeFileSync(imageFile(), spoilt);
      expect((await refusal(pull(shop, { key }))).what.en).to.include('not what the index promises');
      truncateSync(imageFile(), 30);
      expect((await refusal(pull(shop, { key }))).what.en).to.match(/cut short: 30 of \d+ bytes/);
      rmSync(imageFile());
      expect((await refusal(pull(shop, { key }))).what.en).to.match(
        /is missing, although the index names it/,
      );
      expect(await entries()).to.not.include('image');
      expect(readdirSync(join(process.env.LAB_CACHE ?? '')).filter((name) => name === 'image')).to.deep.equal(
        [],
      );
    });

    it('made by another version of the kit: what fits is taken, and the rest is named with that version', async () => {
      const key = keyNamed(await exportSigned());
      await resign(({ files }) => {
        for (const file of files) if (file.kind === 'image') file.digest = '0'.repeat(20);
      });
      const { what, fix, details } = await refusal(pull(shop, { key }));
      expect(what.en).to.include('for another version of the kit').and.include('its image cannot be used');
      expect(fix?.en).to.match(/git checkout [0-9a-f]{12}|use that version/);
      expect(details.join()).to.include(currentDigest('image'));
      expect(await entries()).to.deep.equal(['kernel']);
    });

    it('a box that is not offered is named', async () => {
      const key = keyNamed(await exportSigned());
      expect((await refusal(pull(shop, { key }, { kinds: ['box'] }))).what.en).to.match(/offers no box\.$/);
    });

    it('a kernel that this computer cannot start does not get into the cache', async () => {
      use('teacher');
      await make('kernel', currentDigest('kernel'), '#!/no/such/loader\n');
      const key = keyNamed(await exportSigned());
      expect((await refusal(pull(shop, { key }))).what.en).to.include(
        'kernel does not start on this computer',
      );
      expect(await entries()).to.deep.equal(['image']);
    });

    it('brings Nextcloud; without signature nobody vouches for its archive any more', async () => {
      use('teacher');
      const text = 'an archive';
      const sum = createHash('sha256').update(text).digest('hex');
      const facts = { release: '34.0.1', version: '34.0.1.2', sha256: sum, signature: 'good' };
      await make('nextcloud', sum.slice(0, 20), text, facts);
      await make('nextcloud-code', sum.slice(0, 20), 'a disk');
      const key = keyNamed(await exportSigned());
      const manifest = () =>
        JSON.parse(
          readFileSync(join(entryFile('nextcloud', sum.slice(0, 20)), '../manifest.json'), 'utf8'),
        ) as { facts: unknown };
      expect(await pull(shop, { key })).to.deep.equal([...KINDS, 'nextcloud', 'nextcloud-code']);
      expect(manifest().facts).to.deep.equal(facts);
      use('second');
      await pull(shop, { unsigned: true });
      expect(manifest().facts).to.deep.equal({ ...facts, signature: 'unchecked' });
      await resign(({ files }) => {
        for (const file of files) if (file.kind === 'nextcloud') file.facts = { ...facts, sha256: 'x' };
      });
      use('third');
      expect((await refusal(pull(shop, { key }))).what.en).to.include('which release');
    });

    it('is no folder, holds no index, or one that is not understood: one sentence each', async () => {
      const none = await refusal((async () => openSource(join(folder, 'none')))());
      expect(none.what.en).to.match(/^There is no folder /);
      mkdirSync(shop);
      expect((await refusal(pull(shop, { unsigned: true }))).what.en).to.match(
        /^There is no .*ha-lab\.json\.$/,
      );
      for (const text of [
        '',
        '{',
        '{"format": 2}',
        '{"format":1,"kit":{"version":"1"},"files":[{"name":"../x"}]}',
      ]) {
        writeFileSync(join(shop, INDEX), text);
        expect((await refusal(pull(shop, { unsigned: true }))).what.en).to.include(
          'is no index of a repository',
        );
      }
    });

    it('too little room is said before anything is taken', async () => {
      const key = keyNamed(await exportSigned());
      await resign(({ files }) => {
        for (const file of files)
          file.content = { ...(file.content as object), disk: Number.MAX_SAFE_INTEGER };
      });
      expect((await refusal(pull(shop, { key }))).what.en).to.match(/MiB free, and \d+ MiB are needed/);
    });

    it('exported again, the same files stay and old ones go', async () => {
      await exportSigned();
      const before = statSync(imageFile()).mtimeMs;
      writeFileSync(join(shop, 'mine.txt'), 'not of the kit');
      await resign(({ files }) => {
        files.push({ ...files[0], digest: '1'.repeat(20), name: `image-${'1'.repeat(20)}.ext4.zst` });
      });
      writeFileSync(join(shop, `image-${'1'.repeat(20)}.ext4.zst`), 'old');
      await exportSigned();
      expect(statSync(imageFile()).mtimeMs).to.equal(before);
      expect(readdirSync(shop)).to.have.length(5).and.include('mine.txt');
      truncateSync(imageFile(), 10);
      expect(await pull(shop, { key: keyNamed(await exportSigned()) })).to.deep.equal(KINDS);
    });

    it('a damaged entry is not exported', async () => {
      use('teacher');
      const file = entryFile('image', currentDigest('image'));
      const { atime, mtime } = statSync(file);
      const content = readFileSync(file);
      writeFileSync(file, content.fill('x', 0, 1));
      const { utimesSync } = await import('node:fs');
      utimesSync(file, atime, mtime);
      expect((await refusal(exportRepository(shop, undefined, quiet))).what.en).to.include('is damaged');
      expect(existsSync(join(shop, INDEX))).to.equal(false);
    });
  });

  describe('on a web server', () => {
    let server: StaticServer;
    /** Bytes of the download that is under way. */
    const arrived = () => {
      const downloads = join(process.env.LAB_CACHE ?? '', 'downloads');
      const [part] = existsSync(downloads) ? readdirSync(downloads) : [];
      return part ? statSync(join(downloads, part)).size : 0;
    };
    beforeEach(async () => {
      server = await serveFolder(folder, arrived);
    });
    afterEach(() => server.close());
    const url = () => `${server.url}/shop`;
    const breakImage = (bytes: number) => (path: string) => (path.includes('/image-') ? bytes : undefined);

    it('is pulled from its address, with a slash at the end or that of its index', async () => {
      const key = keyNamed(await exportSigned());
      expect(await pull(`${url()}/`, { key })).to.deep.equal(KINDS);
      for (const kind of KINDS) expect(await inspect(kind, currentDigest(kind), true)).to.equal('good');
      expect(await pull(`${url()}/${INDEX}`, {})).to.deep.equal([]);
      use('second');
      expect(await pull(`${server.url}/moved/shop`, { key })).to.deep.equal(KINDS);
      expect(readdirSync(join(process.env.LAB_CACHE ?? '', 'downloads'))).to.deep.equal([]);
    });

    it('goes on where a connection broke, also in another run', async () => {
      const key = keyNamed(await exportSigned());
      // Every connection breaks: the run fails, and what has arrived is kept.
      server.breaks = breakImage(10);
      const { what, fix } = await refusal(pull(url(), { key }));
      expect(what.en).to.match(/image-.* could not be downloaded/);
      expect(fix?.en).to.include('goes on where it stopped');
      expect(await entries()).to.deep.equal([]);
      server.breaks = undefined;
      server.asked.length = 0;
      expect(await pull(url(), { key })).to.deep.equal(KINDS);
      expect(server.asked.find((line) => line.includes('/image-'))).to.match(/ bytes=40-$/);
      expect(await inspect('image', currentDigest('image'), true)).to.equal('good');
    });

    it('a server without ranges: it begins anew, and says why', async () => {
      const key = keyNamed(await exportSigned());
      server.ranges = false;
      server.breaks = breakImage(10);
      expect((await refusal(pull(url(), { key }))).fix?.en).to.include('cannot resume');
      server.breaks = undefined;
      const lines: string[] = [];
      expect(await pull(url(), { key }, { report: (line) => lines.push(line) })).to.deep.equal(KINDS);
      expect(lines.join('\n')).to.include('from the beginning: the server cannot resume');
      expect(await inspect('image', currentDigest('image'), true)).to.equal('good');
    });

    it('a file that was exchanged there is refused, and not gone on with the next time', async () => {
      const key = keyNamed(await exportSigned());
      const content = readFileSync(imageFile());
      writeFileSync(imageFile(), Buffer.alloc(content.length, 'x'));
      expect((await refusal(pull(url(), { key }))).what.en).to.include('not what the index promises');
      expect(await entries()).to.deep.equal([]);
      writeFileSync(imageFile(), content);
      expect(await pull(url(), { key })).to.deep.equal(KINDS);
    });

    it('a file that is short there is named; once it is whole, the rest is fetched', async () => {
      const key = keyNamed(await exportSigned());
      const content = readFileSync(imageFile());
      truncateSync(imageFile(), 30);
      expect((await refusal(pull(url(), { key }))).what.en).to.match(/cut short: 30 of \d+ bytes/);
      writeFileSync(imageFile(), content);
      server.asked.length = 0;
      expect(await pull(url(), { key })).to.deep.equal(KINDS);
      expect(server.asked.find((line) => line.includes('/image-'))).to.match(/ bytes=30-$/);
    });

    it('a disk that is full is called so, and not taken for a bad network', async () => {
      const key = keyNamed(await exportSigned());
      const { files } = JSON.parse(readFileSync(join(shop, INDEX), 'utf8')) as {
        files: { kind: string; sha256: string }[];
      };
      const sum = files.find(({ kind }) => kind === 'image')?.sha256;
      mkdirSync(join(process.env.LAB_CACHE ?? '', 'downloads'), { recursive: true });
      symlinkSync('/dev/full', join(process.env.LAB_CACHE ?? '', 'downloads', `${sum}.part`));
      expect((await refusal(pull(url(), { key }))).what.en).to.match(/^The disk of .* is full\.$/);
    });

    it('nobody listens, or there is nothing of the kind: one sentence each', async () => {
      expect((await refusal(pull(`${server.url}/none`, { unsigned: true }))).what.en).to.match(
        /^There is no http/,
      );
      server.close();
      expect((await refusal(pull(url(), { unsigned: true }))).what.en).to.match(/could not be read\.$/);
      const ftp = await refusal((async () => openSource('ftp://x/y'))());
      expect(ftp.what.en).to.include('neither a web address nor a folder');
    });
  });
});

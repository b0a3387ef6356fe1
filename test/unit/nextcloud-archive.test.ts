import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  cachedArchive,
  type ImportOptions,
  importArchive,
  sumIn,
} from '../../tasks/artifacts/application/archive.ts';
import { codeDisk, entryOf, storeCode } from '../../tasks/artifacts/application/code.ts';
import { checkSignature, dearmor, signer } from '../../tasks/artifacts/application/signature.ts';
import { entryFile, inspect, pruneCache } from '../../tasks/artifacts/cache.ts';
import { download } from '../../tasks/artifacts/download.ts';
import { LabError } from '../../tasks/base/errors.ts';
import { onLinux } from './helpers/only.ts';

/** A release of three lines, its signature by a key made for this test, and another key with a signature of its own. */
const fixtures = join(import.meta.dirname, '../fixtures/nextcloud');
const gpgv = onLinux('it starts tar, bzip2 and gpgv');
const NAME = 'nextcloud-34.0.1.tar.bz2';
const fixture = (name: string) => readFileSync(join(fixtures, name), 'utf8');
const fingerprint = fixture('fingerprint').trim();
const SUM = fixture(`${NAME}.sha256`).slice(0, 64);

async function refusal(work: Promise<unknown>): Promise<LabError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).to.be.instanceOf(LabError);
  return error as LabError;
}

gpgv.describe('archive of Nextcloud', () => {
  // Each one starts tar and gpgv, which takes its time on a busy computer.
  let folder = '';
  let archive = '';
  const before_ = process.env.LAB_CACHE;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'archive-'));
    archive = join(folder, NAME);
    copyFileSync(join(fixtures, NAME), archive);
    process.env.LAB_CACHE = join(folder, 'cache');
  });
  afterEach(() => {
    if (before_ === undefined) delete process.env.LAB_CACHE;
    else process.env.LAB_CACHE = before_;
    rmSync(folder, { recursive: true, force: true });
  });
  const put = (...names: string[]) => {
    for (const name of names) copyFileSync(join(fixtures, name), join(folder, name));
  };
  const take = (source = archive, more: Partial<ImportOptions> = {}) => {
    const warnings: string[] = [];
    const versions = {
      release: '34.0.1',
      url: 'http://127.0.0.1:9',
      key: 'http://127.0.0.1:9/key',
      fingerprint,
    };
    const done = importArchive(source, {
      disk: false,
      report: () => undefined,
      warn: (line) => warnings.push(line),
      versions,
      ...more,
    });
    return { done, warnings };
  };
  const inCache = () => inspect('nextcloud', entryOf(SUM));

  it('with signature and key beside it: taken without a warning, under its checksum', async () => {
    put(`${NAME}.asc`, `${NAME}.sha256`, 'nextcloud.asc');
    const { done, warnings } = take();
    expect(await done).to.deep.equal({
      release: '34.0.1',
      version: '34.0.1.2',
      sha256: SUM,
      signature: 'good',
    });
    expect(warnings).to.deep.equal([]);
    expect(await inCache()).to.equal('good');
    expect(await cachedArchive(undefined, '34.0.1')).to.deep.equal(await done);
  });

  it('the key that proved itself is kept: the next signature is checked without network', async () => {
    put(`${NAME}.asc`, 'nextcloud.asc');
    await take().done;
    rmSync(join(folder, 'nextcloud.asc'));
    rmSync(join(folder, 'cache/nextcloud', entryOf(SUM)), { recursive: true });
    expect((await take().done).signature).to.equal('good');
  });

  it('without signature: taken with a warning; given again with one, it is checked', async () => {
    const { done, warnings } = take();
    expect((await done).signature).to.equal('unchecked');
    expect(warnings.join()).to.include('Warning').and.include(`${NAME}.asc`);
    put(`${NAME}.asc`, 'nextcloud.asc');
    expect((await take().done).signature).to.equal('good');
    expect((await cachedArchive(SUM))?.signature).to.equal('good');
  });

  it('with a signature and no key anywhere: taken with a warning', async () => {
    put(`${NAME}.asc`);
    const { done, warnings } = take();
    expect((await done).signature).to.equal('unchecked');
    expect(warnings).to.have.length(1);
  });

  it('signed by somebody else, even if his key lies beside it: refused, and not in the cache', async () => {
    copyFileSync(join(fixtures, 'other.asc'), `${archive}.asc`);
    copyFileSync(join(fixtures, 'other-key.asc'), join(folder, 'nextcloud.asc'));
    expect((await refusal(take().done)).what.en).to.include(fingerprint);
    expect(await inCache()).to.equal('missing');
    expect(existsSync(join(folder, 'cache/nextcloud/release-key.asc'))).to.equal(false);
  });

  it('with another checksum than promised, by its file or by the user: refused', async () => {
    writeFileSync(`${archive}.sha256`, `${'0'.repeat(64)}  ${NAME}\n`);
    expect((await refusal(take().done)).what.en).to.include('SHA-256');
    rmSync(`${archive}.sha256`);
    expect((await refusal(take(archive, { sha256: 'f'.repeat(64) }).done)).what.en).to.include('SHA-256');
    expect(await inCache()).to.equal('missing');
    expect((await take(archive, { sha256: SUM.toUpperCase() }).done).sha256).to.equal(SUM);
  });

  const bad: [string, (file: string) => void][] = [
    ['text', (file) => writeFileSync(file, 'no archive')],
    ['half of one', (file) => writeFileSync(file, readFileSync(file).subarray(0, 120))],
    [
      'another program’s',
      (file) => {
        execFileSync('tar', ['-cjf', file, '-C', fixtures, 'fingerprint']);
      },
    ],
  ];
  for (const [what, spoil] of bad)
    it(`${what} instead of an archive: refused, nothing left behind`, async () => {
      spoil(archive);
      const error = await refusal(take().done);
      expect(error.what.en).to.include('no release archive');
      expect(
        existsSync(join(folder, 'cache/nextcloud')) && readdirSync(join(folder, 'cache/nextcloud')),
      ).to.satisfy((left: false | string[]) => !left || left.length === 0);
    });

  it('of another series than the kit’s: refused, and both are named', async () => {
    const versions = { release: '35.0.0', url: 'http://x.invalid', key: 'http://127.0.0.1:9/', fingerprint };
    const { what } = await refusal(take(archive, { versions }).done);
    expect(what.en).to.include('34.0.1').and.include('35.0.0');
  });

  it('that does not exist: refused', async () => {
    expect((await refusal(take(join(folder, 'none.tar.bz2')).done)).what.en).to.include('There is no file');
  });

  it('of whatever many files: the disk made from it has room for each of them', async () => {
    const code = join(folder, 'code');
    mkdirSync(code);
    writeFileSync(join(code, 'large'), '');
    truncateSync(join(code, 'large'), 100 << 20);
    for (let number = 0; number < 954; number += 1) writeFileSync(join(code, String(number)), '');
    await storeCode(SUM, code);
    expect(statSync(codeDisk(SUM)).size).to.be.above(100 << 20);
  });

  it('prune keeps the release of the kit, and the archive that a lab was made from', async () => {
    await take().done;
    const labs = join(folder, 'labs');
    await pruneCache(labs);
    expect(await inCache()).to.equal('good');
    const manifest = join(entryFile('nextcloud', entryOf(SUM)), '..', 'manifest.json');
    writeFileSync(
      manifest,
      readFileSync(manifest, 'utf8').replace('"release": "34.0.1"', '"release": "33.9.9"'),
    );
    mkdirSync(join(labs, 'one'), { recursive: true });
    writeFileSync(join(labs, 'one/lab.json'), JSON.stringify({ nextcloud: { sha256: SUM } }));
    expect((await pruneCache(labs)).kept.map((entry) => entry.labs)).to.deep.equal([['one']]);
    rmSync(labs, { recursive: true });
    expect((await pruneCache(labs)).removed).to.have.length(1);
  });

  describe('from a server', () => {
    let server: Server;
    let url = '';
    /** Files it has, and what it was asked for. */
    let files: Record<string, Buffer>;
    let asked: string[];
    /** Bytes after which it drops the next connection. */
    let dropAfter: number | undefined;
    beforeEach(async () => {
      files = {};
      asked = [];
      dropAfter = undefined;
      server = createServer((request, response) => {
        asked.push(`${request.url} ${request.headers.range ?? ''}`.trim());
        const body = files[request.url ?? ''];
        if (!body) return void response.writeHead(404).end();
        const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
        if (from > 0 && from >= body.length) return void response.writeHead(416).end();
        const rest = body.subarray(from);
        response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length });
        if (dropAfter === undefined) return void response.end(rest);
        const some = rest.subarray(0, dropAfter);
        dropAfter = undefined;
        response.write(some);
        // Once what was sent has been kept, however slow the computer is.
        const arrived = setInterval(() => {
          const part = statSync(join(folder, 'part'), { throwIfNoEntry: false });
          if ((part?.size ?? 0) < some.length) return;
          clearInterval(arrived);
          request.socket.destroy();
        }, 20);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterEach(() => {
      server.closeAllConnections();
      server.close();
    });
    const versions = () => ({ release: '34.0.1', url, key: `${url}/nextcloud.asc`, fingerprint });
    const serve = (...names: string[]) => {
      for (const name of names) files[`/${name}`] = readFileSync(join(fixtures, name));
    };

    it('the official archive, with checksum and signature: taken, and its download is gone', async () => {
      serve(NAME, `${NAME}.asc`, `${NAME}.sha256`, 'nextcloud.asc');
      const { done, warnings } = take(`${url}/${NAME}`, { versions: versions() });
      expect(await done).to.include({ signature: 'good', sha256: SUM });
      expect(warnings).to.deep.equal([]);
      expect(readdirSync(join(folder, 'cache/nextcloud/downloads'))).to.deep.equal([]);
    });

    for (const missing of [`${NAME}.asc`, `${NAME}.sha256`, 'nextcloud.asc'])
      it(`the official archive without ${missing}: refused`, async () => {
        serve(...[NAME, `${NAME}.asc`, `${NAME}.sha256`, 'nextcloud.asc'].filter((name) => name !== missing));
        await refusal(take(`${url}/${NAME}`, { versions: versions() }).done);
        expect(await inCache()).to.equal('missing');
      });

    it('what arrived wrong is not gone on with', async () => {
      serve(NAME, `${NAME}.sha256`);
      files[`/${NAME}`] = Buffer.from('damaged on the way');
      await refusal(take(`${url}/${NAME}`, { versions: versions() }).done);
      expect(readdirSync(join(folder, 'cache/nextcloud/downloads'))).to.deep.equal([]);
    });

    it('a download that breaks off goes on where it stopped', async () => {
      const body = Buffer.from('0123456789'.repeat(100));
      files['/file'] = body;
      dropAfter = 400;
      const seen: number[] = [];
      const part = join(folder, 'part');
      await download(`${url}/file`, part, (bytes) => seen.push(bytes));
      expect(readFileSync(part).equals(body)).to.equal(true);
      expect(asked).to.deep.equal(['/file', '/file bytes=400-']);
      expect(seen.at(-1)).to.equal(1000);
      // Complete: nothing is fetched again.
      await download(`${url}/file`, part, () => undefined);
      expect(readFileSync(part)).to.have.length(1000);
    });

    it('a download that the server refuses is not tried again', async () => {
      expect(
        (await refusal(download(`${url}/none`, join(folder, 'part'), () => undefined))).details[0],
      ).to.include('404');
      expect(asked).to.have.length(1);
    });
  });
});

describe('checksums and signatures', () => {
  it('finds the sum of a file by name, or the only one', () => {
    const [a, b] = ['a'.repeat(64), 'B'.repeat(64)];
    expect(sumIn(`${a}  x\n${b} *dir/y\n`, 'y')).to.equal(b.toLowerCase());
    expect(sumIn(`${a}\n`, 'y')).to.equal(a);
    expect(sumIn(`${a}  x\n${b}  z\n`, 'y')).to.equal(undefined);
    expect(sumIn('<html>', 'y')).to.equal(undefined);
  });

  it('reads armour, and no more than armour', () => {
    expect(dearmor(fixture('nextcloud.asc'))?.subarray(0, 1).toString('hex')).to.equal('98');
    expect(dearmor('<html>not found</html>')).to.equal(undefined);
  });

  it('believes only a good signature, and the primary key’s fingerprint', () => {
    const line = (word: string) => `[GNUPG:] VALIDSIG SUBKEY 2026-01-01 1 0 4 0 22 10 00 ${word}\n`;
    expect(signer(`[GNUPG:] GOODSIG 1 Name\n${line('PRIMARY')}`)).to.equal('PRIMARY');
    expect(signer(line('PRIMARY'))).to.equal(undefined);
    expect(signer('[GNUPG:] BADSIG 1 Name\n')).to.equal(undefined);
    expect(signer(`[GNUPG:] EXPKEYSIG 1 Name\n${line('PRIMARY')}`)).to.equal(undefined);
  });

  gpgv.it('the right key’s signature passes, changed content and a wrong fingerprint do not', async () => {
    const file = join(fixtures, NAME);
    const [signature, key] = [fixture(`${NAME}.asc`), fixture('nextcloud.asc')];
    await checkSignature(file, signature, key, fingerprint);
    await refusal(checkSignature(join(fixtures, 'fingerprint'), signature, key, fingerprint));
    await refusal(checkSignature(file, signature, key, 'F'.repeat(40)));
    await refusal(checkSignature(file, signature, '', fingerprint));
  });
});

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { currentDigest, entryFolder, inspect } from '../../tasks/artifacts/cache.ts';
import { lab } from './run.ts';

/** Every mistake ends in sentences and a way out, never in a stack trace. */
function expectSentence(result: { code: number; output: string }, sentence: RegExp): void {
  expect(result.code, result.output).to.be.greaterThan(0);
  expect(result.output).to.match(sentence);
  expect(result.output).to.contain('To do:');
  expect(result.output).to.not.match(/^\s+at .*:\d+:\d+/m);
}

describe('mistakes and misfortunes', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lab-errors-'));
  });
  afterEach(async () => {
    await lab(['destroy', '--name', 'e2e-errors', '--yes']);
    rmSync(folder, { recursive: true, force: true });
  });

  it('no network: the mirror is named, and the ways out', async () => {
    const result = await lab(['image', 'build', '--yes', '--mirror', 'http://127.0.0.1:9/debian'], {
      env: { LAB_CACHE: join(folder, 'cache') },
    });
    expectSentence(result, /mirror http:\/\/127\.0\.0\.1:9\/debian could not be used/);
    expect(result.output).to.contain('lab image import');
  });

  it('a missing tool: the Debian package that has it', async () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    for (const place of (process.env.PATH ?? '').split(delimiter)) {
      for (const tool of safeList(place)) {
        if (tool === 'mmdebstrap') continue;
        try {
          symlinkSync(join(place, tool), join(bin, tool));
        } catch {
          // The same tool from an earlier folder of PATH.
        }
      }
    }
    const result = await lab(['image', 'build'], { env: { LAB_CACHE: join(folder, 'cache'), PATH: bin } });
    expectSentence(result, /missing: .*mmdebstrap/);
    expect(result.output).to.contain('apt-get install');
  });

  it('a full disk: where, how much is free and how much it takes', async function () {
    const small = '/dev/shm';
    if (!statSync(small, { throwIfNoEntry: false })) this.skip();
    const { execFileSync } = await import('node:child_process');
    const script =
      'mount -t tmpfs -o size=64m none "$1" && LAB_CACHE="$1" TMPDIR="$1" LAB_LANG=en exec "$2" bin/lab.js image build --yes';
    let output = '';
    let code = 0;
    try {
      output = execFileSync(
        'unshare',
        ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', folder, process.execPath],
        { encoding: 'utf8', stdio: 'pipe' },
      );
    } catch (error) {
      const failed = error as { status: number; stdout: string; stderr: string };
      code = failed.status;
      output = failed.stdout + failed.stderr;
    }
    expectSentence({ code, output }, /has \d+ MiB free; building the (image|kernel) takes \d+ MiB/);
  });

  it('a corrupted cached image is noticed', async () => {
    const digest = currentDigest('kernel');
    const original = entryFolder('kernel', digest);
    const copy = join(folder, 'cache', 'kernel', digest);
    mkdirSync(copy, { recursive: true });
    for (const name of readdirSync(original))
      writeFileSync(join(copy, name), readFileSync(join(original, name)));
    expect(await inspect('kernel', digest, true, copy)).to.equal('good');
    const content = readFileSync(join(copy, 'linux'));
    content[1_000_000] = (content[1_000_000] ?? 0) ^ 1;
    writeFileSync(join(copy, 'linux'), content);
    expect(await inspect('kernel', digest, false, copy)).to.equal('damaged');
    const result = await lab(['image', 'verify'], { env: { LAB_CACHE: join(folder, 'cache') } });
    expect(result.code).to.equal(1);
    expect(result.output).to.contain('lab image build');
  });

  it('a damaged bundle is refused and nothing is imported', async () => {
    const bundle = join(folder, 'lab.tar.zst');
    writeFileSync(bundle, 'not an archive');
    expectSentence(
      await lab(['image', 'import', bundle], { env: { LAB_CACHE: join(folder, 'cache') } }),
      /is damaged or is no bundle/,
    );
    expect((await lab(['image', 'list'], { env: { LAB_CACHE: join(folder, 'cache') } })).stdout).to.contain(
      'empty',
    );
  });

  it('a malformed topology: file, line and field', async () => {
    const file = join(folder, 'mine.yaml');
    writeFileSync(
      file,
      'name: mine\nnetwork: { cidr: 10.0.2.0/24, host: 10.0.2.1 }\nfloating: {}\nmachines:\n  web1: { address: 10.0.2.300, roles: [wbe] }\n',
    );
    const result = await lab(['up', '--name', 'e2e-errors', '--topology', file]);
    expectSentence(result, /mine\.yaml:5/);
    expect(result.output)
      .to.match(/machines\.web1\.address/)
      .and.to.match(/machines\.web1\.roles/);
  });

  it('an unknown lab and an unknown machine: what there is instead', async () => {
    expectSentence(await lab(['status', '--name', 'nowhere']), /There is no lab named "nowhere"/);
    const topology = join(import.meta.dirname, 'topologies', 'pair.yaml');
    const up = await lab([
      'up',
      '--name',
      'e2e-errors',
      '--yes',
      '--engine',
      'uml',
      '--app',
      'sample',
      '--topology',
      topology,
      '--no-provision',
    ]);
    expect(up.code, up.output).to.equal(0);
    const result = await lab(['ssh', '--name', 'e2e-errors', 'web9']);
    expectSentence(result, /There is no machine named "web9"/);
    expect(result.output).to.contain('web1');
  });
});

function safeList(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

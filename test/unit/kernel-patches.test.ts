import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { currentDigest } from '../../tasks/artifacts/cache.ts';
import { findTool } from '../../tasks/base/exec.ts';
import { ofMachines } from './helpers/only.ts';

const root = join(import.meta.dirname, '../..');
const patches = join(root, 'packer/kernel/patches');
const names = readdirSync(patches).filter((name) => name.endsWith('.patch'));

describe('patches of the kernel', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'patches-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are part of what names the kernel in the cache', () => {
    cpSync(join(root, 'packer/kernel'), join(folder, 'packer/kernel'), { recursive: true });
    const digest = () => currentDigest('kernel', folder);
    const before = digest();
    expect(before).to.equal(currentDigest('kernel'));

    const [first = ''] = names;
    const copy = join(folder, 'packer/kernel/patches', first);
    writeFileSync(copy, `${readFileSync(copy, 'utf8')}\n`);
    const changed = digest();
    rmSync(copy);
    expect(new Set([before, changed, digest()]).size).to.equal(3);
  });

  for (const name of names)
    it(`${name} says who, why and how much, as a patch that could be sent`, () => {
      expect(name).to.match(/^\d{4}-[a-z0-9-]+\.patch$/);
      const [head = ''] = readFileSync(join(patches, name), 'utf8').split('\n---\n');
      expect(head).to.match(/^From: .+<.+@.+>$/m);
      expect(head).to.match(/^Subject: \[PATCH\] \w+: .+$/m);
      expect(head).to.match(/^Signed-off-by: .+<.+@.+>$/m);
      expect(head.split('\n\n').slice(1).join(' ')).to.match(/\d/);
      expect(readFileSync(join(root, 'docs/kernel.md'), 'utf8')).to.include(name.slice(0, 4));
    });

  ofMachines.describe('when they are applied', () => {
    const change = (from: string, to: string) =>
      `--- a/file\n+++ b/file\n@@ -1,3 +1,3 @@\n one\n-${from}\n+${to}\n three\n`;

    const apply = (files: Record<string, string>) => {
      mkdirSync(join(folder, 'source'));
      writeFileSync(join(folder, 'source/file'), 'one\ntwo\nthree\n');
      mkdirSync(join(folder, 'patches'));
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'patches', name), text);
      const script = join(root, 'packer/kernel/apply-patches.sh');
      const run = spawnSync('bash', [script, join(folder, 'source'), join(folder, 'patches')], {
        encoding: 'utf8',
      });
      return { ...run, file: readFileSync(join(folder, 'source/file'), 'utf8') };
    };

    before(function () {
      if (!findTool('patch')) this.skip();
    });

    it('follow each other in the order of their names', () => {
      const { status, file } = apply({
        '0002-b.patch': change('2', 'II'),
        '0001-a.patch': change('two', '2'),
      });
      expect(status).to.equal(0);
      expect(file).to.equal('one\nII\nthree\n');
    });

    it('a source without patches is left as it is', () => {
      const { status, file } = apply({});
      expect(status).to.equal(0);
      expect(file).to.equal('one\ntwo\nthree\n');
    });

    for (const [what, text] of [
      ['another source', change('zwei', '2')],
      ['a source that has it already', change('drei', '2')],
      ['a context that only resembles', change('two', '2').replace(' three', ' four')],
    ] as const)
      it(`one that does not fit is left out, with those after it, and named: ${what}`, () => {
        const { status, stderr, stdout, file } = apply({
          '0001-a.patch': change('two', '2'),
          '0002-b.patch': text.replace('-two', '-2').replace('+2\n', '+II\n'),
          '0003-c.patch': change('2', 'III'),
        });
        expect(status).to.equal(0);
        expect(stderr).to.match(/0002-b\.patch does not apply to this kernel/);
        expect(stdout).to.equal('patch 0001-a.patch\n');
        expect(file).to.equal('one\n2\nthree\n');
      });
  });
});

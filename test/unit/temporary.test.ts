import { existsSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { interruptAll } from '../../tasks/base/interrupt.ts';
import { withTemporaryFolder } from '../../tasks/base/temporary.ts';

describe('a temporary folder', () => {
  const used = async (end: (folder: string) => Promise<unknown>): Promise<string> => {
    let seen = '';
    const work = async (folder: string) => {
      seen = folder;
      await writeFile(join(folder, 'large'), 'x');
      return end(folder);
    };
    await withTemporaryFolder('lab-test-', work).catch(() => undefined);
    return seen;
  };

  it('is its owner’s alone, and gone when the work is done or has failed', async () => {
    const done = await used(async (folder) => expect((await stat(folder)).mode & 0o777).to.equal(0o700));
    expect(existsSync(done)).to.equal(false);
    const failed = await used(() => Promise.reject(new Error('no space')));
    expect(existsSync(failed)).to.equal(false);
  });

  it('is gone as well when the user interrupts the work', async () => {
    let during = true;
    await used(async (folder) => {
      await interruptAll();
      during = existsSync(folder);
    });
    expect(during).to.equal(false);
  });
});

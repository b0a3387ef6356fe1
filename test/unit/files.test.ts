import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { writeFileAtomic } from '../../tasks/base/files.ts';
import { withModes } from './helpers/only.ts';

describe('a file written whole', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lab-files-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is never found empty or half, also when several write it at once', async () => {
    const file = join(folder, 'facts.json');
    const content = JSON.stringify('x'.repeat(200_000));
    await writeFileAtomic(file, content);
    let running = true;
    const writing = Promise.all(Array.from({ length: 40 }, () => writeFileAtomic(file, content))).finally(
      () => {
        running = false;
      },
    );
    let reads = 0;
    while (running) {
      expect(readFileSync(file, 'utf8').length).to.equal(content.length);
      reads += 1;
      await new Promise(setImmediate);
    }
    await writing;
    expect(reads).to.be.greaterThan(1);
    expect(readdirSync(folder)).to.deep.equal(['facts.json']);
  });

  withModes.it('has its mode; what cannot be written leaves the former content and no remains', async () => {
    const file = join(folder, 'secret');
    await writeFileAtomic(file, 'first', 0o600);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    const inTheWay = join(folder, 'taken');
    mkdirSync(inTheWay);
    const failure = await writeFileAtomic(inTheWay, 'second').catch((error: Error) => error);
    expect(failure).to.be.instanceOf(Error);
    expect(readFileSync(file, 'utf8')).to.equal('first');
    expect(readdirSync(folder)).to.have.members(['secret', 'taken']);
  });
});

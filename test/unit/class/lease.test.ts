import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { onLinux } from '../helpers/only.ts';

const linux = onLinux('flock and GNU tools, as servers of a cluster have them');

const script = join(import.meta.dirname, '../../../tasks/class/job/lease.sh');
const run = promisify(execFile);

describe('class: lease', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lease-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const lease = (...words: (string | number)[]): Promise<number> =>
    run('bash', [script, ...words.map(String)]).then(
      () => 0,
      (error: { code: number }) => error.code,
    );
  const take = (generation: number, restart: number, job: string | number, server = 's1') =>
    lease('take', folder, generation, restart, job, server);
  const put = (generation: number, restart: number, number: number, text: string) => {
    const file = join(folder, 'saved', `${generation}-${restart}.part`);
    writeFileSync(file, text);
    return lease('put', folder, generation, restart, number, file);
  };
  const newest = async () => {
    const { stdout } = await run('bash', [script, 'newest', folder]);
    const [name] = stdout.split('\n');
    return name ? readFileSync(join(folder, 'saved', name), 'utf8') : undefined;
  };

  linux.it('the first one gets it, a newer one takes it over, an older one never', async () => {
    expect(await take(1, 0, 17)).to.equal(0);
    expect(await take(1, 0, 17), 'again').to.equal(0);
    expect(await take(1, 0, 18), 'the same of another job').to.equal(3);
    expect(await take(1, 1, 17, 's2'), 'run again elsewhere').to.equal(0);
    expect(await take(1, 0, 17), 'before').to.equal(3);
    expect(await take(2, 0, 19), 'given anew').to.equal(0);
    expect(await take(1, 9, 17), 'an old job, run again').to.equal(3);
    expect(readFileSync(join(folder, 'lease'), 'utf8')).to.equal('2 0 19 s1\n');
    expect(await take(10, 0, 20), 'by number, not by letters').to.equal(0);
    expect(await take(9, 0, 21)).to.equal(3);
  });

  linux.it('a stale holder that tries to rename is refused, and what is newer stays', async () => {
    await take(1, 0, 17, 's1');
    expect(await put(1, 0, 1, 'first')).to.equal(0);
    // s1 is cut off; the job runs on s2.
    await take(1, 1, 17, 's2');
    expect(await put(1, 1, 1, 'of s2')).to.equal(0);
    expect(await put(1, 0, 2, 'of s1, too late')).to.equal(3);
    expect(await newest()).to.equal('of s2');
    expect(readdirSync(join(folder, 'saved')).filter((name) => name.endsWith('.saved'))).to.have.length(2);
  });

  linux.it('even a file of a stale holder that slips in is not the newest', async () => {
    await take(1, 1, 17, 's2');
    await put(1, 1, 1, 'of s2');
    writeFileSync(
      join(folder, 'saved', '000000001-000000000-000000099.saved'),
      'of s1, after its look at the lease',
    );
    expect(await newest()).to.equal('of s2');
  });

  linux.it('two that are newest are kept, and names that are none of this count for nothing', async () => {
    await take(1, 0, 17);
    for (const number of [1, 2, 3, 10]) await put(1, 0, number, `${number}`);
    writeFileSync(join(folder, 'saved', '999.saved'), 'x');
    writeFileSync(join(folder, 'saved', '1-0.part'), 'half');
    expect(await newest()).to.equal('10');
    const names = readdirSync(join(folder, 'saved')).filter((name) => /^\d{9}-.*saved$/.test(name));
    expect(names.sort()).to.deep.equal([
      '000000001-000000000-000000003.saved',
      '000000001-000000000-000000010.saved',
    ]);
  });

  linux.it('of many at once exactly one gets it', async () => {
    const codes = await Promise.all(Array.from({ length: 8 }, (_, at) => take(1, 0, 100 + at)));
    expect(codes.filter((code) => code === 0)).to.have.length(1);
    expect(codes.filter((code) => code === 3)).to.have.length(7);
  });

  linux.it('what is not a number, and a damaged lease, are refused', async () => {
    expect(await lease('take', folder, '1', '$(touch /tmp/x)', 'j', 's')).to.equal(2);
    expect(await lease('take', folder, '08', '0', 'j', 's')).to.equal(2);
    writeFileSync(join(folder, 'lease'), 'a[$(touch x)] 0 17 s1\n');
    expect(await take(5, 0, 17)).to.equal(2);
    expect(existsSync(join(folder, 'x'))).to.equal(false);
    expect(await put(5, 0, 1, 'x').catch(() => -1)).to.not.equal(0);
  });
});

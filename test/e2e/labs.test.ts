import { expect } from 'chai';
import { ROOT } from '../../tasks/base/paths.ts';
import { readLabs } from '../../tasks/exercises/guides/load.ts';
import { ofTheDay } from './budget/plan.ts';
import { lab } from './run.ts';

const NAME = 'e2e-labs';

describe('the labs', () => {
  before(() => lab(['destroy', '--name', NAME, '--yes']));
  after(() => lab(['destroy', '--name', NAME, '--yes']));

  // Neither drafts nor what these machines cannot begin are in the rotation; with nothing else there is nothing to prove.
  const proven = readLabs(ROOT).filter(({ draft, needs }) => !draft && needs.application !== 'nextcloud');
  if (proven.length === 0) return;
  const { id, name } = ofTheDay(proven);
  it(`the checks of ${name}, of another lab each day, are proven on machines`, async () => {
    const up = await lab(['up', '--name', NAME, '--yes', '--app', 'sample', '--no-provision']);
    expect(up.code, up.output).to.equal(0);
    const selfcheck = await lab(['selfcheck', id, '--name', NAME], { show: true });
    expect(selfcheck.code, selfcheck.output).to.equal(0);
  });

  it('a lab that was halted comes back as it was left, and its work after another lab', async () => {
    const ok = async (command: string, ...words: string[]): Promise<string> => {
      const done = await lab([command, '--name', NAME, ...words]);
      expect(done.code, `${command} ${words.join(' ')}: ${done.output}`).to.equal(0);
      return done.stdout;
    };
    const on = (machine: string, command: string) => ok('ssh', machine, '--', command);
    const edited = 'cat /etc/haproxy/haproxy.cfg; ls /var/lib/lab/applied';
    await ok('up', '--yes', '--app', 'sample', '--no-provision');
    await ok('start', '4');
    await on('lb1', 'mkdir -p /etc/haproxy && echo "# mine" >/etc/haproxy/haproxy.cfg');
    const before = await on('lb1', edited);
    await ok('halt');
    expect(await ok('up')).to.include('no role was applied');
    expect(await on('lb1', edited)).to.equal(before);
    await ok('start', '1');
    await ok('start', '4', '--resume');
    expect(await on('lb1', edited)).to.equal(before);
  });
});

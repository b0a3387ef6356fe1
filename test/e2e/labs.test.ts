import { expect } from 'chai';
import { ROOT } from '../../tasks/lab/paths.ts';
import { readLabs } from '../../tasks/labs/load.ts';
import { lab } from './run.ts';

const NAME = 'e2e-labs';

describe('the labs', () => {
  before(() => lab(['destroy', '--name', NAME, '--yes']));
  after(() => lab(['destroy', '--name', NAME, '--yes']));

  it('the checks of one lab, another one each day, are proven on machines', async function () {
    // Drafts are not in the rotation; with nothing else there is nothing to prove.
    const labs = readLabs(ROOT);
    if (labs.every((one) => one.draft)) this.skip();
    const up = await lab(['up', '--name', NAME, '--yes', '--app', 'sample', '--no-provision']);
    expect(up.code, up.output).to.equal(0);
    const proven = await lab(['selfcheck', '--rotate', '1', '--name', NAME], { show: true });
    expect(proven.code, proven.output).to.equal(0);
  });
});

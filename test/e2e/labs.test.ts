import { expect } from 'chai';
import { ROOT } from '../../tasks/lab/paths.ts';
import { readLabs } from '../../tasks/labs/load.ts';
import { ofTheDay } from './budget/plan.ts';
import { lab } from './run.ts';

const NAME = 'e2e-labs';

describe('the labs', () => {
  before(() => lab(['destroy', '--name', NAME, '--yes']));
  after(() => lab(['destroy', '--name', NAME, '--yes']));

  // Drafts are not in the rotation; with nothing else there is nothing to prove.
  const proven = readLabs(ROOT).filter((one) => !one.draft);
  if (proven.length === 0) return;
  const { id, name } = ofTheDay(proven);
  it(`the checks of ${name}, of another lab each day, are proven on machines`, async () => {
    const up = await lab(['up', '--name', NAME, '--yes', '--app', 'sample', '--no-provision']);
    expect(up.code, up.output).to.equal(0);
    const selfcheck = await lab(['selfcheck', id, '--name', NAME], { show: true });
    expect(selfcheck.code, selfcheck.output).to.equal(0);
  });
});

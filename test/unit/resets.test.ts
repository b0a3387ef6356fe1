import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { despiteResets, LostConnection } from '../../tasks/environment/provision/machine.ts';

const lost = new LostConnection({ en: 'lost', fr: 'perdue' });

/** Runs with these errors one after the other, then well; gives how it ended and what was called. */
async function trace(errors: Error[]) {
  const calls: string[] = [];
  const end = await despiteResets(
    async () => {
      calls.push('apply');
      const error = errors.shift();
      if (error) throw error;
      return 'done';
    },
    async () => calls.push('back'),
  ).catch((error: Error) => error);
  return { calls: calls.join(' '), end };
}

describe('a machine that is reset while a role is applied', () => {
  it('gets the role again once it answers', async () => {
    expect(await trace([lost])).to.deep.equal({ calls: 'apply back apply', end: 'done' });
  });

  it('is given up when it happens again and again', async () => {
    expect(await trace([lost, lost, lost, lost])).to.deep.equal({
      calls: 'apply back apply back apply',
      end: lost,
    });
  });

  it('any other failure is no reason to repeat', async () => {
    const other = new LabError({ en: 'wrong', fr: 'faux' });
    expect(await trace([other])).to.deep.equal({ calls: 'apply', end: other });
  });
});

import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { ROOT } from '../../tasks/base/paths.ts';
import { stepsOf } from '../../tasks/exercises/checks/result.ts';
import { runChecks } from '../../tasks/exercises/checks/run.ts';
import { labNamed, readLabs } from '../../tasks/exercises/guides/load.ts';
import { openSession } from '../../tasks/exercises/session/session.ts';
import { startLab } from '../../tasks/exercises/session/start.ts';
import { walkGuide } from '../../tasks/exercises/session/walk.ts';
import { lab } from '../e2e/run.ts';

// npm run test:guides: every block of every guide, from the lab's start to its end. LAB_GUIDES=01,04 chooses; a lab of
// this name is made for it and removed.
const NAME = 'guides-test';
const all = readLabs(ROOT).filter(({ needs }) => needs.machines !== 'none');
const chosen = process.env.LAB_GUIDES?.split(',').map((wish) => labNamed(all, wish.trim())) ?? all;

describe('guides', () => {
  before(async () => {
    await lab(['destroy', '--name', NAME, '--yes']);
    const up = await lab(['up', '--name', NAME, '--yes', '--app', 'sample', '--no-provision']);
    expect(up.code, up.output).to.equal(0);
  });
  after(() => lab(['destroy', '--name', NAME, '--yes']));

  for (const guide of chosen)
    it(`${guide.name}: what it says can be done, and its checks pass then`, async () => {
      try {
        const session = await openSession(NAME);
        await startLab(session, guide, () => undefined);
        // What was printed is shown: the figures that a guide tells are those that were seen.
        const show = (text: string) => console.log(text.trim().replace(/^/gm, '        '));
        const done = await walkGuide(session, guide, { report: show, seen: show });
        expect(done).to.be.above(0);
        const context = { topology: session.environment.topology, student: undefined, host: session.host };
        const asked = [{ lab: guide, step: undefined }];
        const { result } = await runChecks(NAME, session.engine, session.labs, asked, context);
        const left = stepsOf(result).filter((step) => step.outcome !== 'passed');
        expect(left.map((step) => step.id)).to.deep.equal([]);
      } catch (error) {
        throw error instanceof LabError ? new Error(error.render()) : error;
      }
    });
});

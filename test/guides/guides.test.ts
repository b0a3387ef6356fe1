import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { ROOT } from '../../tasks/base/paths.ts';
import { stepsOf } from '../../tasks/exercises/checks/result.ts';
import { runChecks } from '../../tasks/exercises/checks/run.ts';
import { continuedBy } from '../../tasks/exercises/guides/continued.ts';
import { labNamed, readLabs } from '../../tasks/exercises/guides/load.ts';
import type { LabGuide } from '../../tasks/exercises/guides/model.ts';
import { contextOf, openSession } from '../../tasks/exercises/session/session.ts';
import { type Started, startLab } from '../../tasks/exercises/session/start.ts';
import { walkGuide } from '../../tasks/exercises/session/walk.ts';
import { timeoutFactorOf } from '../../tasks/roles/timers.ts';
import { lab } from '../e2e/run.ts';

// npm run test:guides: every block of every guide, from the lab's start to its end. LAB_GUIDES=01,04 chooses; a lab of
// this name is made for it and removed. LAB_NEXTCLOUD=ARCHIVE (docs/nextcloud.md): on machines that were made for Nextcloud.
const NAME = 'guides-test';
const all = readLabs(ROOT).filter(({ needs }) => needs.machines !== 'none');
const archive = process.env.LAB_NEXTCLOUD;
const chosen = process.env.LAB_GUIDES?.split(',').map((wish) => labNamed(all, wish.trim())) ?? all;

describe('guides', () => {
  before(async () => {
    await lab(['destroy', '--name', NAME, '--yes']);
    const app = archive ? ['--nextcloud', archive] : ['--app', 'sample'];
    const up = await lab(['up', '--name', NAME, '--yes', ...app, '--no-provision']);
    expect(up.code, up.output).to.equal(0);
  });
  after(() => lab(['destroy', '--name', NAME, '--yes']));

  for (const guide of chosen)
    (guide.needs.application === 'nextcloud' && !archive ? it.skip : it)(
      `${guide.name}: what it says can be done, and its checks pass then`,
      () => told(() => walked(guide)),
    );

  // What these labs' guides made takes the place of the kit's, and the later lab's own guide goes on from it.
  for (const guide of chosen) {
    const earlier = continuedBy(all, guide).may.map(({ lab }) => lab);
    if (earlier.length === 0) continue;
    it(`${guide.name}: goes on from what ${earlier.map(({ name }) => name).join(', ')} left`, () =>
      told(async () => {
        for (const before of earlier) await walked(before);
        const { mine } = await walked(guide, { fromMine: true });
        const ids = earlier.map(({ id }) => id);
        const refused = (mine?.kit ?? []).filter(({ labs }) => labs.some((id) => ids.includes(id)));
        expect(refused.map(({ why }) => why.en)).to.deep.equal([]);
        expect(mine?.own.map((laid) => laid.lab)).to.deep.equal(ids);
      }));
  }
});

/** Starts a lab, does what its guide says, and asks its checks. LabError where that fails. */
async function walked(guide: LabGuide, options: { fromMine?: boolean } = {}): Promise<Started> {
  const started = await startLab(await openSession(NAME), guide, () => undefined, options);
  const session = await openSession(NAME);
  // What was printed is shown: the figures that a guide tells are those that were seen.
  const show = (text: string) => console.log(text.trim().replace(/^/gm, '        '));
  const done = await walkGuide(session, guide, { report: show, seen: show });
  expect(done).to.be.above(0);
  const asked = [{ lab: guide, step: undefined }];
  const { result } = await runChecks(NAME, session.engine, session.labs, asked, contextOf(session), {
    timeoutFactor: timeoutFactorOf(session.environment),
  });
  const left = stepsOf(result).filter((step) => step.outcome !== 'passed');
  expect(left.map((step) => step.id)).to.deep.equal([]);
  return started;
}

/** What a LabError says is shown whole where a test fails. */
async function told(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw error instanceof LabError ? new Error(error.render()) : error;
  }
}

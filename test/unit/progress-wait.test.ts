import { expect } from 'chai';
import { type ProgressWait, waitByProgress } from '../../tasks/base/progress-wait.ts';
import { fakeClock } from './helpers/clock.ts';

const never = async (): Promise<undefined> => undefined;

describe('waiting by progress', () => {
  /** Waits with a clock of its own: stall 60, end 600, asked each second. */
  async function wait(changes: (time: () => number) => Partial<ProgressWait<string>>) {
    const clock = fakeClock();
    const ended = await waitByProgress<string>(
      { check: never, progress: never, stall: 60, end: 600, every: 1, ...changes(clock.now) },
      clock,
    );
    return ended;
  }

  it('ends with what was waited for, as soon as it is there', async () => {
    expect(
      await wait((time) => ({ check: async () => (time() < 30 ? undefined : 'there') })),
    ).to.deep.include({
      why: 'done',
      value: 'there',
      seconds: 30,
    });
  });

  it('what is there at once takes no time', async () => {
    expect(await wait(() => ({ check: async () => 'there' }))).to.include({ why: 'done', seconds: 0 });
  });

  it('goes on past the stall limit while there is progress', async () => {
    const ended = await wait((time) => ({
      check: async () => (time() < 300 ? undefined : 'there'),
      progress: async () => `${Math.floor(time() / 20)} of 15`,
    }));
    expect(ended).to.include({ why: 'done', value: 'there' });
  });

  it('is given up after so long without progress, counted from the last one', async () => {
    const ended = await wait((time) => ({ progress: async () => Math.min(time(), 100) }));
    expect(ended.why).to.equal('stalled');
    expect(ended.seconds).to.be.within(160, 165);
    expect(ended).to.have.property('still').within(60, 65);
  });

  it('is given up in the end, whatever progress there is', async () => {
    const ended = await wait((time) => ({ progress: async () => time() }));
    expect(ended.why).to.equal('end');
    expect(ended.seconds).to.be.within(600, 605);
    expect(ended).to.have.property('still').below(5);
  });

  it('where nothing can be said of progress, the clock alone counts', async () => {
    expect((await wait(() => ({}))).seconds).to.be.within(60, 61);
  });

  it('a little work at rest is no progress, the same work in less time is', async () => {
    const at = (rate: number) => wait((time) => ({ progress: async () => time() * rate, least: 3 }));
    expect((await at(0.04)).why).to.equal('stalled');
    expect((await at(0.06)).why).to.equal('end');
  });

  it('a number that falls is progress too: a machine that was reset counts from nothing', async () => {
    const ended = await wait((time) => ({ progress: async () => (time() < 50 ? 1000 : 5), least: 3 }));
    expect(ended.seconds).to.be.within(110, 115);
  });

  it('looks at the progress while a check takes long, and gives that check up with the wait', async () => {
    let signal: AbortSignal | undefined;
    const ended = await wait((time) => ({
      check: (given) => {
        signal = given;
        return new Promise(() => undefined);
      },
      progress: async () => Math.min(time(), 30),
    }));
    expect(ended.why).to.equal('stalled');
    expect(ended.seconds).to.be.within(90, 95);
    expect(signal?.aborted).to.equal(true);
  });

  it('what a check throws ends it', async () => {
    const wrong = new Error('off');
    expect(await wait(() => ({ check: () => Promise.reject(wrong) })).catch((error) => error)).to.equal(
      wrong,
    );
  });

  it('says how long it has taken so far, not more often than it looks', async () => {
    const told: number[] = [];
    await wait(() => ({ tell: (elapsed) => told.push(Math.round(elapsed)) }));
    expect(told[0]).to.be.within(3, 4);
    expect(told).to.have.length.within(10, 21);
  });
});

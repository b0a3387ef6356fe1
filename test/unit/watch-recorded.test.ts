import { join } from 'node:path';
import { expect } from 'chai';
import { apply } from '../../tasks/watch/model/apply.ts';
import type { LabEvent } from '../../tasks/watch/model/event.ts';
import { NOTHING } from '../../tasks/watch/model/state.ts';
import { holdings, machineViews } from '../../tasks/watch/model/view.ts';
import { replay } from '../../tasks/watch/recording.ts';

const FILE = join(import.meta.dirname, 'studio/recorded/failover.ndjson');

/** Recorded on a lab of seven machines while `lab halt --force` cut the power of the load balancer that held both addresses. */
describe('watch: a recorded failover', () => {
  const events: LabEvent[] = [];
  before(async () => {
    for await (const event of replay(FILE)) events.push(event);
  });
  /** Who held the front address after each event, and how the lost machine was, each told once. */
  const story = () => {
    let state = NOTHING;
    const holders: string[] = [];
    const marks: string[] = [];
    for (const event of events) {
      state = apply(state, event);
      const front = holdings(state).find(({ name }) => name === 'front');
      const lost = machineViews(state).find(({ name }) => name === LOST);
      const holder = front ? `${front.status} ${front.holders.join()}` : '';
      if (holders.at(-1) !== holder) holders.push(holder);
      if (lost && marks.at(-1) !== lost.mark) marks.push(lost.mark);
    }
    return { holders, marks, state };
  };
  const LOST = 'lb2';
  const OTHER = 'lb1';

  it('has no gap', () => {
    expect(events[0]?.what).to.equal('snapshot');
    expect(story().state.missed).to.equal(false);
  });

  it('tells of the loss as it was: off, nobody, then the other one; back it is unknown until it is heard', () => {
    const { holders, marks } = story();
    expect(holders.slice(0, 3)).to.deep.equal([`one ${LOST}`, 'none ', `one ${OTHER}`]);
    expect(marks.filter((mark) => mark !== 'trouble').slice(0, 3)).to.deep.equal(['well', 'off', 'unknown']);
  });

  it('the address moved within seconds, and the machine that took it said so', () => {
    const off = events.find(
      (event) => event.what === 'power' && event.power === 'off' && event.machine === LOST,
    );
    const taken = events.find((event) => event.what === 'address-added' && event.machine === OTHER);
    expect((taken?.t ?? 0) - (off?.t ?? 0)).to.be.within(500, 10_000);
    expect(
      events.some(
        (event) => event.what === 'said' && event.code === 'address-taken' && event.machine === OTHER,
      ),
    ).to.equal(true);
  });
});

import { expect } from 'chai';
import { type Chart, chartOf } from '../../tasks/measure/report/chart.ts';
import { laneMarks, written } from '../../tasks/measure/report/lane.ts';
import { viewOf } from '../../tasks/measure/report/view.ts';
import { liveOutage } from '../../tasks/studio/page/outage.ts';
import { applyAll } from '../../tasks/watch/model/apply.ts';
import { recorded } from './report/recorded.ts';
import { atRest } from './studio/made.ts';
import { drillSteps, failoverSteps, following } from './studio/made-drill.ts';

const rest = atRest();
/** The drill as it is drawn so many seconds after its visitors began. */
const at = (seconds: number) => {
  const steps = failoverSteps().filter(([, when]) => when <= 2000 + seconds * 1000);
  return liveOutage(applyAll([...rest, ...following(rest, drillSteps(seconds), steps)]));
};
const { result, samples } = recorded();
const { fault } = result.times;

describe('studio: the outage as it happens', () => {
  it('there is none without a drill; before the fault only requests are drawn', () => {
    expect(liveOutage(applyAll(rest))).to.equal(undefined);
    const live = at(8);
    expect(live?.since).to.equal(undefined);
    expect(live?.lanes.find(({ kind }) => kind === 'page.new')?.outage).to.equal(undefined);
    expect(live?.events).to.deep.equal([]);
    expect([live?.from, live?.to]).to.deep.equal([0, 15_000]);
  });

  it('from the fault on: outages as they grow, what was predicted, and what the machines do', () => {
    const live = at(fault + 7.6);
    const lane = live?.lanes.find(({ kind }) => kind === 'page.new');
    expect(lane?.outage?.open).to.equal(true);
    expect(lane?.predicted).to.include({ seconds: 0.756, atLeast: 0.506 });
    const looks = lane?.marks.map(({ attributes }) => attributes.class) ?? [];
    expect(looks).to.include.members(['during', 'waiting', 'predicted', 'limit', 'moment fault']);
    expect(live?.events.map(({ machine, marks }) => [machine, marks.length])).to.deep.equal([
      ...[
        ['lb1', 1],
        ['lb2', 3],
      ],
    ]);
    // Its beginning stays where it is; more is shown in steps.
    expect([live?.from, live?.to]).to.deep.equal([10_014, 25_014]);
    expect(at(fault + 13)?.to).to.equal(40_014);
  });

  it('in the end it is what the report draws of the same drill: the same marks, the same figures', () => {
    const live = at(1000);
    const chart: Chart = chartOf(result, samples);
    for (const { kind, result: own, outage, marks } of live?.lanes ?? []) {
      const reported = result.kinds.find((one) => one.kind === kind);
      expect(own.requests, kind).to.equal(reported?.requests);
      expect(own.failed, kind).to.equal(reported?.failed);
      expect(outage?.seconds, kind).to.equal(reported?.longest);
      const lane = chart.lanes.find((one) => one.kind === kind);
      for (const look of ['served', 'late', 'failed'] as const)
        expect(marks.find(({ attributes }) => attributes.class === look)?.attributes.d).to.equal(
          lane?.[look],
        );
    }
    expect(live?.drill.verdict).to.equal('fail');
  });

  it('text of marks is that of a page: nothing in it is markup', () => {
    const lane = chartOf(result, samples).lanes.find(({ bands }) => bands.length > 0);
    const text = lane ? written(laneMarks(lane, { from: 0, to: 1, moments: [] }, ['<b>"'])) : '';
    expect(text).to.contain('<title>&lt;b&gt;&quot;</title>').and.to.not.contain('<b>');
    expect(viewOf(result, samples).lanes[0]?.drawn).to.contain('class="predicted"');
  });
});

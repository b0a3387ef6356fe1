import { expect } from 'chai';
import { ROOT } from '../../../tasks/base/paths.ts';
import { setLanguage } from '../../../tasks/base/text.ts';
import { timelineOf } from '../../../tasks/measure/timeline/analyse.ts';
import { renderTimeline } from '../../../tasks/measure/timeline/render.ts';
import { type DrawnBar, viewOf } from '../../../tasks/measure/timeline/view.ts';
import { MADE } from './made.ts';

const timeline = timelineOf(MADE, ['db1', 'web1']);

describe('page of a timeline', () => {
  beforeEach(() => setLanguage('en'));
  const lanes = () => viewOf(timeline).lanes;
  const drawn = (name: string, look: string): DrawnBar => {
    const bars = lanes().find((lane) => lane.name === name)?.bars ?? [];
    const found = bars.find((bar) => bar.look.split(' ').includes(look));
    if (!found) throw new Error(`${name} has no ${look}`);
    return found;
  };

  it('puts bars where their times are, in percent of the whole', () => {
    expect(drawn('db1', 'boot')).to.include({ left: 1.667, width: 16.667, row: 0, label: 'boot' });
    expect(drawn('db1', 'boot').title).to.equal('boot\n1 – 11 s: 10 s, 10 s CPU');
  });

  it('waits are hatched; one inside a role lies on the role’s bar; what decided is marked', () => {
    expect(drawn('web1', 'wait')).to.include({ look: 'bar wait hatched', label: 'waits for database@db1' });
    const role = lanes()[0]?.bars.find((bar) => bar.label === 'database');
    expect(drawn('db1', 'waiting').row).to.equal(role?.row);
    expect(role?.look).to.equal('bar role path');
    expect(drawn('web1', 'boot').look).to.equal('bar boot');
    const failed = timelineOf(
      { ...MADE, spans: MADE.spans.map((one) => (one.name === 'web' ? { ...one, failed: true } : one)) },
      ['web1'],
    );
    expect(viewOf(failed).lanes[0]?.bars.map(({ look }) => look)).to.include('bar role failed path');
  });

  it('no bar or label lies on another one of its row', () => {
    for (const { bars, rows } of lanes()) {
      for (let row = 0; row < rows; row += 1) {
        const own = bars.filter((bar) => bar.row === row && bar.label !== '').sort((a, b) => a.left - b.left);
        expect(own).to.have.length.above(0);
        for (const [index, bar] of own.entries()) {
          const next = own[index + 1];
          // 150 letters are the width of the chart.
          const end = Math.max(bar.left + bar.width, bar.left + (bar.label.length / 150) * 100);
          // A quarter of a letter, where both are rounded.
          if (next) expect(next.left - end).to.be.above(-0.2);
        }
      }
    }
  });

  it('a wait too short to see is not drawn; a long label is cut, and whole in its title', () => {
    expect(lanes()[0]?.bars.map(({ look }) => look)).to.not.include('bar turn hatched');
    const many = Array.from({ length: 9 }, (_, index) => `database@db${index}`);
    const spans = MADE.spans.map((one) =>
      one.name === 'web' ? { ...one, after: [...(one.after ?? []), ...many] } : one,
    );
    const view = viewOf(timelineOf({ ...MADE, spans }, ['web1']));
    const wait = view.lanes[0]?.bars.find(({ look }) => look.includes('wait '));
    expect(wait?.label.length).to.be.at.most(36);
  });

  it('the load is drawn as steps, full height for a whole processor', () => {
    expect(lanes()[0]?.load).to.match(/^M0 100L0 100H1000L1000 0H2000L2000 0H3000/);
    expect(viewOf(timelineOf({ ...MADE, samples: [] }, ['db1'])).lanes[0]?.load).to.equal('');
  });

  it('is one page without anything from elsewhere, in both languages', async () => {
    const english = await renderTimeline(ROOT, 'lab <b> & co', timeline);
    expect(english).to.include('lang="en"').and.include('What decided how long it took');
    expect(english).to.include('lab &lt;b&gt; &amp; co').and.include('systemd-journald.service');
    expect(english).to.not.match(/(?:src|href)="(?!data:)|url\(|@import|https?:/);
    setLanguage('fr');
    const french = await renderTimeline(ROOT, 'lab', timeline);
    expect(french).to.include('lang="fr"').and.include('attend database@db1').and.include('34,5 s CPU');
    setLanguage('en');
  });
});

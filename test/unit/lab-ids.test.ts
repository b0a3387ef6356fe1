import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { ROOT } from '../../tasks/base/paths.ts';
import { stateIn } from '../../tasks/class/state.ts';
import type { Grade } from '../../tasks/exercises/grading/grade.ts';
import { stepIds } from '../../tasks/exercises/grading/output.ts';
import { hintsIn } from '../../tasks/exercises/grading/record.ts';
import { questionNamed } from '../../tasks/exercises/guides/asked.ts';
import { labIdOf, labIn } from '../../tasks/exercises/guides/ids.ts';
import { labNamed, readLabs, stepsNamed } from '../../tasks/exercises/guides/load.ts';
import { faultNamed } from '../../tasks/exercises/session/faults.ts';
import { selfcheckPage } from '../../tasks/exercises/session/selfcheck-table.ts';
import { workNamed } from '../../tasks/exercises/state/held.ts';
import { doneByKit } from '../../tasks/exercises/state/provenance.ts';
import type { HistoryEntry } from '../../tasks/exercises/state/state.ts';
import { hostLines } from '../../tasks/studio/host-lines.ts';
import { readAsk, readWish } from '../../tasks/studio/study.ts';

const labs = readLabs(ROOT);

/** A lab between two others: its number has a letter, wherever numbers of labs are read. */
describe('the number of a lab', () => {
  it('is typed with or without the zero, in either case', () => {
    for (const [wish, id] of [
      ['7', '07'],
      ['07', '07'],
      ['7b', '07b'],
      ['07B', '07b'],
      ['14', '14'],
    ] as const)
      expect(labIdOf(wish), wish).to.equal(id);
    for (const wish of ['', 'b', '7bb', '7a', '007', '7.1', 'cluster', '07-b'])
      expect(labIdOf(wish), wish).to.equal(undefined);
  });

  it('names the lab between 07 and 08, its steps, questions and faults, and no other', () => {
    const ids = labs.map(({ id }) => id);
    expect(ids.slice(ids.indexOf('07'), ids.indexOf('08') + 1)).to.deep.equal(['07', '07b', '08']);
    for (const wish of ['7b', '07b', '7B', '07b-cluster', 'cluster'])
      expect(labNamed(labs, wish).id, wish).to.equal('07b');
    expect(labNamed(labs, '7').id).to.equal('07');
    expect(stepsNamed(labs, '7b.2')).to.have.property('step', 2);
    expect(questionNamed(labs, '7b.1.2')).to.deep.include({ step: 1, number: 2 });
    for (const wish of ['7b.9', '7c', '8b']) expect(() => stepsNamed(labs, wish), wish).to.throw(LabError);
    expect(faultNamed(labs, '7b/link-cut').guide.id).to.equal('07b');
    expect(faultNamed(labs, '7/link-cut').guide.id).to.equal('07');
  });

  it('is found at the begin of what the kit writes down', () => {
    for (const [text, id] of [
      ['07', '07'],
      ['07.2', '07'],
      ['07b.2', '07b'],
      ['07b/active-off', '07b'],
      ['07b-cluster', '07b'],
      ['database', undefined],
      ['07bis', undefined],
    ] as const)
      expect(labIn(text), text).to.equal(id);
    expect(workNamed('work-07b-2')).to.deep.equal({ lab: '07b', number: 2 });
    expect(workNamed('work-07')).to.deep.equal({ lab: '07', number: 1 });
    expect(stateIn('lab 07b\n')).to.deep.equal({ lab: '07b' });
    const read = (what: string) => ({ kind: 'hint', what }) as unknown as HistoryEntry;
    expect(hintsIn([read('07b.1 2'), read('07.1 1')])).to.equal(3);
  });

  it('what was solved in one of the two is not solved in the other', () => {
    const done = (what: string) => [{ kind: 'solve', what } as unknown as HistoryEntry];
    for (const [what, id, found] of [
      ['07b.2', '07b', 1],
      ['07b.2', '07', 0],
      ['07', '07b', 0],
      ['07b/active-off', '07b', 1],
    ] as const)
      expect(doneByKit({ lab: undefined, done: done(what) }, id, []), `${what} ${id}`).to.have.length(found);
  });

  it('is known to the pages in the browser', () => {
    expect(readAsk({ ask: 'guide', lab: '07b', language: 'en' })).to.have.property('lab', '07b');
    expect(readAsk({ ask: 'guide', lab: '../07', language: 'en' })).to.equal(undefined);
    expect(readWish({ do: 'hint', step: '07b.1', language: 'en' })).to.have.property('step', '07b.1');
    for (const line of ['check 7b.2', 'start 7b', 'break 07b/active-off'])
      expect(hostLines(`npx lab ${line}\n`)?.[0]?.words, line).to.deep.equal(line.split(' '));
    for (const line of ['check 7b.2b', 'start 7bb', 'break 07bb/active-off'])
      expect(hostLines(`npx lab ${line}\n`), line).to.equal(undefined);
  });

  it('comes after the lab before it, in tables and pages', () => {
    const steps = ['08.1', '07b.1', '07.10', '07.2'].map((id) => ({ id }));
    expect(stepIds([{ steps } as unknown as Grade])).to.deep.equal(['07.2', '07.10', '07b.1', '08.1']);
    const page = selfcheckPage([], '## 08-sessions\n\n## 07b-cluster\n\n## 07-storage\n');
    expect([...page.matchAll(/^## (.*)$/gm)].map(([, name]) => name)).to.deep.equal([
      ...['07-storage', '07b-cluster', '08-sessions'],
    ]);
  });
});

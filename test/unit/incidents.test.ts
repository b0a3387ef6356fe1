import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { FactsView, Unmet } from '../../tasks/exercises/checks/expectation.ts';
import { HOST, probeKey } from '../../tasks/exercises/checks/probe.ts';
import { reportsIn } from '../../tasks/exercises/checks/reports.ts';
import { Incident, readReport } from '../../tasks/exercises/checks/vocabulary/records.ts';
import { type FaultData, type LabGuide, labFaultSchema } from '../../tasks/exercises/guides/model.ts';
import {
  countedIncidents,
  incidentOrder,
  incidentsOf,
  nextIncident,
  reportDigest,
  reportFile,
} from '../../tasks/exercises/state/incident-order.ts';
import { type HistoryEntry, type LabsState, remember } from '../../tasks/exercises/state/state.ts';

const fault = (machine: string, part: string, secret = true): FaultData =>
  labFaultSchema.parse({
    ...{ title: { en: 'x', fr: 'x' }, machine, run: 'true', undo: 'true', felt: 'true', secret },
    part: [part, `the ${part}`],
  });
const faults = {
  a: fault('web1', 'apache2'),
  b: fault('db2', 'drbd'),
  c: fault('lb1', 'garb'),
  shown: fault('web2', 'php', false),
};
const guide = { id: '11', faults, name: '11-x' } as unknown as LabGuide;
const none = { made: [], undone: [] };

describe('incidents', () => {
  it('each student has an order of his own, the same on every computer, of secret faults only', () => {
    const orders = [...Array(40).keys()].map((at) => incidentOrder(guide, `student${at}`).join());
    for (const order of orders) expect(order.split(',').sort()).to.deep.equal(['a', 'b', 'c']);
    expect(new Set(orders).size).to.be.above(3);
    expect(incidentOrder(guide, 'student0').join()).to.equal(orders[0]);
  });

  it('none comes twice, and the end is said', () => {
    for (const student of ['alice', undefined]) {
      const made: string[] = [];
      for (const _ of 'abc') made.push(nextIncident(guide, { made, undone: [] }, student)?.name ?? '');
      expect([...made].sort()).to.deep.equal(['a', 'b', 'c']);
      expect(() => nextIncident(guide, { made, undone: [] }, student)).to.throw(LabError, /all 3/);
    }
    expect(nextIncident({ ...guide, faults: { shown: faults.shown } }, none, 'alice')).to.equal(undefined);
  });

  it('are those since the last start of the lab, without those that the kit undid', () => {
    const history: HistoryEntry[] = [];
    const state = { history } as LabsState;
    for (const [kind, what] of [
      ['start', '11'],
      ['break', '11/c'],
      ['start', '11'],
      ['break', '11/shown'],
      ['break', '11/b'],
      ['break', '04/deaf'],
      ['undo', '11/b'],
      ['break', '11/a'],
    ] as const)
      remember(state, { kind, what });
    const incidents = incidentsOf(history, '11');
    expect(incidents).to.deep.equal({ made: ['shown', 'b', 'a'], undone: ['b'], tried: {} });
    expect(countedIncidents(guide, incidents)).to.deep.equal(['a']);
    expect(incidentsOf(history, '10')).to.deep.equal({ ...none, tried: {} });
  });

  it('a secret fault says its part, how it is felt, and its machine', () => {
    const good = { title: { en: 'x', fr: 'x' }, machine: 'web1', run: 'true', undo: 'true', secret: true };
    expect(labFaultSchema.safeParse({ ...good, part: ['x'], felt: 'true' }).success).to.equal(true);
    for (const wrong of [
      { part: ['x'] },
      { felt: 'true' },
      { part: ['x'], felt: 'x', machine: 'holder:front' },
    ])
      expect(labFaultSchema.safeParse({ ...good, ...wrong }).success, JSON.stringify(wrong)).to.equal(false);
  });
});

describe('reports of incidents', () => {
  const report =
    'machine: DB2\npart: drbd\ncause: the link was cut by hand\nrepair: drbdadm connect shared\n';
  const judged = (
    which: number | string,
    text: string | undefined,
    made: string[],
    student?: string,
    tried: Record<string, string[]> = {},
  ) => {
    const expectation = new Incident(guide, student, which, 'client').isExplained();
    const kit = probeKey({ kind: 'kit', what: 'incidents', lab: '11' });
    const file = probeKey({ kind: 'file', path: reportFile(which) });
    const answer = text === undefined ? { code: 1, out: '' } : { code: 0, out: `644 root:root\n${text}` };
    const base = { state: 'answered' as const, took: 1, identity: {} };
    const said = { code: 0, out: JSON.stringify({ made, undone: [], tried }) };
    const facts = new FactsView({
      collected: '',
      machines: {
        [HOST]: { ...base, answers: { [kit]: said } },
        client: { ...base, answers: { [file]: answer } },
      },
    });
    try {
      expectation.judge(facts);
      return 'right';
    } catch (error) {
      if (!(error instanceof Unmet)) throw error;
      return `${error.wanted.en} | ${error.found.en}`;
    }
  };

  it('the right machine and part, a cause and a repair', () => {
    expect(judged(1, report, ['b'])).to.equal('right');
    expect(judged(2, report, ['shown', 'a', 'b'])).to.equal('right');
    expect(
      judged(1, report.replace('part:', 'Élément :').replace('repair:', 'Réparation :'), ['b']),
    ).to.equal('right');
    expect(judged(1, report.replace('drbd\n', 'the DRBD\n'), ['b'])).to.equal('right');
    expect(judged('shown', report.replace('DB2', 'web2').replace('drbd', 'php'), ['shown'])).to.equal(
      'right',
    );
  });

  it('what is wrong is said, what is right is not', () => {
    for (const [text, made, message] of [
      [undefined, ['b'], /no line machine, part, cause, repair/],
      [report.replace('DB2', 'db1'), ['b'], /^the machine.*db1/],
      [report.replace('part: drbd', 'part: disk'), ['b'], /^the machine and the part.*disk/],
      [report.replace('the link was cut by hand', 'no idea'), ['b'], /sentence \(cause\)/],
      [report, [], /not yet/],
      [report, ['shown'], /not yet/],
      [report, ['a', 'b'], /^the machine/],
    ] as [string | undefined, string[], RegExp][]) {
      const said = judged(1, text, made);
      expect(said).to.match(message);
      expect(said).to.not.match(/web1|apache2/);
    }
  });

  it('that try one thing after the other are judged three times', () => {
    const guesses = ['web1', 'web2', 'lb1'].map((machine) => reportDigest(machine, 'drbd'));
    const having = (tried: string[]) => judged(1, report, ['b'], undefined, { b: tried });
    expect(having(guesses.slice(0, 2))).to.equal('right');
    expect(having(guesses)).to.match(/first 3 reports/);
    // What was found in time stays found.
    expect(having([reportDigest('DB2', 'drbd'), ...guesses])).to.equal('right');
    expect(judged(1, report, ['b'], undefined, { a: guesses })).to.equal('right');
  });

  it('that were checked are written down by what they accuse, whatever their words', () => {
    const file = (path: string, text: string) => [
      probeKey({ kind: 'file', path }),
      { code: 0, out: `644 root:root\n${text}` },
    ];
    const answers = Object.fromEntries([
      file(reportFile(1), report),
      file(reportFile('shown'), 'machine: web2\n'),
    ]);
    const facts = {
      collected: '',
      machines: { client: { state: 'answered' as const, took: 1, identity: {}, answers } },
    };
    const reports = reportsIn(facts, guide, { made: ['shown', 'b'], undone: [], tried: {} });
    expect(reports).to.deep.equal({ b: reportDigest('db2', 'drbd') });
    const history: HistoryEntry[] = [];
    remember({ history }, { kind: 'start', what: '11' });
    for (const _ of '12') remember({ history }, { kind: 'check', what: '11', reports });
    expect(incidentsOf(history, '11').tried).to.deep.equal({ b: [reportDigest('DB2', 'DRBD')] });
  });

  it('must be of this student, in his order', () => {
    const [first = '', second = ''] = incidentOrder(guide, 'alice');
    const of = (name: string) => {
      const { machine, part } = guide.faults[name] as FaultData;
      return report.replace('DB2', machine).replace('part: drbd', `part: ${part?.[0]}`);
    };
    expect(judged(1, of(first), [first], 'alice')).to.equal('right');
    expect(judged(2, of(second), ['shown', first, second], 'alice')).to.equal('right');
    expect(judged(1, of(second), [second, first], 'alice')).to.match(/somebody else/);
  });

  it('lines are read as people write them', () => {
    expect([...readReport('# Incident\n  Machine : web1 \npart:\nPart: x\nmachine: other\n')]).to.deep.equal([
      ['machine', 'web1'],
      ['part', 'x'],
    ]);
  });
});

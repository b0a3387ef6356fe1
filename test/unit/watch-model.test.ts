import { expect } from 'chai';
import { apply, applyAll } from '../../tasks/watch/model/apply.ts';
import type { DrillHead } from '../../tasks/watch/model/drill.ts';
import type { Happening, LabEvent } from '../../tasks/watch/model/event.ts';
import { readEvent, writeEvent } from '../../tasks/watch/model/ndjson.ts';
import type { LabPlan } from '../../tasks/watch/model/plan.ts';
import type { Broken } from '../../tasks/watch/model/state.ts';
import { holdings, machineViews, requests, votings } from '../../tasks/watch/model/view.ts';
import { holdingText, lineText, rateText, votingText } from '../../tasks/watch/model/words.ts';

const PLAN: LabPlan = {
  lab: 'lab',
  engine: 'uml',
  topology: 'pair',
  machines: [
    { name: 'lb1', address: '10.0.2.11', roles: ['lb', 'arbitrator'], services: ['haproxy', 'garb'] },
    { name: 'lb2', address: '10.0.2.12', roles: ['lb'], services: ['haproxy'] },
    { name: 'db1', address: '10.0.2.31', roles: ['database'], services: ['mariadb'] },
    { name: 'db2', address: '10.0.2.32', roles: ['database'], services: ['mariadb'] },
  ],
  floating: [{ name: 'front', address: '10.0.2.10', role: 'lb' }],
  votes: [
    {
      group: 'galera',
      voters: [
        { machine: 'lb1', role: 'arbitrator' },
        { machine: 'db1', role: 'database' },
        { machine: 'db2', role: 'database' },
      ],
      majority: 2,
    },
  ],
};
const T = 1_700_000_000_000;

/** Events with their places: [machine, ms after T, what happened]. */
function stream(...steps: [machine: string, at: number, happening: Happening][]): LabEvent[] {
  return steps.map(([machine, at, happening], index) => ({
    seq: index + 1,
    t: T + at,
    machine,
    ...happening,
  }));
}
const plan: Happening = { source: 'watch', what: 'plan', plan: PLAN };
const power = (to: 'running' | 'frozen' | 'off'): Happening => ({
  source: 'engine',
  what: 'power',
  power: to,
});
const beat = (received = 0): Happening => ({ source: 'beat', what: 'beat', load: 0.1, received, sent: 0 });
const silent = (at: number): Happening => ({ source: 'channel', what: 'silent', since: T + at });
const addresses = (...names: string[]): Happening => ({
  source: 'address',
  what: 'addresses',
  addresses: names,
});
const votes = (count: number, quorate: boolean): Happening => ({
  ...{ source: 'votes', what: 'votes', group: 'galera' },
  ...{ votes: count, quorate },
});

type Step = [string, number, Happening];
const START: Step[] = [
  ['', 0, plan],
  ...PLAN.machines.flatMap(({ name, address }): Step[] => [
    [name, 0, power('running')],
    [name, 10, addresses(address, ...(name === 'lb1' ? ['10.0.2.10'] : []))],
    [name, 20, { source: 'systemd', what: 'services', services: { haproxy: 'active', mariadb: 'active' } }],
    [name, 100, beat()],
  ]),
  ['db1', 110, votes(3, true)],
];
const run = (...steps: Step[]) => applyAll(stream(...START, ...steps));
const marks = (state: ReturnType<typeof run>) =>
  Object.fromEntries(machineViews(state).map(({ name, mark }) => [name, mark]));
const front = (state: ReturnType<typeof run>) => {
  const [found] = holdings(state);
  if (!found) throw new Error('no address');
  return found;
};
const galera = (state: ReturnType<typeof run>) => {
  const [found] = votings(state);
  if (!found) throw new Error('no vote');
  return found;
};

describe('watch: the model', () => {
  it('before a machine is heard nothing is known, and nothing is well', () => {
    const state = applyAll(stream(['', 0, plan], ['lb1', 1, power('running')]));
    expect(marks(state)).to.deep.equal({ lb1: 'unknown', lb2: 'unknown', db1: 'unknown', db2: 'unknown' });
    expect(front(state).status).to.equal('unknown');
    expect(galera(state).status).to.equal('unknown');
  });

  it('machines that are heard are well; the address has its holder, the group its majority', () => {
    const state = run();
    expect(Object.values(marks(state))).to.deep.equal(['well', 'well', 'well', 'well']);
    expect(front(state)).to.include({ status: 'one' });
    expect(holdingText(front(state)).en).to.equal('lb1');
    expect(galera(state)).to.include({ status: 'majority', votes: 3 });
    expect(votingText(galera(state))).to.deep.equal({
      en: '3 of 3 votes, 2 needed',
      fr: '3 voix sur 3, 2 nécessaires',
    });
  });

  it('what a cut machine believes is unknown since it was last heard, never well, and filled in when it is back', () => {
    const cut = run(['lb1', 3000, silent(100)]);
    expect(marks(cut)).to.include({ lb1: 'unknown', lb2: 'well' });
    expect(cut.machines.lb1?.unknownSince).to.equal(T + 100);
    expect(front(cut)).to.deep.include({ status: 'unknown', holders: [], perhaps: ['lb1'] });
    expect(holdingText(front(cut)).fr).to.equal('inconnu, en dernier lb1');
    // The other one takes the address; the cut one may still hold it.
    const both = run(
      ['lb1', 3000, silent(100)],
      ['lb2', 3100, { source: 'address', what: 'address-added', address: '10.0.2.10' }],
    );
    expect(holdingText(front(both)).en).to.equal('lb2, perhaps also lb1');
    const back = run(
      ['lb1', 3000, silent(100)],
      ['lb2', 3100, { source: 'address', what: 'address-added', address: '10.0.2.10' }],
      ['lb1', 9000, { source: 'address', what: 'address-removed', address: '10.0.2.10' }],
      ['lb1', 9100, beat()],
    );
    expect(marks(back).lb1).to.equal('well');
    expect(holdingText(front(back)).en).to.equal('lb2');
    expect(back.lines.map(({ machine, code }) => `${machine} ${code}`).slice(-4)).to.deep.equal([
      ...['lb1 silent', 'lb2 holds', 'lb1 leaves', 'lb1 answers'],
    ]);
  });

  it('two holders at once are told as such', () => {
    const state = run(['lb2', 200, { source: 'address', what: 'address-added', address: '10.0.2.10' }]);
    expect(front(state).status).to.equal('several');
    expect(holdingText(front(state)).en).to.equal('lb1 and lb2 at once');
  });

  it('a machine without power holds nothing and believes nothing: that is known', () => {
    const state = run(['lb1', 200, power('off')], ['lb1', 210, beat()], ['lb1', 3000, silent(100)]);
    expect(marks(state).lb1).to.equal('off');
    expect(state.machines.lb1).to.not.have.any.keys('heard', 'unknownSince');
    expect(front(state)).to.deep.include({ status: 'none', perhaps: [] });
    expect(galera(state).voters.find(({ machine }) => machine === 'lb1')?.state).to.equal('lost');
    // It comes back knowing nothing; what it held before the cut is not held.
    const on = run(['lb1', 200, power('off')], ['lb1', 900, power('running')]);
    expect(marks(on).lb1).to.equal('unknown');
    expect(on.machines.lb1).to.deep.include({ unknownSince: T + 900, addresses: [] });
    expect(front(on).status).to.equal('unknown');
  });

  it('a frozen machine is not heard, whatever was still on its way', () => {
    const state = run(['lb1', 200, power('frozen')], ['lb1', 210, beat()]);
    expect(marks(state).lb1).to.equal('frozen');
    expect(state.machines.lb1?.unknownSince).to.equal(T + 200);
    expect(front(state)).to.deep.include({ status: 'unknown', perhaps: ['lb1'] });
    const thawed = run(['lb1', 200, power('frozen')], ['lb1', 900, power('running')]);
    expect(marks(thawed).lb1).to.equal('unknown');
  });

  it('a majority is lost only when nobody who could have one is unheard', () => {
    const lone = run(['db1', 300, votes(1, false)], ['db2', 300, power('off')], ['lb1', 300, power('off')]);
    expect(galera(lone)).to.include({ status: 'none', votes: 1 });
    const cut = run(['db1', 300, votes(1, false)], ['db2', 3000, silent(100)]);
    expect(galera(cut).status).to.equal('unknown');
  });

  it('a belief from the journal of a machine that was cut off does not replace a newer one', () => {
    const state = run(['db1', 500, votes(2, true)], ['db1', 400, votes(1, false)]);
    expect(galera(state)).to.include({ status: 'majority', votes: 2 });
  });

  it('a service that is down is trouble; one that nobody told of is not', () => {
    const state = run(['lb1', 200, { source: 'systemd', what: 'services', services: { haproxy: 'failed' } }]);
    expect(marks(state).lb1).to.equal('trouble');
    expect(machineViews(state)[0]?.failed).to.deep.equal([['haproxy', 'failed']]);
    expect(lineText(state.lines.at(-1) ?? { code: '', text: '' }).en).to.equal(
      'service down: haproxy (failed)',
    );
  });

  it('what is not set up is no trouble: neither machine, nor address, nor votes', () => {
    const services = Object.fromEntries(
      ['haproxy', 'garb', 'mariadb'].map((service) => [service, 'unused'] as const),
    );
    const away = { source: 'address', what: 'address-removed', address: '10.0.2.10' } as const;
    const told = (['lb1', 'lb2', 'db1', 'db2'] as const).map(
      (machine, index): Step => [
        ...([machine, 200 + index, { source: 'systemd', what: 'services', services }] as const),
      ],
    );
    const state = run(['lb1', 190, away], ...told);
    expect(marks(state).lb1).to.equal('well');
    expect(front(state).status).to.equal('unused');
    expect(holdingText(front(state)).en).to.equal('not set up');
    expect(votings(state)).to.deep.equal([]);
    // One that is set up is enough for the group to be shown.
    expect(galera(run(...told.slice(0, 3))).voters).to.have.length(3);
  });

  it('traffic is what was counted between two beats; a counter that began anew counts from there', () => {
    const at = (...beats: [number, number][]) =>
      run(...beats.map(([time, count]): Step => ['lb1', time, beat(count)])).machines.lb1?.traffic?.receiving;
    expect(at([1100, 5000])).to.equal(5000);
    expect(at([1100, 5000], [3100, 9000])).to.equal(2000);
    expect(at([1100, 5000], [2100, 10])).to.equal(0);
  });

  it('requests are those of load balancers that are heard', () => {
    const told: Step = [
      'lb1',
      150,
      { source: 'haproxy', what: 'requests', rate: 9, servers: { web1: { status: 'UP', rate: 9 } } },
    ];
    expect(requests(run(told))).to.have.length(1);
    expect(requests(run(told, ['lb1', 3000, silent(150)]))).to.deep.equal([]);
  });

  it('lines are in the order of time, also those that come late', () => {
    const said = (code: string): Happening => ({ source: 'journal', what: 'said', code, text: '' });
    const state = run(['lb1', 900, said('second')], ['lb2', 700, said('first')]);
    expect(state.lines.map(({ code }) => code).slice(-2)).to.deep.equal(['first', 'second']);
  });

  it('what is broken on purpose is known until it is undone, and each is said in the reader’s language', () => {
    const fault = (machine: string, since: number, by: Broken['by'] = 'user'): Broken => ({
      ...{ machine, since, by },
      words: { en: `${machine} frozen`, fr: `${machine} gelée` },
    });
    const [one, two] = [fault('lb1', 1), fault('', 2, 'incident')];
    const told = (...broken: Broken[]): Happening => ({ source: 'kit', what: 'broken', broken });
    const made = applyAll(stream(['', 0, plan], ['lb1', 1, told(one)], ['', 2, told(one, two)]));
    expect(made.broken).to.deep.equal([one, two]);
    const [first] = made.lines;
    expect(first && lineText(first)).to.deep.equal({ en: 'fault: lb1 frozen', fr: 'panne : lb1 gelée' });
    const undone = apply(made, { seq: 4, t: T + 3, machine: '', ...told() });
    expect(undone.broken).to.equal(undefined);
    expect(undone.lines.at(-1)).to.include({ code: 'fault-undone' });
  });

  const head = (change: Partial<DrillHead> = {}): DrillHead => ({
    ...{ id: 'one', begun: T, step: 'steady', times: {}, expected: [] },
    kinds: { row: { interval: 0.2, limit: 1 } },
    ...change,
  });
  const drill = (change?: Partial<DrillHead>): Happening => ({
    source: 'drill',
    what: 'drill',
    drill: head(change),
  });
  const visits = (...starts: number[]): Happening => ({
    ...{ source: 'drill', what: 'visits' },
    visits: starts.map((start, number) => ['row', number, start, 0.01, '', 'db1', 0]),
  });

  it('a drill keeps its requests while it is the same one; each of its steps is said once', () => {
    const fault = { step: 'fault', words: { en: 'a', fr: 'b' }, times: { fault: 3 } } as const;
    const happened = [plan, visits(9), drill(), visits(0, 1), drill(fault)];
    const later = [drill({ ...fault, times: { fault: 3, undo: 4 } }), visits(2)];
    const events = stream(
      ...[...happened, ...later].map((happening, at): [string, number, Happening] => ['', at, happening]),
    );
    const state = applyAll(events);
    expect(state.drill?.visits.map(([, , start]) => start)).to.deep.equal([0, 1, 2]);
    expect(state.drill?.times).to.deep.equal({ fault: 3, undo: 4 });
    expect(state.lines.map((line) => lineText(line).fr)).to.deep.equal(['exercice : mesure avant la panne']);
    const next = apply(state, { seq: 8, t: T + 7, machine: '', ...drill({ id: 'two' }) });
    expect(next.drill).to.deep.include({ id: 'two', visits: [] });
    for (const event of events) expect(readEvent(writeEvent(event))).to.deep.equal(event);
  });

  it('a drill that was killed is stopped when its command has ended; one with a result keeps it', () => {
    const command = (begun: boolean): Happening => ({
      source: 'kit',
      what: 'command',
      command: 'lab drill',
      begun,
    });
    const killed = applyAll(
      stream(['', 0, plan], ['', 1, command(true)], ['', 2, drill()], ['', 3, command(false)]),
    );
    expect(killed.drill?.step).to.equal('stopped');
    const done = drill({ step: 'ended', verdict: 'pass' });
    expect(applyAll(stream(['', 0, plan], ['', 1, done], ['', 2, command(false)])).drill?.step).to.equal(
      'ended',
    );
  });

  it('a note is said in the reader’s language where it has both', () => {
    const note = (more: object): Happening => ({
      source: 'kit',
      what: 'note',
      code: 'fault',
      text: 'x',
      ...more,
    });
    const { lines } = applyAll(stream(['', 0, note({})], ['', 1, note({ words: { en: 'a', fr: 'b' } })]));
    expect(lines.map((line) => lineText(line).fr)).to.deep.equal(['panne : x', 'panne : b']);
  });

  it('an event that is known changes nothing; a gap asks for a snapshot, which ends it', () => {
    const state = run();
    const last = stream(...START).at(-1) as LabEvent;
    expect(apply(state, last)).to.equal(state);
    const gap = apply(state, { ...last, seq: last.seq + 2 });
    expect(gap.missed).to.equal(true);
    expect(apply(gap, { seq: 9, t: T, machine: '', source: 'watch', what: 'snapshot', state })).to.equal(
      state,
    );
  });

  it('when nobody watches any more, nothing is known', () => {
    const state = run(['', 400, { source: 'watch', what: 'end' }]);
    expect(state.ended).to.equal(true);
    expect(new Set(Object.values(marks(state)))).to.deep.equal(new Set(['unknown']));
  });

  it('a state is plain JSON, and a snapshot read back goes on as if nothing had been', () => {
    const events = stream(...START, ['lb1', 3000, silent(100)], ['lb1', 9100, beat(7)]);
    const half = applyAll(events.slice(0, 12));
    const read = readEvent(
      writeEvent({ seq: half.seq, t: half.t, machine: '', source: 'watch', what: 'snapshot', state: half }),
    );
    expect(read).to.not.equal(undefined);
    expect(applyAll([read as LabEvent, ...events.slice(12)])).to.deep.equal(applyAll(events));
  });

  it('every event is read back; what is none is refused', () => {
    for (const event of stream(...START)) expect(readEvent(writeEvent(event))).to.deep.equal(event);
    const place = { seq: 1, t: T, machine: 'lb1' };
    for (const wrong of [
      ...['', 'x', '[]', 'null', '{}'],
      JSON.stringify({ ...place, source: 'engine', what: 'power', power: 'on fire' }),
      JSON.stringify({ ...place, source: 'journal', what: 'power', power: 'off' }),
      JSON.stringify({ ...place, source: 'beat', what: 'beat', load: '1', received: 0, sent: 0 }),
      JSON.stringify({ ...place, source: 'watch', what: 'snapshot', state: { seq: 1 } }),
      JSON.stringify({ ...place, source: 'watch', what: 'constructor' }),
      JSON.stringify({ ...place, source: 'drill', what: 'drill', drill: { id: 'x' } }),
      JSON.stringify({ ...place, source: 'drill', what: 'visits', visits: [['row', 1]] }),
      JSON.stringify({ ...place, seq: undefined, source: 'watch', what: 'end' }),
    ])
      expect(readEvent(wrong), wrong).to.equal(undefined);
  });

  it('rates are written in few digits, in both languages', () => {
    expect([0, 950, 1540, 12_400, 2_540_000].map((bytes) => rateText(bytes).en)).to.deep.equal([
      ...['0 B/s', '950 B/s', '1.5 kB/s', '12 kB/s', '2.5 MB/s'],
    ]);
    expect(rateText(1540).fr).to.equal('1,5 ko/s');
  });
});

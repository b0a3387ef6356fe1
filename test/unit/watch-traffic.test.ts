import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe as describeLab } from '../../tasks/architecture/describe.ts';
import { machinesPlaces } from '../../tasks/architecture/machines.ts';
import { poll } from '../../tasks/base/poll.ts';
import { cardsOf } from '../../tasks/engines/uml/cards.ts';
import { portsIn, trafficOf } from '../../tasks/engines/uml/traffic.ts';
import { readRoles } from '../../tasks/roles/roles.ts';
import { cablesOf, levelOf } from '../../tasks/studio/page/cables.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { applyAll } from '../../tasks/watch/model/apply.ts';
import type { Happening, LabEvent } from '../../tasks/watch/model/event.ts';
import { readEvent, writeEvent } from '../../tasks/watch/model/ndjson.ts';
import { flowOf } from '../../tasks/watch/model/view.ts';
import { Watcher } from '../../tasks/watch/watcher.ts';
import { atRest, plan, T } from './studio/made.ts';

const root = join(import.meta.dirname, '../..');
const topology = await loadTopology('seven', root);

/** As /proc/PID/net/dev of a lab's first process. */
const DEVICES = (ports: string[]) =>
  [
    'Inter-|   Receive                                                |  Transmit',
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
    '    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0',
    '  lab0: 5150780   61204    0    0    0     0          0      1000  4100000   40000    0    0    0     0       0          0',
    ...ports,
    '',
  ].join('\n');

describe('uml: what goes over the cables', () => {
  it('is what the ports of the bridge count, seen from the machine', () => {
    const ports = portsIn(
      DEVICES([
        'tap00000011: 123456     100    0    0    0     0          0         0 789012     200    0    0    0     0       0          0',
      ]),
    );
    expect(ports.get('tap00000011')).to.deep.equal({ received: 789012, sent: 123456 });
    expect(ports.get('lab0')).to.deep.equal({ received: 4100000, sent: 5150780 });
    expect(portsIn('nonsense\n tap1: x y\n')).to.deep.equal(new Map());
  });

  it('is told of the machines that have a cable, and of none where the lab is gone', () => {
    const proc = mkdtempSync(join(tmpdir(), 'proc-'));
    const [lb1] = topology.machines.filter(({ name }) => name === 'lb1');
    if (!lb1) throw new Error('no lb1');
    mkdirSync(join(proc, '77/net'), { recursive: true });
    const cards = cardsOf(lb1, topology);
    expect(cards).to.have.length(2);
    const ports = cards.map(
      ({ tap }, index) => `${tap}: ${5 + index} 0 0 0 0 0 0 0 ${7 + index} 0 0 0 0 0 0 0`,
    );
    writeFileSync(join(proc, '77/net/dev'), DEVICES(ports));
    const holder = (pid: number) => ({ holder: () => ({ pid, started: '1', userns: false }) });
    expect(trafficOf(holder(77), topology, proc)).to.deep.equal(
      new Map([['lb1', { received: 15, sent: 11 }]]),
    );
    expect(trafficOf(holder(78), topology, proc).size).to.equal(0);
    expect(trafficOf({ holder: () => undefined }, topology, proc).size).to.equal(0);
    rmSync(proc, { recursive: true });
  });
});

const cables = (received: number, sent: number): Happening => ({
  source: 'engine',
  what: 'cables',
  cables: { lb1: { received, sent }, db1: { received: 10, sent: 10 }, nobody: { received: 1, sent: 1 } },
});
/** A lab at rest whose engine cannot tell. */
const rest = (): LabEvent[] =>
  atRest()
    .filter(({ source, what }) => source !== 'engine' || what === 'power')
    .map((event, index) => ({ ...event, seq: index + 1 }));
/** The same, then these a second after each other. */
const then = (...happenings: [machine: string, happening: Happening][]): LabEvent[] => {
  const before = rest();
  return [
    ...before,
    ...happenings.map(([machine, happening], index) => ({
      ...{ seq: before.length + index + 1, t: T + 10_000 + index * 1000, machine },
      ...happening,
    })),
  ];
};

describe('watch: what goes over the cables', () => {
  it('is bytes a second since the last look; a machine that was started again begins anew', () => {
    const one = applyAll(then(['', cables(1000, 500)]));
    expect(one.machines.lb1?.cable).to.include({ received: 1000, receiving: 0 });
    const two = applyAll(then(['', cables(1000, 500)], ['', cables(5000, 500)]));
    expect(two.machines.lb1?.cable).to.include({ receiving: 4000, sending: 0 });
    const again = applyAll(then(['', cables(1000, 500)], ['', cables(5000, 500)], ['', cables(10, 10)]));
    expect(again.machines.lb1?.cable).to.include({ receiving: 0, sending: 0 });
    expect(Object.keys(two.machines)).to.not.include('nobody');
  });

  it('counts before a machine’s own word, also while nobody hears it; without power there is none', () => {
    const off: Happening = { source: 'engine', what: 'power', power: 'off' };
    const silent: Happening = { source: 'channel', what: 'silent', since: T };
    const told = then(['', cables(0, 0)], ['', cables(3000, 0)]);
    const receiving = (events: LabEvent[], name = 'lb1') => {
      const machine = applyAll(events).machines[name];
      return machine && flowOf(machine)?.receiving;
    };
    expect(receiving(told)).to.equal(3000);
    expect(receiving(told, 'web1')).to.equal(3000);
    expect(receiving(then(['', cables(0, 0)], ['', cables(3000, 0)], ['lb1', silent]))).to.equal(3000);
    expect(receiving(then(['web1', silent]), 'web1')).to.equal(undefined);
    expect(receiving(then(['', cables(0, 0)], ['lb1', off]))).to.equal(undefined);
  });

  it('is read from a recording like everything else, and nothing else is taken for it', () => {
    const [event] = then(['', cables(1, 2)]).slice(-1);
    const busy = { seq: 1, t: T, machine: '', source: 'engine', what: 'busy', busy: { lb1: 0.2 } };
    expect(event && readEvent(writeEvent(event))).to.deep.equal(event);
    expect(readEvent(JSON.stringify(busy))).to.deep.equal(busy);
    expect(readEvent(JSON.stringify({ ...busy, busy: { lb1: 'much' } }))).to.equal(undefined);
    expect(readEvent(JSON.stringify({ ...event, cables: { lb1: { received: '1', sent: 2 } } }))).to.equal(
      undefined,
    );
    expect(readEvent(JSON.stringify({ ...event, source: 'beat' }))).to.equal(undefined);
    const state = applyAll(
      then(['', cables(1, 2)], ['', { source: 'engine', what: 'busy', busy: { lb1: 0.2 } }]),
    );
    expect(state.machines.lb1?.busy).to.equal(0.2);
    const snapshot = { seq: state.seq, t: T, machine: '', source: 'watch', what: 'snapshot', state } as const;
    expect(readEvent(writeEvent(snapshot))).to.deep.equal(snapshot);
  });

  it('is told by the watcher of machines that have power, where the engine can tell', async () => {
    const told: LabEvent[] = [];
    let seconds = 5;
    const watcher = new Watcher({
      ...{ root, nic: 'vec0', timeoutFactor: 1, statesEvery: 1000, hosts: async () => [] },
      plan: async () => plan,
      states: async () => new Map([['lb1', 'running' as const]]),
      command: async () => undefined,
      traffic: () =>
        new Map([
          ['lb1', { received: 9, sent: 8 }],
          ['lb2', { received: 7, sent: 6 }],
        ]),
      processorTime: () => {
        seconds += 1;
        return new Map([['lb1', seconds]]);
      },
      looks: { cables: 20, processors: 40 },
    });
    watcher.listen((event) => told.push(event));
    await watcher.begin();
    const find = (what: string) => told.find((event) => event.what === what);
    await poll(() => find('cables') && find('busy'), Boolean, { every: 0.02, seconds: 30 });
    watcher.end();
    expect(find('cables')).to.deep.include({ cables: { lb1: { received: 9, sent: 8 } } });
    const busy = find('busy');
    // A second of processor in some 40 ms.
    expect(busy?.what === 'busy' && busy.busy.lb1).to.be.within(1, 60);
  });
});

describe('studio: cables in the picture', () => {
  const places = (name: 'seven' | 'spread') =>
    loadTopology(name, root).then((found) =>
      machinesPlaces(describeLab(found, readRoles(root)), 'en', 'wide', 44),
    );
  const known = applyAll(then(['', cables(0, 0)], ['', cables(50_000, 0)]));

  it('lead from each machine to the frame, through no other machine', async () => {
    for (const name of ['seven', 'spread'] as const) {
      const { cards, width, ...rest } = await places(name);
      const state = {
        ...known,
        machines: Object.fromEntries(cards.map(({ machine }) => [machine, known.machines.lb1])),
      };
      const all = cablesOf({ cards, width, ...rest }, state as typeof known, new Map());
      expect(all.map(({ machine }) => machine).sort()).to.deep.equal(
        cards.map(({ machine }) => machine).sort(),
      );
      for (const { d, machine } of all) {
        const points = d
          .slice(1)
          .split('L')
          .map((pair) => pair.split(' ').map(Number) as [number, number]);
        expect([16, width - 16], machine).to.include(points.at(-1)?.[0]);
        points.slice(1).forEach(([x, y], index) => {
          const [fromX, fromY] = points[index] ?? [0, 0];
          const crossed = cards.filter(
            (card) =>
              Math.min(x, fromX) < card.x + card.w - 1 &&
              Math.max(x, fromX) > card.x + 1 &&
              Math.min(y, fromY) < card.y + card.h - 1 &&
              Math.max(y, fromY) > card.y + 1,
          );
          expect(
            crossed.map((card) => card.machine),
            `${name}: ${machine} ${d}`,
          ).to.deep.equal([]);
        });
      }
    }
  });

  it('are as wide as what goes over them; near a step nothing moves', async () => {
    const seven = await places('seven');
    const level = (machine: string) =>
      cablesOf(seven, known, new Map()).find((one) => one.machine === machine)?.level;
    expect([level('lb1'), level('db1')]).to.deep.equal([2, 0]);
    // Of the others nothing is known; where nothing is known at all there is no cable.
    expect(level('web1')).to.equal(undefined);
    expect(cablesOf(seven, applyAll(rest()), new Map())).to.deep.equal([]);
    expect([0, 999, 1000, 20_000, 2e9].map((rate) => levelOf(rate, undefined))).to.deep.equal([
      0, 0, 1, 2, 5,
    ]);
    // A burst of a second is none that lasts.
    const draw = (...rates: number[]) => {
      let before = new Map();
      let received = 0;
      const events: [string, Happening][] = [['', cables(0, 0)]];
      const levels = rates.map((rate) => {
        received += rate;
        events.push(['', cables(received, 0)]);
        const all = cablesOf(seven, applyAll(then(...events)), before);
        before = new Map(all.map((cable) => [cable.machine, cable.shown]));
        return all.find(({ machine }) => machine === 'lb1')?.level;
      });
      return levels.join(' ');
    };
    expect(draw(20_000, 200_000, 20_000, 20_000)).to.equal('2 2 2 2');
    expect(draw(20_000, 900_000, 900_000, 900_000)).to.equal('2 3 3 3');
    expect([levelOf(9000, 2), levelOf(5000, 2), levelOf(11_000, 1)]).to.deep.equal([2, 1, 2]);
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Engine } from '../../tasks/engines/engine.ts';
import { HOLDERS } from '../../tasks/inspect/holders.ts';
import { guestCommands, inject, undo } from '../../tasks/measure/drill/faults.ts';
import { FAULTS, type Fault } from '../../tasks/measure/drill/model.ts';
import {
  closeFault,
  openFault,
  openFaults,
  requireNoFault,
  undoOpen,
} from '../../tasks/measure/drill/open-fault.ts';
import {
  allTargets,
  KILLABLE,
  numbersOf,
  parseDuration,
  randomTargets,
} from '../../tasks/measure/drill/plan.ts';
import { drillId, nameOfFault } from '../../tasks/measure/drill/store.ts';
import { requireSwitches, targetOf } from '../../tasks/measure/drill/target.ts';
import { readRoles } from '../../tasks/roles/roles.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { type RoleName, SWITCH_NAMES, type Topology } from '../../tasks/topology/model.ts';
import { withSwitches } from '../../tasks/topology/switches.ts';

const root = join(import.meta.dirname, '../..');

describe('drill: what is done', () => {
  let topology: Topology;
  before(async () => {
    topology = await loadTopology('seven', root);
  });

  it('the command offers the faults and holders that there are', async () => {
    const { DRILL_FAULTS, DRILL_HOLDERS, DRILL_SWITCHES } = await import('../../tasks/cli/drills.ts');
    // One cable is said as `cable` with a switch.
    expect(DRILL_FAULTS).to.deep.equal(FAULTS.filter((kind) => kind !== 'one-cable'));
    expect(DRILL_SWITCHES).to.deep.equal([...SWITCH_NAMES]);
    expect(DRILL_HOLDERS).to.deep.equal([...HOLDERS]);
  });

  it('what is killed are services of the role', () => {
    const roles = readRoles(root);
    for (const [role, services] of Object.entries(KILLABLE))
      expect(roles.get(role as RoleName)?.services, role).to.include.members(services);
  });

  it('all: every machine but the client, every fault, each pair once, nothing twice', () => {
    const targets = allTargets(topology);
    const names = targets.map((target) => nameOfFault({ machine: '', ...target }));
    expect(new Set(names).size).to.equal(names.length);
    expect(names.some((name) => name.startsWith('client'))).to.equal(false);
    for (const machine of ['lb1', 'lb2', 'web1', 'web2', 'db1', 'db2'])
      for (const kind of FAULTS.filter(
        (name) => !['none', 'pair', 'fading', 'several', 'switch', 'link', 'power-switch'].includes(name),
      ))
        expect(targets, `${machine} ${kind}`).to.satisfy((all: typeof targets) =>
          all.some((target) => target.machine === machine && target.kind === kind),
        );
    expect(names).to.include('db2-fading').and.not.include('lb1-fading');
    const pairs = names.filter((name) => name.includes('-pair-'));
    expect(pairs).to.include('db1-pair-db2').and.not.include('db2-pair-db1');
    expect(names.filter((name) => name === 'lb1-kill-keepalived')).to.have.length(1);
    expect(names.slice(-4)).to.deep.equal(['switch-a', 'switch-b', 'link', 'power-switch']);
    expect(names).to.include.members(['db1-one-cable-a', 'db1-one-cable-b']);
    // One switch: nothing of them.
    const one = allTargets(withSwitches(topology, 1)).map(({ kind }) => kind);
    expect(one.filter((kind) => ['one-cable', 'switch', 'link'].includes(kind))).to.deep.equal([]);
  });

  it('a seed always gives the same faults, another seed others', () => {
    const take = (seed: number) => {
      const generator = randomTargets(topology, seed);
      return Array.from({ length: 40 }, () => nameOfFault({ machine: '', ...generator.next().value }));
    };
    expect(take(7)).to.deep.equal(take(7));
    expect(take(7)).to.not.deep.equal(take(8));
    expect(new Set(take(7)).size).to.be.greaterThan(15);
    // The sequence is part of what is published: a change of it must be meant.
    const next = numbersOf(1);
    expect([next(), next()].map((value) => value.toFixed(6))).to.deep.equal(['0.627074', '0.002736']);
  });

  it('durations', () => {
    expect(['90', '90s', '30m', '2h', '1.5min'].map(parseDuration)).to.deep.equal([90, 90, 1800, 7200, 90]);
    expect(['', 'x', '-1s', '0', '5d'].map(parseDuration)).to.deep.equal(Array(5).fill(undefined));
  });

  it('names of drills', () => {
    expect(drillId(new Date('2026-11-26T12:34:56Z'), 'lb1-kill-php8.4-fpm')).to.equal(
      '20261126-123456-lb1-kill-php8-4-fpm',
    );
  });

  it('a holder becomes a machine, with all that it holds', () => {
    const holds = { front: 'lb2', router: 'lb2', redis: 'web1' };
    expect(targetOf({ kind: 'power', holder: 'front' }, topology, holds)).to.deep.equal({
      ...{ kind: 'power', machine: 'lb2', holder: 'front', held: ['front', 'router'] },
    });
    expect(targetOf({ kind: 'kill', holder: 'redis' }, topology, holds).service).to.equal('redis-server');
    expect(targetOf({ kind: 'pair', machine: 'db1' }, topology, holds).peer).to.equal('db2');
    expect(() => targetOf({ kind: 'power', holder: 'storage' }, topology, holds)).to.throw(
      /Nobody holds storage/,
    );
    expect(() => targetOf({ kind: 'kill', machine: 'db1' }, topology, holds)).to.throw(/service of db1/);
    expect(targetOf({ kind: 'switch', switch: 'b' }, topology, holds)).to.deep.equal({
      ...{ kind: 'switch', machine: '', held: [], switch: 'b' },
    });
    expect(targetOf({ kind: 'one-cable', holder: 'front', switch: 'a' }, topology, holds)).to.deep.equal({
      ...{ kind: 'one-cable', machine: 'lb2', holder: 'front', held: ['front', 'router'], switch: 'a' },
    });
    expect(() => targetOf({ kind: 'switch' }, topology, holds)).to.throw(/--switch \(a, b\)|Which switch/);
    expect(() => requireSwitches({ kind: 'link' }, withSwitches(topology, 1))).to.throw(/has one switch/);
    requireSwitches({ kind: 'link' }, topology);
    expect(() => targetOf({ kind: 'power', machine: 'db9' }, topology, holds)).to.throw(
      /no machine named "db9"/,
    );
  });

  it('a pair is cut on both machines, from each other', () => {
    const fault: Fault = { kind: 'pair', machine: 'db1', peer: 'db2', held: [] };
    const [one, other] = guestCommands(fault, topology, 'vec0');
    expect([one?.on, other?.on]).to.deep.equal(['db1', 'db2']);
    expect(one?.do).to.include('ip saddr 10.0.2.32 drop').and.include('ip daddr 10.0.2.32 drop');
    expect(other?.do).to.include('10.0.2.31 drop').and.not.include('10.0.2.32');
  });

  it('each fault is made and undone through the engine or inside the machine, never neither', async () => {
    const calls: string[] = [];
    const engine = new Proxy({} as Engine, {
      get:
        (_, name) =>
        async (...args: unknown[]) => {
          calls.push([String(name), args[1]].join(' ').trim());
          return name === 'states' ? new Map() : name === 'sshHosts' ? [] : undefined;
        },
    });
    for (const kind of FAULTS.filter((name) => name !== 'none')) {
      const fault: Fault = { kind, machine: 'db1', peer: 'db2', service: 'mariadb', switch: 'a', held: [] };
      if (guestCommands(fault, topology, 'vec0').length > 0) continue;
      calls.length = 0;
      await inject(fault, { engine, topology, nic: 'vec0' });
      await undo(fault, { engine, topology, nic: 'vec0' });
      expect(calls, kind).to.have.length(2);
    }
  });

  describe('journal', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'drill-'));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    const tools = (engine: object) => ({ engine: engine as Engine, topology, nic: 'vec0' });
    const freeze = (machine: string): Fault => ({ kind: 'freeze', machine, held: [] });

    it('a fault that was left is undone once, and forgotten', async () => {
      const fault: Fault = { ...freeze('db1'), held: ['storage'] };
      const thawed: string[] = [];
      const engine = { thaw: async ({ name }: { name: string }) => thawed.push(name) };
      openFault(folder, fault);
      expect(openFaults(folder).map((open) => open.fault)).to.deep.equal([fault]);
      expect(await undoOpen(folder, tools(engine))).to.deep.equal([fault]);
      expect(await undoOpen(folder, tools(engine))).to.deep.equal([]);
      expect(thawed).to.deep.equal(['db1']);
    });

    it('several are undone, the latest first; one that cannot be undone stays and does not keep the others', async () => {
      const thawed: string[] = [];
      const engine = {
        thaw: async ({ name }: { name: string }) => {
          thawed.push(name);
          if (name === 'db2') throw new Error('no');
        },
      };
      for (const name of ['db1', 'db2', 'lb1']) openFault(folder, freeze(name), 'user');
      const failed = await undoOpen(folder, tools(engine)).catch((error: Error) => error.message);
      expect(failed).to.equal('no');
      expect(thawed).to.deep.equal(['lb1', 'db2', 'db1']);
      expect(openFaults(folder).map(({ fault }) => fault.machine)).to.deep.equal(['db2']);
      closeFault(folder, freeze('db2'));
      expect(openFaults(folder)).to.deep.equal([]);
    });

    it('a drill undoes what drills left, not what somebody broke on purpose, which it refuses', async () => {
      openFault(folder, freeze('db1'), 'user');
      openFault(folder, freeze('lb1'));
      const engine = { thaw: async () => undefined };
      expect(await undoOpen(folder, tools(engine), 'drill')).to.deep.equal([freeze('lb1')]);
      expect(() => requireNoFault(folder)).to.throw('A fault is open: db1 frozen.');
      expect(() => requireNoFault(folder, ['db2'])).to.not.throw();
      expect(() => requireNoFault(folder, ['db1'])).to.throw();
      // What is done to a switch is done to no machine: one on a machine is not in its way.
      expect(() => requireNoFault(folder, [''])).to.not.throw();
    });

    it('one that was written down alone is read', () => {
      mkdirSync(join(folder, 'drills'));
      writeFileSync(join(folder, 'drills', 'open.json'), JSON.stringify({ fault: freeze('db1'), since: 1 }));
      expect(openFaults(folder)).to.deep.equal([{ fault: freeze('db1'), since: 1, by: 'drill' }]);
    });
  });
});

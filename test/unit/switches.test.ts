import { join } from 'node:path';
import { expect } from 'chai';
import { setLanguage } from '../../tasks/base/text.ts';
import { targetFrom } from '../../tasks/cli/commands/fault-target.ts';
import { INSIDE, insideOf } from '../../tasks/engines/engine.ts';
import { fewerSwitches, switchesOf } from '../../tasks/engines/limits.ts';
import { type Link, networkOf } from '../../tasks/engines/uml/cable.ts';
import { cardsIn } from '../../tasks/inspect/cards.ts';
import type { Inspections } from '../../tasks/inspect/facts.ts';
import { networkProblems, networkText } from '../../tasks/inspect/network.ts';
import { missingRedundancy } from '../../tasks/inspect/redundancy.ts';
import { parseTimers } from '../../tasks/inspect/timers.ts';
import { readBudgets } from '../../tasks/measure/drill/budgets.ts';
import { effectOf } from '../../tasks/measure/drill/effect.ts';
import type { Fault } from '../../tasks/measure/drill/model.ts';
import { predict } from '../../tasks/measure/drill/predict.ts';
import type { Target } from '../../tasks/measure/drill/target.ts';
import { appliesTo } from '../../tasks/measure/drill/verdict.ts';
import { commandOf } from '../../tasks/studio/acts.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { withSwitches } from '../../tasks/topology/switches.ts';
import { fakeEngine } from './helpers/fake-engine.ts';
import { bond, well } from './helpers/well.ts';

const root = join(import.meta.dirname, '../..');
const seven = await loadTopology('seven', root);
const one = withSwitches(seven, 1);

describe('two switches', () => {
  before(() => setLanguage('en'));

  it('a lab keeps as many as it was made with; the interface is called accordingly', () => {
    expect(one.network.switches).to.deep.equal(['a']);
    expect(seven.network.switches).to.deep.equal(['a', 'b']);
    expect(withSwitches(seven, 2)).to.equal(seven);
    expect(insideOf('uml', seven).nic).to.equal('bond0');
    const { bond, ...single } = INSIDE.uml;
    expect(insideOf('uml', one)).to.deep.equal({ ...single, nic: 'vec0' });
  });

  it('engines without a second one give one, and lab up says so', () => {
    expect(switchesOf('uml', seven)).to.equal(2);
    expect(switchesOf('vagrant-libvirt', seven)).to.equal(1);
    expect(insideOf('vagrant-libvirt', withSwitches(seven, 1)).nic).to.equal('eth1');
    expect(fewerSwitches({ name: 'vagrant-virtualbox' }, seven)?.what.en).to.match(/one card on one network/);
    expect(fewerSwitches({ name: 'vagrant-virtualbox' }, one)).to.equal(undefined);
    expect(fewerSwitches({ name: 'uml' }, seven)).to.equal(undefined);
  });

  describe('what is cut, by ip', () => {
    const up = ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'];
    const end = (name: string, isolated = false): Link => ({
      ...{ ifname: `host-${name}`, flags: up, master: 'lab0' },
      linkinfo: { info_slave_data: { isolated } },
    });
    const tap = (name: string, cut = false): Link => ({
      ...{ ifname: `tap0a00020b-${name}`, flags: cut ? ['BROADCAST'] : up },
      ...(cut ? {} : { master: `lab-${name}` }),
    });
    const well: Link[] = [
      ...[{ ifname: 'lab-a', flags: up }, { ifname: 'lab-b', flags: up }, end('a'), end('b')],
      ...[tap('a'), tap('b')],
    ];
    const but = (...changed: Link[]) =>
      well.map((link) => changed.find(({ ifname }) => ifname === link.ifname) ?? link);

    it('nothing; a switch; the cable between them; one cable of a machine', () => {
      expect(networkOf(well, seven)).to.deep.equal({ off: [], linkCut: false, cut: [] });
      expect(networkOf(but({ ifname: 'lab-b', flags: ['BROADCAST'] }), seven).off).to.deep.equal(['b']);
      expect(networkOf(but(end('a', true), end('b', true)), seven).linkCut).to.equal(true);
      expect(networkOf(but(end('a', true)), seven).linkCut).to.equal(false);
      expect(networkOf(but(tap('b', true)), seven).cut).to.deep.equal([{ machine: 'lb1', switch: 'b' }]);
      expect(networkOf([], one)).to.deep.equal({ off: [], linkCut: false, cut: [] });
    });

    it('in words', () => {
      const state = networkOf(but({ ifname: 'lab-a', flags: [] }, tap('b', true)), seven);
      const problems = networkProblems(state).map(({ en }) => en);
      expect(problems).to.deep.equal(['switch a has no power', 'the cable of lb1 to switch b is cut']);
      expect(networkText({ switches: ['a', 'b'], ...state }).en).to.include(problems[0]);
      expect(networkText({ switches: ['a', 'b'], off: [], linkCut: false, cut: [] }).fr).to.match(/reliés/);
    });
  });

  it('cards by what the kernel says of the bond', () => {
    expect(cardsIn(bond(['vec0'], 'vec1'))).to.deep.equal([
      { name: 'vec0', up: false, active: false },
      { name: 'vec1', up: true, active: true },
    ]);
    expect(cardsIn('')).to.deep.equal([]);
  });

  it('full redundancy misses a carrier, and the first card at work; not where there is one switch', () => {
    const said = (cards: string, topology = seven) => {
      const facts: Inspections = Object.fromEntries(
        topology.machines.map((machine) => [machine.name, well(machine)]),
      );
      const sections = facts.lb1?.sections;
      if (sections) sections.cards = cards;
      return missingRedundancy(topology, facts);
    };
    expect(said(bond())).to.deep.equal([]);
    expect(said(bond(['vec1']))).to.deep.equal(['lb1: no carrier from switch b']);
    expect(said(bond([], 'vec1'))).to.deep.equal(['lb1: works with vec1']);
    expect(said('')).to.deep.equal(['lb1: no carrier from switch a', 'lb1: no carrier from switch b']);
    expect(said('', one)).to.deep.equal([]);
  });

  describe('their faults', () => {
    const fault = (part: Partial<Fault>): Fault => ({ kind: 'switch', machine: '', held: [], ...part });
    const timers = { lb1: parseTimers('lb1', 'network.link_check 100 ms /sys') };
    const seconds = (part: Partial<Fault>) =>
      predict(fault(part), seven, timers).map(({ kind, seconds }) => `${kind} ${seconds}`);

    it('the first switch is felt until the next look at the card; the second and the cable between them not at all', () => {
      for (const part of [{ switch: 'a' }, { kind: 'one-cable', machine: 'web1', switch: 'a' }] as const)
        expect(seconds(part)).to.include('page.new 0.1').and.include('row 0.1').and.have.length(6);
      for (const part of [{ switch: 'b' }, { kind: 'one-cable', machine: 'web1', switch: 'b' }] as const)
        expect(seconds(part)).to.include('row 0').and.have.length(6);
      expect(seconds({ kind: 'link' })).to.include('upload 0');
    });

    it('are judged by a budget of their own, and by none of the loss of a machine', () => {
      const { budgets } = readBudgets(root);
      const named = (part: Partial<Fault>) =>
        budgets.filter((budget) => appliesTo(budget, fault(part), ['lb', 'web'])).map(({ name }) => name);
      const own = ['switch', 'switch-writes', 'return', 'durability', 'redundancy'];
      expect(named({ switch: 'a' })).to.deep.equal(own);
      expect(named({ kind: 'link' })).to.deep.equal(own);
      expect(named({ kind: 'one-cable', machine: 'lb1', held: ['front', 'storage'] })).to.deep.equal(own);
    });

    it('are felt by a card without a carrier, and by what the engine says', async () => {
      const felt = (part: Partial<Fault>, cards: string, linkCut = false) => {
        const asked: string[] = [];
        const engine = fakeEngine([], 'running', '/', {
          networkState: async () => ({ off: [], linkCut, cut: [] }),
        });
        const ask = async (machine: string) => {
          asked.push(machine);
          return { code: 0, stdout: cards, stderr: '' };
        };
        const lab = { engine, topology: seven, nic: 'bond0', client: { name: 'client' } };
        return effectOf(fault(part), lab, undefined, ask, 0).then((effect) => [effect?.seen, ...asked]);
      };
      expect(await felt({ switch: 'a' }, bond(['vec0'], 'vec1'))).to.deep.equal([true, 'client']);
      expect(await felt({ switch: 'b' }, bond(['vec0'], 'vec1'))).to.deep.equal([false, 'client']);
      const cable = { kind: 'one-cable', machine: 'db1', switch: 'b' } as const;
      expect(await felt(cable, bond(['vec1']))).to.deep.equal([true, 'db1']);
      expect(await felt(cable, 'nothing')).to.deep.equal([null, 'db1']);
      expect(await felt({ kind: 'link' }, '', true)).to.deep.equal([true]);
      expect(await felt({ kind: 'link' }, '', false)).to.deep.equal([false]);
    });

    it('on the command line: a cable to a switch, a switch, the cable between them', () => {
      expect(targetFrom('lb1', { fault: 'cable', switch: 'a' })).to.deep.equal({
        ...{ kind: 'one-cable', machine: 'lb1', switch: 'a' },
      });
      expect(targetFrom('lb1', { fault: 'cable' })).to.deep.equal({ kind: 'cable', machine: 'lb1' });
      expect(targetFrom(undefined, { fault: 'switch', switch: 'b' })).to.deep.equal({
        kind: 'switch',
        switch: 'b',
      });
      expect(targetFrom(undefined, { fault: 'link' })).to.deep.equal({ kind: 'link' });
      expect(() => targetFrom('lb1', { fault: 'link' })).to.throw(/--fault link/);
      expect(() => targetFrom('lb1', { fault: 'power', switch: 'a' })).to.throw(/--switch a/);
    });

    it('in the studio: the same words', () => {
      const words = (target: Target) => commandOf({ do: 'fault', target, language: 'en' }, 'x')?.join(' ');
      expect(words({ kind: 'one-cable', machine: 'lb1', switch: 'b' })).to.equal(
        'fault lb1 --fault cable --switch b --name x',
      );
      expect(words({ kind: 'switch', switch: 'a' })).to.equal('fault --fault switch --switch a --name x');
    });
  });
});

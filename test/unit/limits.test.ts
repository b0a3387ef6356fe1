import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ENGINE_NAMES } from '../../tasks/base/engine-names.ts';
import { LabError } from '../../tasks/base/errors.ts';
import { ROOT } from '../../tasks/base/paths.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import type { PowerState } from '../../tasks/engines/engine.ts';
import {
  type Ability,
  fewerProcessors,
  LIMITS,
  limitOf,
  requireAbility,
  switchesOf,
} from '../../tasks/engines/limits.ts';
import { requireReachable } from '../../tasks/engines/power.ts';
import { allTargets, faultLimit } from '../../tasks/measure/drill/plan.ts';
import { hostNamed } from '../../tasks/remote/ssh.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { withSwitches } from '../../tasks/topology/switches.ts';
import { fakeEngine } from './helpers/fake-engine.ts';

const topology = await loadTopology('seven', ROOT);
const lb1 = topology.machines[1] ?? expect.fail();

describe('what an engine cannot do for a machine', () => {
  let folder: string;
  before(() => {
    setLanguage('en');
    folder = mkdtempSync(join(tmpdir(), 'limits-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('every limit names the engine, the machine and a command as a way out, in both languages', () => {
    let count = 0;
    for (const name of ENGINE_NAMES)
      for (const ability of Object.keys(LIMITS[name]) as Ability[]) {
        const limit = limitOf({ name }, ability, 'lb1');
        if (!limit) continue;
        count += 1;
        for (const language of ['en', 'fr'] as const) {
          expect(limit.what[language], `${name} ${ability}`).to.include(name).and.include('lb1');
          expect(limit.what[language].match(/[.!?](\s|$)/g), 'one sentence').to.have.length(1);
          expect(limit.fix?.[language]).to.match(/`lab [a-z]+/);
        }
      }
    expect(count).to.be.above(3);
  });

  it('what it can do passes, what it cannot is a LabError', () => {
    requireAbility({ name: 'uml' }, 'console', 'lb1');
    expect(() => requireAbility({ name: 'vagrant-virtualbox' }, 'console', 'lb1')).to.throw(
      LabError,
      /The engine vagrant-virtualbox does not keep what the console of lb1 prints/,
    );
  });

  it('a drill refuses the fault that the engine cannot make, and no other', () => {
    const text = { en: 'x', fr: 'x' };
    const limits = { ...LIMITS, uml: { ...LIMITS.uml, cable: { what: () => text, instead: () => text } } };
    const refused = allTargets(topology).filter((target) => faultLimit({ name: 'uml' }, target, limits));
    expect([...new Set(refused.map(({ kind }) => kind))]).to.deep.equal(['cable']);
    expect(refused).to.have.length(topology.machines.length - 1);
    // A lab on an engine without a second switch has none (openEnvironment).
    for (const name of ENGINE_NAMES) {
      const own = withSwitches(topology, switchesOf(name, topology));
      const refused = allTargets(own).filter((target) => faultLimit({ name }, target));
      expect(refused.map(({ kind }) => kind)).to.deep.equal(name === 'uml' ? [] : ['power-switch']);
    }
  });

  it('lab up says which machines get fewer processors than they are given in the topology', () => {
    const machines = topology.machines.map((machine) => ({
      ...machine,
      cpus: machine.name === 'db1' ? 2 : 1,
    }));
    expect(fewerProcessors({ name: 'uml' }, machines)?.what.en).to.match(/^The engine uml .*\(db1\)\.$/);
    expect(fewerProcessors({ name: 'vagrant-libvirt' }, machines)).to.equal(undefined);
    expect(fewerProcessors({ name: 'uml' }, topology.machines)).to.equal(undefined);
  });

  describe('the way to a machine', () => {
    const said = async (state: PowerState, cut: boolean | undefined) => {
      const engine = fakeEngine(['lb1'], state, folder, {
        ...(cut === undefined ? {} : { cableIsCut: async () => cut }),
      });
      try {
        await requireReachable(engine, lb1);
        return undefined;
      } catch (error) {
        return error instanceof LabError ? error.render() : expect.fail(String(error));
      }
    };

    it('is there while it runs', async () => {
      expect(await said('running', undefined)).to.equal(undefined);
      expect(await said('running', false)).to.equal(undefined);
    });

    it('is not: off, frozen, or its cable is cut where ssh goes through it', async () => {
      expect(await said('off', false)).to.match(/^lb1 is not running\.\nTo do: .*lab up lb1/);
      expect(await said('frozen', false)).to.match(/^lb1 is frozen.*\nTo do: .*lab break --undo/);
      expect(await said('running', true)).to.match(
        /^The cable of lb1 is cut, and the engine uml has no other way.*\nTo do: .*lab logs lb1 --console/,
      );
    });

    it('an engine that knows no way to it is no defect of the kit', () => {
      expect(() => hostNamed([], 'lb1')).to.throw(LabError, /lb1 cannot be reached: it is not running/);
    });
  });
});

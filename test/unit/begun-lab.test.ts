import { existsSync, rmSync } from 'node:fs';
import { expect } from 'chai';
import type { EngineName } from '../../tasks/base/engine-names.ts';
import { LabError } from '../../tasks/base/errors.ts';
import { environmentFolder } from '../../tasks/base/paths.ts';
import { type ChoiceHost, chooseLab, type LabChoice } from '../../tasks/cli/commands/choose-lab.ts';
import { confirming } from '../../tasks/cli/commands/up.ts';
import { commandTable } from '../../tasks/cli/table.ts';
import type { Engine } from '../../tasks/engines/engine.ts';
import {
  type Environment,
  existingEnvironment,
  readBegun,
  readRecord,
} from '../../tasks/environment/record.ts';
import type { Machine } from '../../tasks/topology/model.ts';
import { fakeEngine } from './helpers/fake-engine.ts';

/** Of this run alone: two may test at the same time. */
const NAME = `begun-${process.pid}`;
const NO_BOOT = new LabError({ en: 'The machine did not boot.', fr: 'La machine n’a pas démarré.' });

describe('a lab whose first machine has not started yet', () => {
  let said: string[];
  let destroyed: string[];
  beforeEach(() => {
    said = [];
    destroyed = [];
  });
  afterEach(() => rmSync(environmentFolder(NAME), { recursive: true, force: true }));

  /** A computer on which the engine that is asked for can be chosen, and else `usual`. */
  const host = (usual: EngineName, broken?: LabError): ChoiceHost => ({
    selectEngine: async (_topology, wish) => ({
      engine: wish ?? usual,
      why: { en: 'here', fr: 'ici' },
    }),
    missingBuilds: async () => [],
    openEngine: async (environment: Environment) => ({
      destroy: async () => {
        if (broken) throw broken;
        destroyed.push(environment.record.engine);
      },
    }),
  });
  const choose = (options: Partial<LabChoice>, usual: EngineName = 'vagrant-virtualbox', broken?: LabError) =>
    chooseLab({ name: NAME, app: 'sample', ...options }, (line) => said.push(line), host(usual, broken));
  /** Starts the first machine as `lab up` does. */
  const start = (environment: Environment, changes: Partial<Engine> = {}) => {
    const machine = environment.topology.machines[0] as Machine;
    return confirming(fakeEngine([machine.name], 'absent', environment.folder, changes), NAME).start(
      machine,
      () => undefined,
    );
  };
  const fails = { start: () => Promise.reject(NO_BOOT) };
  const refusal = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error instanceof LabError) return error.render();
    throw error ?? new Error('nothing was refused');
  };

  it('has no record that holds it to an engine: after a failed first start another one may be asked for', async () => {
    expect(await refusal(start(await choose({}), fails))).to.include('did not boot');
    expect(await readRecord(NAME)).to.equal(undefined);
    const environment = await choose({ engine: 'uml' });
    expect(environment.record.engine).to.equal('uml');
    expect(destroyed, 'what the first engine left').to.deep.equal(['vagrant-virtualbox']);
    await start(environment);
    expect((await readRecord(NAME))?.engine).to.equal('uml');
    expect(await readBegun(NAME)).to.equal(undefined);
  });

  it('keeps its engine once a machine has started, whatever fails then', async () => {
    const environment = await choose({});
    await start(environment);
    await start(environment, fails).catch(() => undefined);
    expect((await readRecord(NAME))?.engine).to.equal('vagrant-virtualbox');
    expect(await refusal(choose({ engine: 'uml' }))).to.include(
      'already exists with --engine vagrant-virtualbox',
    );
    expect(destroyed).to.deep.equal([]);
  });

  it('goes on with what was chosen when nothing else is asked for, and removes nothing', async () => {
    const first = await choose({ topology: 'spread' });
    const again = await choose({});
    expect(again.record).to.deep.equal(first.record);
    expect(destroyed).to.deep.equal([]);
  });

  it('starts over with another topology', async () => {
    await choose({ topology: 'spread' });
    expect((await choose({ topology: 'seven' })).topology.name).to.equal('seven');
    expect(destroyed).to.deep.equal(['vagrant-virtualbox']);
  });

  it('an engine that cannot even remove what it left does not keep another one from starting', async () => {
    await choose({});
    const environment = await choose({ engine: 'uml' }, 'vagrant-virtualbox', NO_BOOT);
    expect(environment.record.engine).to.equal('uml');
    expect(said.join('\n')).to.include('The machine did not boot.');
  });

  it('is removed by lab destroy', async () => {
    await choose({}, 'uml');
    const log = console.log;
    console.log = () => undefined;
    try {
      await commandTable(() => undefined).parseAsync(['destroy', '--yes', '--name', NAME], { from: 'user' });
    } finally {
      console.log = log;
    }
    expect(existsSync(environmentFolder(NAME))).to.equal(false);
  });

  it('does not exist for other commands, which say what to do', async () => {
    await choose({});
    const shown = await refusal(existingEnvironment(NAME));
    expect(shown)
      .to.match(/No machine of the lab .* has started yet/)
      .and.include(`lab destroy --name ${NAME}`);
    expect(existsSync(environmentFolder(NAME))).to.equal(true);
  });
});

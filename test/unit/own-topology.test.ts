import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { environmentFolder, ownTopologyFile, ROOT } from '../../tasks/base/paths.ts';
import type { Engine } from '../../tasks/engines/engine.ts';
import { ownTopologyNote, takeTopology, topologyText } from '../../tasks/environment/own-topology.ts';
import { type Environment, existingEnvironment } from '../../tasks/environment/record.ts';
import { forgetNote, noteSnapshot, returnToSize, sizeAt } from '../../tasks/environment/snapshot-notes.ts';
import { scaleTopology } from '../../tasks/topology/scale.ts';

const NAME = `own-${process.pid}`;

describe('a lab’s own topology', () => {
  const origin = join(environmentFolder(NAME), 'origin.yaml');
  const seven = readFileSync(join(ROOT, 'topologies/seven.yaml'), 'utf8');
  beforeEach(() => {
    mkdirSync(environmentFolder(NAME), { recursive: true });
    writeFileSync(origin, seven);
    writeFileSync(
      join(environmentFolder(NAME), 'lab.json'),
      JSON.stringify({ topology: origin, engine: 'uml', app: 'sample' }),
    );
  });
  afterEach(() => rmSync(environmentFolder(NAME), { recursive: true, force: true }));

  const size = (environment: Environment) => environment.topology.machines.length;
  const scaleTo = (environment: Environment, count: number) =>
    takeTopology(
      environment,
      scaleTopology(environment.topology, topologyText(environment), count, environment.topology.file).text,
    );

  it('is used by every command from then on, and says in its first line what it is', async () => {
    const scaled = await scaleTo(await existingEnvironment(NAME), 4);
    expect(size(scaled)).to.equal(9);
    expect(size(await existingEnvironment(NAME))).to.equal(9);
    const text = readFileSync(ownTopologyFile(NAME), 'utf8');
    expect(text).to.match(/^# This lab's own topology: /);
    // Not one more first line each time.
    expect(
      readFileSync((await scaleTo(scaled, 3)).topology.file, 'utf8').match(/own topology/g),
    ).to.have.length(1);
    expect(readFileSync(origin, 'utf8')).to.equal(seven);
  });

  it('is gone when the lab is as it was made', async () => {
    const back = await scaleTo(await scaleTo(await existingEnvironment(NAME), 3), 2);
    expect(back.topology.file).to.equal(origin);
    expect(back.record).to.not.have.property('ownOf');
    expect(existsSync(ownTopologyFile(NAME))).to.equal(false);
  });

  it('stays when the original changed or is gone, which is said', async () => {
    const environment = await existingEnvironment(NAME);
    expect(await ownTopologyNote(environment)).to.equal(undefined);
    const scaled = await scaleTo(environment, 3);
    expect(await ownTopologyNote(scaled))
      .to.include(ownTopologyFile(NAME))
      .and.not.include('has changed since');
    writeFileSync(origin, seven.replace('memory: 320', 'memory: 322'));
    expect(await ownTopologyNote(await existingEnvironment(NAME))).to.include('has changed since');
    expect((await scaleTo(scaled, 2)).topology.file).to.equal(ownTopologyFile(NAME));
    rmSync(origin);
    expect(size(await existingEnvironment(NAME))).to.equal(7);
  });

  it('a file that the record does not name is not used: an interrupted change is none', async () => {
    writeFileSync(ownTopologyFile(NAME), 'half');
    expect(size(await existingEnvironment(NAME))).to.equal(7);
  });

  it('a snapshot knows the size of the lab, and removes what did not exist', async () => {
    const environment = await existingEnvironment(NAME);
    await noteSnapshot(environment, 'small');
    expect(await sizeAt(environment, 'small'), 'no change since').to.equal(undefined);
    const scaled = await scaleTo(environment, 4);
    await noteSnapshot(scaled, 'big');
    const removed: string[] = [];
    const engine = { remove: async ({ name }) => void removed.push(name) } as Partial<Engine> as Engine;
    const then = await sizeAt(scaled, 'small');
    const back = await returnToSize(scaled, engine, then ?? {});
    expect([size(back), size(await existingEnvironment(NAME)), removed]).to.deep.equal([
      7,
      7,
      ['web3', 'web4'],
    ]);
    const again = await returnToSize(back, engine, (await sizeAt(back, 'big')) ?? {});
    expect([size(again), removed.length]).to.deep.equal([9, 2]);
    await forgetNote(again, 'small');
    expect(await sizeAt(again, 'small')).to.equal(undefined);
    expect(await sizeAt(again, 'unknown')).to.equal(undefined);
  });
});

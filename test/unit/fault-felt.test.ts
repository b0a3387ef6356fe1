import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { ROOT } from '../../tasks/base/paths.ts';
import type { Engine } from '../../tasks/engines/engine.ts';
import type { FaultData, LabGuide } from '../../tasks/exercises/guides/model.ts';
import { makeFault } from '../../tasks/exercises/session/faults.ts';
import type { LabSession } from '../../tasks/exercises/session/session.ts';
import { readState } from '../../tasks/exercises/state/state.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { fakeEngine } from './helpers/fake-engine.ts';
import { type FakeSsh, fakeSsh } from './helpers/fake-ssh.ts';
import { withFakeSsh } from './helpers/only.ts';

/** lab break: a fault that shows nothing is undone and told, not counted. */
withFakeSsh.describe('faults of labs: what is not felt does not count', () => {
  let folder: string;
  let ssh: FakeSsh | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'felt-'));
  });
  afterEach(() => {
    ssh?.remove();
    rmSync(folder, { recursive: true });
  });

  const make = async (fault: Partial<FaultData>, body: string, changes: Partial<Engine> = {}) => {
    ssh = fakeSsh(body);
    const topology = await loadTopology('seven', ROOT);
    const guide = { id: '90', folder, vary: {}, steps: [], faults: { broken: fault } } as unknown as LabGuide;
    const names = topology.machines.map(({ name }) => name);
    const engine = fakeEngine(names, 'running', ssh.folder, changes);
    const session = {
      ...{ engine, labs: [guide], host: 'lab.test', state: await readState(folder) },
      environment: {
        name: 'x',
        folder,
        root: ROOT,
        topology,
        record: { engine: 'uml', topology: 'seven', app: 'sample' },
      },
    } as unknown as LabSession;
    const whole = { title: { en: 'x', fr: 'x' }, machine: 'web1', breaks: [], ...fault } as FaultData;
    let error: unknown;
    try {
      await makeFault(session, { guide, name: 'broken', fault: whole }, 0.1);
    } catch (thrown) {
      error = thrown;
    }
    const said = error instanceof LabError ? error.what.en : error;
    return { said, open: (await readState(folder)).faults.length, ran: ssh.calls().length };
  };
  const own = { run: 'break-it', undo: 'mend-it', felt: 'is-felt' };

  it('one that is felt is open', async () => {
    expect(await make(own, 'exit 0')).to.deep.equal({ said: undefined, open: 1, ran: 2 });
  });

  it('one that is not is undone, and the sentence names it', async () => {
    const { said, open } = await make(own, '[[ $command != *is-felt* ]]');
    expect(said).to.equal('The fault broken has no effect on web1, so it was undone.');
    expect(open).to.equal(0);
  });

  it('of an incident neither the fault nor the machine is told', async () => {
    const { said, open } = await make({ ...own, secret: true, part: ['x'] }, '[[ $command != *is-felt* ]]');
    expect(said).to.equal('What was to be broken shows no effect, so it was undone.');
    expect(open).to.equal(0);
  });

  it('a cable that still works is told', async () => {
    const log: string[] = [];
    const cable = {
      cutCable: async () => void log.push('cut'),
      restoreCable: async () => void log.push('restored'),
    };
    const alive = (address: string) =>
      `echo 'PING ${address} (${address})'; echo '3 packets transmitted, 3 received, 0% packet loss'; `;
    const { said, open } = await make({ cable: 'cut' }, alive('10.0.2.21') + alive('10.0.2.11'), cable);
    expect(said).to.equal('The fault broken has no effect on web1, so it was undone.');
    expect([open, log.join()]).to.deep.equal([0, 'cut,restored']);
    // Nobody could be asked: a lab may have no way to the client yet.
    expect((await make({ cable: 'cut' }, 'exit 255', cable)).open).to.equal(1);
  });
});

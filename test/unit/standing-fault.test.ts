import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { ROOT } from '../../tasks/base/paths.ts';
import type { LabGuide } from '../../tasks/exercises/guides/model.ts';
import { brokenOn, brokenReader, undoBroken } from '../../tasks/exercises/session/broken.ts';
import type { LabSession } from '../../tasks/exercises/session/session.ts';
import { readState, writeState } from '../../tasks/exercises/state/state.ts';
import { openFault, openFaults } from '../../tasks/measure/drill/open-fault.ts';
import type { DrillSite } from '../../tasks/measure/drill/site.ts';
import { breakNow } from '../../tasks/measure/drill/standing.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { fakeEngine } from './helpers/fake-engine.ts';
import { type FakeSsh, fakeSsh } from './helpers/fake-ssh.ts';
import { withFakeSsh } from './helpers/only.ts';

const topology = await loadTopology('seven', ROOT);
const names = topology.machines.map(({ name }) => name);

withFakeSsh.describe('lab fault: what stays broken until it is undone', () => {
  let folder: string;
  let ssh: FakeSsh;
  let engine: ReturnType<typeof fakeEngine>;
  let site: DrillSite;
  const pings = (answered: number) =>
    `echo 'PING a'; echo '3 packets transmitted, ${answered} received, 0% packet loss'; `;
  /** `answered`: pings of the machine that was broken. */
  const begin = (answered: number) => {
    ssh = fakeSsh(pings(answered) + pings(3));
    engine = fakeEngine(names, 'running', folder, {
      powerOff: async ({ name }) => {
        engine.log.push(`off ${name}`);
        engine.power.set(name, 'off');
      },
      freeze: async ({ name }) => void engine.power.set(name, 'frozen'),
    });
    const client = topology.machines.find(({ name }) => name === 'client');
    site = {
      engine,
      topology,
      client,
      nic: 'vec0',
      factor: 0.01,
      environment: { folder },
    } as unknown as DrillSite;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'standing-'));
    begin(0);
  });
  afterEach(() => {
    ssh.remove();
    rmSync(folder, { recursive: true });
  });
  const refused = (target: Parameters<typeof breakNow>[1]) =>
    breakNow(site, target, 0.1).then(
      () => 'made',
      (error: unknown) => (error instanceof LabError ? error.what.en : String(error)),
    );

  it('is written down, and stays', async () => {
    expect(await breakNow(site, { kind: 'power', machine: 'lb1' })).to.include({
      machine: 'lb1',
      kind: 'power',
    });
    expect(engine.log).to.deep.equal(['off lb1']);
    expect(openFaults(folder).map(({ by, fault }) => [by, fault.machine])).to.deep.equal([['user', 'lb1']]);
  });

  it('is refused on a machine that has one, on the client, on one that is off, and on none', async () => {
    await breakNow(site, { kind: 'power', machine: 'lb1' });
    expect(await refused({ kind: 'freeze', machine: 'lb1' })).to.equal('A fault is open: power of lb1 cut.');
    expect(await refused({ kind: 'pair', machine: 'lb2', peer: 'lb1' })).to.contain('A fault is open');
    expect(await refused({ kind: 'freeze', machine: 'client' })).to.contain(
      'client is where a drill measures from',
    );
    engine.power.set('db1', 'off');
    expect(await refused({ kind: 'freeze', machine: 'db1' })).to.equal('db1 is not running.');
    expect(await refused({ kind: 'freeze', machine: 'db9' })).to.contain('no machine named "db9"');
    expect(openFaults(folder)).to.have.length(1);
  });

  it('one that is not felt is undone, and told', async () => {
    ssh.remove();
    begin(3);
    expect(await refused({ kind: 'power', machine: 'lb1' })).to.match(
      /^The fault was not felt: .*it was undone\.$/,
    );
    expect(engine.log).to.deep.equal(['off lb1', 'start lb1']);
    expect(openFaults(folder)).to.deep.equal([]);
  });

  const guide = {
    id: '90',
    vary: {},
    faults: {
      down: { title: { en: 'web1 is down', fr: 'web1 est arrêtée' }, machine: 'web1', power: 'off' },
      hidden: { title: { en: 'x', fr: 'x' }, machine: 'db1', secret: true, run: 'x' },
    },
  } as unknown as LabGuide;
  const lab = async () => {
    const at = '2026-01-01T10:00:00.000Z';
    const state = await readState(folder);
    state.faults = ['down', 'hidden'].map((name) => ({ lab: '90', name, machine: 'web1', at }));
    await writeState(folder, state);
    openFault(folder, { kind: 'power', machine: 'lb1', held: ['front'] }, 'user');
    return state;
  };

  it('one list has what the commands broke; of an incident neither machine nor fault', async () => {
    const state = await lab();
    expect(
      brokenOn(folder, state, [guide]).map(({ by, machine, words }) => [by, machine, words.en]),
    ).to.deep.equal([
      ['lab', 'web1', 'web1 is down (web1)'],
      ['incident', '', 'an incident'],
      ['user', 'lb1', 'power of lb1 cut (held: front)'],
    ]);
    const read = brokenReader(folder, () => [guide]);
    expect(await read()).to.have.length(3);
    rmSync(join(folder, 'drills', 'open.json'));
    expect(await read()).to.have.length(2);
  });

  it('all of it is undone but incidents', async () => {
    const state = await lab();
    ssh.remove();
    ssh = fakeSsh('exit 0');
    const session = {
      ...{ engine, labs: [guide], host: 'lab.test', state },
      environment: { name: 'x', folder, root: ROOT, topology, record: { engine: 'uml' } },
    } as unknown as LabSession;
    const told: string[] = [];
    await undoBroken(session, site, ({ en }) => told.push(en));
    expect(told).to.deep.equal(['power of lb1 cut (held: front)', 'web1 is down']);
    expect(brokenOn(folder, await readState(folder), [guide]).map(({ by }) => by)).to.deep.equal([
      'incident',
    ]);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../../tasks/base/paths.ts';
import { afterOf, bootInTurn } from '../../../tasks/environment/provision/boots.ts';
import type { EnvironmentFacts } from '../../../tasks/environment/provision/context.ts';
import { provisionEnvironment } from '../../../tasks/environment/provision/provision.ts';
import { TimelineRecorder } from '../../../tasks/environment/provision/timeline/recorder.ts';
import { loadTopology } from '../../../tasks/topology/load.ts';
import { fakeEngine } from '../helpers/fake-engine.ts';
import { type FakeSsh, fakeSsh } from '../helpers/fake-ssh.ts';
import { labFactsOf } from '../helpers/lab-facts.ts';
import { withFakeSsh } from '../helpers/only.ts';

const topology = await loadTopology('seven', ROOT);
const names = topology.machines.map((machine) => machine.name);

withFakeSsh.describe('what lab up records', () => {
  let ssh: FakeSsh;
  let folder = '';
  let facts: EnvironmentFacts;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'recorded-'));
    facts = await labFactsOf('unit', topology, folder);
  });
  afterEach(() => ssh.remove());
  after(() => rmSync(folder, { recursive: true }));

  /** Provisions one machine and gives what was recorded. */
  async function record(state: 'off' | 'running', script: string) {
    ssh = fakeSsh(script);
    const recorder = new TimelineRecorder();
    const machines = topology.machines.filter(({ name }) => name === 'lb1');
    const results = provisionEnvironment(
      ...[fakeEngine(names, state, folder, { bootsAtOnce: 1 }), facts, join(folder, 'logs'), machines],
      ...([() => undefined, {}, recorder] as const),
    );
    await Promise.allSettled(results.values());
    return recorder.stop();
  }
  const short = ({ kind, name, failed }: { kind: string; name: string; failed?: boolean }) =>
    `${kind} ${name}${failed ? ' failed' : ''}`.trim();

  it('of a machine that is off: its turn, its boot, its files, its roles and what they print', async () => {
    const { spans, lines } = await record('off', 'case $word in ask) echo --;; lb) echo "changed: x";; esac');
    expect(spans.map(short)).to.deep.equal([
      ...['turn', 'boot', 'ship', 'role common', 'role lb', 'role router', 'role arbitrator'],
    ]);
    expect(spans.every(({ machine, from, to }) => machine === 'lb1' && to >= from)).to.equal(true);
    expect(spans.find(({ name }) => name === 'lb')?.after).to.deep.equal(['common@lb1']);
    expect(lines.map(({ machine, role, text }) => [machine, role, text])).to.deep.equal([
      ['lb1', 'lb', 'changed: x'],
    ]);
  });

  it('of one that runs: that it answers; a role that failed is told so', async () => {
    const { spans } = await record('running', 'case $word in ask) echo --;; lb) exit 2;; esac');
    expect(spans.map(short)).to.include.members(['ask', 'ship', 'role common', 'role lb failed']);
    expect(spans.map(short)).to.not.include('boot');
  });

  it('of machines that are only started: turns and boots', async () => {
    ssh = fakeSsh('echo --');
    const recorder = new TimelineRecorder();
    const machines = topology.machines.filter(({ name }) => name.startsWith('db'));
    const engine = fakeEngine(names, 'off', folder, { bootsAtOnce: 1 });
    await bootInTurn(engine, machines, afterOf(ROOT), { recorder });
    const { spans } = recorder.stop();
    expect(spans.map(({ machine, kind }) => `${machine} ${kind}`).sort()).to.deep.equal([
      ...['db1 boot', 'db1 turn', 'db2 boot', 'db2 turn'],
    ]);
    const [first, second] = ['db1', 'db2'].map((name) =>
      spans.find((span) => span.machine === name && span.kind === 'boot'),
    );
    expect(second?.from).to.be.at.least(first?.to ?? Number.POSITIVE_INFINITY);
  });
});

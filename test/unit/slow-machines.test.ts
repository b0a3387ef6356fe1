import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../tasks/base/paths.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import { renderStatus } from '../../tasks/cli/commands/status.ts';
import type { EnvironmentFacts } from '../../tasks/environment/provision/context.ts';
import { processorsAllowed } from '../../tasks/host/processors.ts';
import { problemsOf } from '../../tasks/inspect/health.ts';
import { overloadText, watchProcessors, watchWhile } from '../../tasks/inspect/processors.ts';
import { collectStatus } from '../../tasks/inspect/status.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { labFactsOf } from './helpers/lab-facts.ts';
import { withFakeSsh } from './helpers/only.ts';
import { runningMachines } from './helpers/running-machines.ts';

/** What each machine does when it is asked; the others answer at once. */
const SSH = `#!/bin/bash
host=\${@: -2:1}
answer() { printf 'active\\n--\\n--\\nMemTotal: 2048 kB\\nMemAvailable: 1024 kB\\n'; }
case $host in
  web1) [[ -e $0.asked ]] || { : >"$0.asked"; exec sleep 100; } ;;
  web2) exec sleep 100 ;;
  db1) echo 'ssh: connect to host: No route to host' >&2; exit 255 ;;
  db2) echo 'Connection timed out during banner exchange' >&2; exit 255 ;;
esac
answer
`;

withFakeSsh.describe('machines that are slow to answer', () => {
  const path = process.env.PATH;
  let folder = '';
  let facts: EnvironmentFacts;
  /** Seconds in which those who answer at once have done so on this computer, whatever else it does. */
  let enough = 0.5;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'slow-'));
    facts = { ...(await labFactsOf('unit', await loadTopology('seven', ROOT), folder)), roles: new Map() };
    writeFileSync(join(folder, 'ssh'), SSH.replace(/^case[\s\S]*^esac$/m, ''), { mode: 0o755 });
    process.env.PATH = `${folder}:${path}`;
    const begun = performance.now();
    await collectStatus(engine(), { ...facts, factor: 1 }, { again: false, seconds: 60 });
    enough = Math.max(enough, (2.5 * (performance.now() - begun)) / 1000);
  });
  beforeEach(() => {
    setLanguage('en');
    writeFileSync(join(folder, 'ssh'), SSH, { mode: 0o755 });
    process.env.PATH = `${folder}:${path}`;
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(join(folder, 'ssh.asked'), { force: true });
  });
  after(() => rmSync(folder, { recursive: true }));

  const engine = () => runningMachines(facts.topology, join(folder, 'key'));
  const shown = async (factor: number, again = true) => {
    const seconds = factor === 1 ? enough : enough / 2;
    const status = await collectStatus(engine(), { ...facts, factor }, { again, seconds });
    const of = (name: string) => status.machines.find((machine) => machine.name === name);
    return { status, of, problems: problemsOf(status).map(({ en }) => en) };
  };

  it('one that answers when it has more time is there, and its state is known', async () => {
    const { of, status, problems } = await shown(1);
    expect(of('web1')).to.include({ answers: true, slow: true, memoryUsed: 1 });
    expect(of('lb1')).to.include({ answers: true }).and.not.have.property('slow');
    expect(problems).not.to.include('web1 is slow to answer');
    const application = { app: 'sample', why: { en: 'x', fr: 'x' } } as const;
    expect(renderStatus(status, true, application)).to.match(/web1 .* ok, slow to answer /);
  });

  it('on a fast computer the others do not answer', async () => {
    const { of, problems } = await shown(1);
    expect(of('web2')).to.include({ answers: false, slow: false });
    expect(problems).to.include.members([
      'web2 does not answer',
      'db1 does not answer',
      'db2 does not answer',
    ]);
  });

  it('on a slow one who is connected and silent is slow; who cannot be reached is not there', async () => {
    const { of, status, problems } = await shown(3);
    expect(of('web2')).to.include({ answers: false, slow: true });
    expect(problems).to.include.members([
      'web2 is slow to answer',
      'db1 does not answer',
      'db2 is slow to answer',
    ]);
    const application = { app: 'sample', why: { en: 'x', fr: 'x' } } as const;
    expect(renderStatus(status, false, application)).to.match(/web2 .* slow to answer /);
  });

  it('who is polled anyway is asked once', async () => {
    const { of } = await shown(1, false);
    expect(of('web1')).to.include({ answers: false }).and.not.have.property('slow');
  });
});

describe('processors that the machines take', () => {
  it('are watched between two looks; a machine that started again does not count backwards', async () => {
    let looks = 0;
    const times = [
      new Map([
        ['lb1', 10],
        ['db1', 50],
      ]),
      new Map([
        ['lb1', 10.05],
        ['db1', 0.02],
        ['web1', 3],
      ]),
    ];
    const found = await watchProcessors({ processorTime: () => times[looks++] ?? new Map() }, 0.1);
    // A slow computer watches longer.
    expect(found?.taken).to.be.above(0).and.at.most(0.51);
    expect(found?.allowed).to.be.above(0);
    expect(await watchProcessors({}, 0.1)).to.equal(undefined);
    expect(await watchProcessors({ processorTime: () => new Map() }, 0.1)).to.equal(undefined);
  });

  /** Takes so many processors while it is asked, and others at rest; what was done in turn, and what was seen. */
  async function asked(load: (asked: boolean) => number) {
    const done: string[] = [];
    let spent = 0;
    let last = performance.now();
    const processorTime = () => {
      const now = performance.now();
      spent += (load(done.filter((line) => line === 'look').length < 2) * (now - last)) / 1000;
      last = now;
      done.push('look');
      return new Map([['db1', spent]]);
    };
    const work = async () => {
      done.push('ask');
      return 'answers';
    };
    return { done, ...(await watchWhile({ processorTime }, work, 0.05)) };
  }

  it('are watched while the machines are asked', async () => {
    const { done, result, processors } = await asked(() => 0);
    expect(done).to.deep.equal(['look', 'ask', 'look']);
    expect(result).to.equal('answers');
    expect(processors?.taken).to.equal(0);
  });

  it('answering is not taken for overload: what looks so is watched once more at rest', async () => {
    const allowed = processorsAllowed();
    const busy = await asked((answers) => (answers ? 100 * allowed : 0));
    expect(busy.done).to.deep.equal(['look', 'ask', 'look', 'look', 'look']);
    expect(busy.processors?.taken).to.equal(0);
    const full = await asked(() => 100 * allowed);
    expect(full.processors?.taken).to.be.above(allowed);
  });

  it('are said when they are most of what there is, and only then', () => {
    expect(overloadText({ taken: 1.6, allowed: 2 })?.en).to.include('1.6 of the 2 processors');
    expect(overloadText({ taken: 1.6, allowed: 2 })?.fr).to.include('1,6 des 2 processeurs');
    expect(overloadText({ taken: 0.24, allowed: 0.25 })?.en).to.include('0.24 of the 0.25');
    expect(overloadText({ taken: 0.6, allowed: 2, pressure: 0.3 })).to.equal(undefined);
    expect(overloadText({ taken: 0.6, allowed: 2, pressure: 0.9 })?.en).to.include('90 % of the last minute');
  });
});

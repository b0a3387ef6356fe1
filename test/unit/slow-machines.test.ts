import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { render } from '../../tasks/commands/status.ts';
import { ROOT } from '../../tasks/lab/paths.ts';
import type { LabFacts } from '../../tasks/provision/context.ts';
import { collectStatus } from '../../tasks/status/collect.ts';
import { problemsOf } from '../../tasks/status/health.ts';
import { overloadText, watchProcessors } from '../../tasks/status/processors.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { setLanguage } from '../../tasks/ui/text.ts';
import { labFactsOf } from './helpers/lab-facts.ts';
import { runningMachines } from './helpers/running-machines.ts';

/** What each machine does when it is asked; the others answer at once. */
const SSH = `#!/bin/bash
host=\${@: -2:1}
answer() { printf 'active\\n--\\n--\\nMemTotal: 2048 kB\\nMemAvailable: 1024 kB\\n'; }
case $host in
  web1) [[ -e $0.asked ]] || { : >"$0.asked"; exec sleep 20; } ;;
  web2) exec sleep 20 ;;
  db1) echo 'ssh: connect to host: No route to host' >&2; exit 255 ;;
  db2) echo 'Connection timed out during banner exchange' >&2; exit 255 ;;
esac
answer
`;

describe('machines that are slow to answer', () => {
  const path = process.env.PATH;
  let folder = '';
  let facts: LabFacts;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'slow-'));
    facts = { ...(await labFactsOf('unit', await loadTopology('seven', ROOT), folder)), roles: new Map() };
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
    const seconds = factor === 1 ? 0.5 : 0.2;
    const status = await collectStatus(engine(), { ...facts, factor }, { again, seconds });
    const of = (name: string) => status.machines.find((one) => one.name === name);
    return { status, of, problems: problemsOf(status).map(({ en }) => en) };
  };

  it('one that answers when it has more time is there, and its state is known', async function () {
    this.timeout(10_000);
    const { of, status, problems } = await shown(1);
    expect(of('web1')).to.include({ answers: true, slow: true, memoryUsed: 1 });
    expect(of('lb1')).to.include({ answers: true }).and.not.have.property('slow');
    expect(problems).not.to.include('web1 is slow to answer');
    const application = { app: 'sample', why: { en: 'x', fr: 'x' } } as const;
    expect(render(status, true, application)).to.match(/web1 .* ok, slow to answer /);
  });

  it('on a fast computer the others do not answer', async function () {
    this.timeout(10_000);
    const { of, problems } = await shown(1);
    expect(of('web2')).to.include({ answers: false, slow: false });
    expect(problems).to.include.members([
      'web2 does not answer',
      'db1 does not answer',
      'db2 does not answer',
    ]);
  });

  it('on a slow one who is connected and silent is slow; who cannot be reached is not there', async function () {
    this.timeout(10_000);
    const { of, status, problems } = await shown(3);
    expect(of('web2')).to.include({ answers: false, slow: true });
    expect(problems).to.include.members([
      'web2 is slow to answer',
      'db1 does not answer',
      'db2 is slow to answer',
    ]);
    const application = { app: 'sample', why: { en: 'x', fr: 'x' } } as const;
    expect(render(status, false, application)).to.match(/web2 .* slow to answer /);
  });

  it('who is polled anyway is asked once', async function () {
    this.timeout(10_000);
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
    expect(found?.taken).to.be.within(0.2, 0.51);
    expect(found?.allowed).to.be.above(0);
    expect(await watchProcessors({}, 0.1)).to.equal(undefined);
    expect(await watchProcessors({ processorTime: () => new Map() }, 0.1)).to.equal(undefined);
  });

  it('are said when they are most of what there is, and only then', () => {
    expect(overloadText({ taken: 1.6, allowed: 2 })?.en).to.include('1.6 of the 2 processors');
    expect(overloadText({ taken: 1.6, allowed: 2 })?.fr).to.include('1,6 des 2 processeurs');
    expect(overloadText({ taken: 0.24, allowed: 0.25 })?.en).to.include('0.24 of the 0.25');
    expect(overloadText({ taken: 0.6, allowed: 2, pressure: 0.3 })).to.equal(undefined);
    expect(overloadText({ taken: 0.6, allowed: 2, pressure: 0.9 })?.en).to.include('90 % of the last minute');
  });
});

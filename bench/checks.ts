// npm run bench:checks -- --name LAB [--repeat N], on a running lab of seven machines: the checks of bench/checks/equal.json by the kit
// and by pytest-testinfra over ssh (Debian: python3-testinfra), one after the other; then whole commands, to their first line and their end.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../tasks/base/paths.ts';
import { collect, probesByMachine } from '../tasks/exercises/checks/collect.ts';
import type { Expectation } from '../tasks/exercises/checks/expectation.ts';
import { judge } from '../tasks/exercises/checks/judge.ts';
import { allPassed } from '../tasks/exercises/checks/result.ts';
import { Vocabulary } from '../tasks/exercises/checks/vocabulary/index.ts';
import type { LabGuide } from '../tasks/exercises/guides/model.ts';
import { openSession } from '../tasks/exercises/session/session.ts';
import { lab, type Ran } from '../test/e2e/run.ts';
import { load, median } from './meter.ts';

const { values: options } = parseArgs({
  options: { name: { type: 'string', default: 'lab' }, repeat: { type: 'string', default: '3' } },
});

interface Equal {
  machine: string;
  kind: string;
  name?: string;
  port?: number;
  path?: string;
  text?: string;
  command?: string;
}

const checks = JSON.parse(readFileSync(join(ROOT, 'bench/checks/equal.json'), 'utf8')) as Equal[];
const session = await openSession(options.name);
const guide = { id: '00', name: '00-bench', vary: {} } as LabGuide;
const vocabulary = new Vocabulary(session.environment.topology, guide, undefined, session.host);

function expectationOf(check: Equal): Expectation {
  const machine = vocabulary.machine(check.machine);
  switch (check.kind) {
    case 'running':
      return machine.service(check.name ?? '').isRunning();
    case 'enabled':
      return machine.service(check.name ?? '').isEnabled();
    case 'listens':
      return machine.listens(check.port ?? 0);
    case 'contains':
      return machine.file(check.path ?? '').contains(check.text ?? '');
    case 'package':
      return machine.hasPackage(check.name ?? '');
    default:
      return machine.command(check.command ?? '').prints(check.text ?? '');
  }
}

async function kit(): Promise<number> {
  const start = performance.now();
  const expectations = checks.map(expectationOf);
  const facts = await collect(session.engine, probesByMachine(expectations));
  const step = {
    number: 1,
    id: '00.1',
    title: { en: 'equal', fr: 'equal' },
    points: 1,
    after: [],
    hints: [],
    recipe: true,
  };
  const labs = judge(
    [{ lab: { ...guide, title: step.title, steps: [step] }, expectations: new Map([[1, expectations]]) }],
    facts,
  );
  if (!allPassed({ labs }))
    throw new Error(
      JSON.stringify(
        labs[0]?.steps[0]?.findings.filter((finding) => finding.outcome !== 'passed'),
        null,
        1,
      ),
    );
  return (performance.now() - start) / 1000;
}

function testinfra(config: string): number {
  const start = performance.now();
  const run = spawnSync(
    process.env.PYTHON ?? '/usr/bin/python3',
    ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', join(ROOT, 'bench/checks/test_equal.py')],
    {
      env: { ...process.env, LAB_SSH_CONFIG: config },
      encoding: 'utf8',
    },
  );
  if (run.status !== 0) throw new Error(`pytest:\n${run.stdout.slice(-3000)}${run.stderr.slice(-1000)}`);
  return (performance.now() - start) / 1000;
}

const config = join(mkdtempSync(join(tmpdir(), 'bench-')), 'ssh.conf');
writeFileSync(
  config,
  execFileSync(process.execPath, [join(ROOT, 'bin/lab.js'), 'ssh-config', '--name', options.name], {
    encoding: 'utf8',
  }),
);
const before = load();
const [own, theirs]: [number[], number[]] = [[], []];
for (let round = 0; round < Number(options.repeat); round += 1) {
  own.push(await kit());
  theirs.push(testinfra(config));
}
const [a, b] = [median(own), median(theirs)];
console.log(
  `${checks.length} equal checks on ${session.environment.topology.machines.length} machines (${session.engine.name}), load before: ${before}`,
);
console.log(
  `| | runs | median s |\n|---|---|---|\n| the kit | ${own.length} | ${a.toFixed(2)} |\n| pytest-testinfra over ssh | ${theirs.length} | ${b.toFixed(2)} |`,
);
console.log(`ratio ${(b / a).toFixed(1)}`);

console.log('\n| whole command | runs | first line, median s | median s |\n|---|---|---|---|');
// The first one tells how fast the computer is at the moment.
for (const args of [
  ['--help'],
  ['check', '01', '--name', options.name],
  ['check', '05', '--name', options.name],
  ['check', '--name', options.name],
]) {
  const runs: Ran[] = [];
  for (let round = 0; round < 7; round += 1) runs.push(await lab(args));
  const of = (which: 'first' | 'seconds') => median(runs.map((run) => run[which])).toFixed(2);
  console.log(`| lab ${args.join(' ')} | ${runs.length} | ${of('first')} | ${of('seconds')} |`);
}

// npm run bench -- --cost [--lab NAME] [--seconds N] [--settle N] [--top N] [--totals] [--json]
// Counters that do not depend on the hour: what the lab costs at rest, and what `lab up`, `check` and `status` do. The lab is one
// of its own, made and destroyed; --lab takes one that runs, for what does not restart it. --totals: nothing by program, which
// takes a second boot of each kind.

import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { environmentFolder } from '../../tasks/base/paths.ts';
import { lab, type Ran } from '../../test/e2e/run.ts';
import { load } from '../meter.ts';
import { compileCounter } from './starts.ts';
import { machinesTable, programs, summary } from './table.ts';
import { duringBoot, duringRun, type Part, startsOfBoot } from './watch.ts';

const OWN = 'bench';
const note = (line: string) => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);

async function run(...args: string[]): Promise<Ran> {
  const result = await lab(args);
  if (result.code !== 0) throw new Error(`lab ${args.join(' ')} failed:\n${result.output}`);
  return result;
}

const wait = async (seconds: number) => {
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return { code: 0 };
};

export async function costs(args: string[]): Promise<void> {
  const { values: options } = parseArgs({
    args,
    options: {
      cost: { type: 'boolean' },
      lab: { type: 'string' },
      seconds: { type: 'string', default: '60' },
      settle: { type: 'string', default: '60' },
      top: { type: 'string', default: '15' },
      totals: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const name = options.lab ?? OWN;
  const here = ['--name', name];
  if (options.lab && !existsSync(environmentFolder(name))) throw new Error(`There is no lab named ${name}.`);
  const counter = options.totals ? undefined : compileCounter();
  if (!counter && !options.totals) note('Nothing is told by program: that takes gcc.');
  const loadBefore = load();
  const parts: Part[] = [];
  const add = (part: Part) => {
    parts.push(part);
    note(`${part.what}: ${part.seconds.toFixed(1)} s`);
  };
  const up = () => run('up', ...here, '--yes', '--engine', 'uml', '--app', 'sample');
  const again = () => run('up', ...here, '--yes');

  /** Twice, each after `before`: once undisturbed for what it costs, once for what it starts. */
  async function boot(what: string, before: () => Promise<unknown>, work: () => Promise<Ran>): Promise<void> {
    await before();
    const part = await duringBoot(what, name, work);
    add(part);
    if (!counter) return;
    await before();
    parts[parts.length - 1] = { ...part, ...(await startsOfBoot(name, counter, work)) };
  }

  const destroy = () => run('destroy', '--name', OWN, '--yes');
  if (!options.lab) {
    await run('image', 'build', '--yes');
    await boot('first lab up', destroy, up);
    await wait(Number(options.settle));
  }
  add(await duringRun(`at rest, ${options.seconds} s`, name, counter, () => wait(Number(options.seconds))));
  add(await duringRun('lab status', name, counter, () => lab(['status', ...here])));
  add(await duringRun('lab check', name, counter, () => lab(['check', ...here])));
  if (!options.lab) {
    await boot('lab up after halt', () => run('halt', ...here), again);
    await destroy();
  }

  const processors = cpus().length;
  if (options.json) {
    const date = new Date().toISOString().slice(0, 10);
    console.log(JSON.stringify({ date, processors, loadBefore, parts }, null, 2));
    return;
  }
  console.log(
    `${processors} processors, load before: ${loadBefore}. The computer's figures are of all that ran on it.`,
  );
  console.log(`\n${summary(parts)}`);
  for (const part of parts)
    console.log(`\n### ${part.what}\n\n${machinesTable(part)}\n\n${programs(part, Number(options.top))}`);
}

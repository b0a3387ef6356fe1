// npm run bench [-- --cold] [-- --naive] [-- --engine vagrant-libvirt] [-- --repeat N] [-- --json]
// npm run bench -- --studio [--lab NAME] [--only PART,…] [--json]: the live page, how late and how dear (bench/studio/)
// npm run bench -- --cost [--lab NAME] [--json]: counters instead of times (bench/cost/)
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ENGINE_NAMES, type EngineName } from '../tasks/base/engine-names.ts';
import { environmentFolder } from '../tasks/base/paths.ts';
import { lab, type Ran, type RunOptions } from '../test/e2e/run.ts';
import { load, measure, median, type Reading } from './meter.ts';

if (process.argv.includes('--cost')) {
  const { costs } = await import('./cost/main.ts');
  await costs(process.argv.slice(2));
  process.exit();
}

if (process.argv.includes('--studio')) {
  const { studioBench } = await import('./studio/main.ts');
  await studioBench(process.argv.slice(2));
  process.exit();
}

const { values: options } = parseArgs({
  options: {
    cold: { type: 'boolean', default: false },
    naive: { type: 'boolean', default: false },
    engine: { type: 'string', default: 'uml' },
    repeat: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});
const NAME = 'bench';
const engine = options.engine as EngineName;
if (!ENGINE_NAMES.includes(engine)) throw new Error(`--engine is one of ${ENGINE_NAMES.join(', ')}`);
const repeat = Math.max(1, Number(options.repeat));

async function run(args: string[], extra: RunOptions = {}): Promise<Ran> {
  const result = await lab(args, extra);
  if (result.code !== 0) throw new Error(`lab ${args.join(' ')} failed:\n${result.output}`);
  return result;
}

interface Row {
  what: string;
  readings: Reading[];
}
const rows: Row[] = [];
const note = (line: string) => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);

async function row(
  what: string,
  times: number,
  work: () => Promise<unknown>,
  before?: () => Promise<unknown>,
) {
  const readings: Reading[] = [];
  for (let round = 0; round < times; round += 1) {
    await before?.();
    readings.push(await measure(work));
    note(`${what}: ${readings.at(-1)?.seconds.toFixed(2)} s`);
  }
  rows.push({ what, readings });
}

const here = ['--name', NAME];
const up = ['up', ...here, '--yes', '--engine', engine, '--app', 'sample'];
const destroy = () => run(['destroy', ...here, '--yes']);
const loadBefore = load();

await row('lab --help', 7, () => run(['--help']));
if (options.cold) {
  const cache = mkdtempSync(join(tmpdir(), 'lab-bench-'));
  await row('image and kernel, nothing cached', 1, () =>
    run(['image', 'build', '--yes'], { env: { LAB_CACHE: cache } }),
  );
  rmSync(cache, { recursive: true, force: true });
}
await run(['image', 'build', '--yes', ...(engine === 'vagrant-libvirt' ? ['--box'] : [])]);
const few = engine === 'uml' ? repeat : 1;
await row('seven machines booted, no roles', few, () => run([...up, '--no-provision']), destroy);
await row('lab up, image cached', few, () => run(up), destroy);
const disk = Number(
  execFileSync('du', ['-sm', environmentFolder(NAME)], { encoding: 'utf8' }).split('\t')[0],
);
await row('lab up again', repeat, () => run(up.slice(0, 4)));
await row(
  'lab halt',
  few,
  () => run(['halt', ...here]),
  () => run(up.slice(0, 4)),
);
await row(
  'lab up after halt',
  few,
  () => run(up.slice(0, 4)),
  () => run(['halt', ...here]),
);
await row('snapshot save', few, () => run(['snapshot', 'save', ...here, 'bench']));
await row('snapshot restore, to the page again', few, async () => {
  await run(['snapshot', 'restore', ...here, 'bench']);
  await run(up.slice(0, 4));
});
await row('lab destroy', few, destroy, () => run(up));
if (options.naive) {
  const { naiveUp, prepareNaive } = await import('./naive.ts');
  await destroy();
  await run([...up, '--no-provision']);
  await prepareNaive(NAME);
  await row('the naive way, to provisioned machines', 1, () => naiveUp(NAME));
}
await destroy();

const result = {
  engine,
  date: new Date().toISOString().slice(0, 10),
  processors: cpus().length,
  memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  loadBefore,
  diskMiB: disk,
  rows: rows.map(({ what, readings }) => ({
    what,
    runs: readings.length,
    seconds: median(readings.map((reading) => reading.seconds)),
    cpu: median(readings.map((reading) => reading.cpu)),
    memory: Math.max(...readings.map((reading) => reading.memory)),
  })),
};
if (options.json) console.log(JSON.stringify(result, null, 2));
else {
  console.log(
    `Engine ${engine}, ${result.processors} processors, ${result.memory}, load before: ${loadBefore}.`,
  );
  console.log('\n| what | runs | median s | CPU s | peak MiB |\n|---|---|---|---|---|');
  for (const row of result.rows) {
    console.log(
      `| ${row.what} | ${row.runs} | ${row.seconds.toFixed(2)} | ${row.cpu.toFixed(1)} | ${Math.round(row.memory)} |`,
    );
  }
  console.log(`\nDisk of the seven machines after \`lab up\`: ${disk} MiB over the shared base image.`);
}

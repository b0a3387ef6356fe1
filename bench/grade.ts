// npx tsx bench/grade.ts [COUNT]: so many bundles of lab 01 (100), of different students, judged again by `lab grade`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../tasks/base/paths.ts';
import { packBundle } from '../tasks/exercises/grading/bundle.ts';
import { contentOf, newKey } from '../test/unit/helpers/facts.ts';
import { load } from './meter.ts';

const count = Number(process.argv[2] ?? 100);
const folder = mkdtempSync(join(tmpdir(), 'grade-'));
const files: string[] = [];
for (let at = 0; at < count; at += 1) {
  const key = newKey();
  const file = join(folder, `student${at}.lab`);
  writeFileSync(file, packBundle(await contentOf(`student${at}`, { key }), key));
  files.push(file);
}
const before = load();
const start = performance.now();
const outputs = ['csv', 'xlsx', 'html'].flatMap((kind) => [`--${kind}`, join(folder, `class.${kind}`)]);
const run = spawnSync(process.execPath, [join(ROOT, 'bin/lab.js'), 'grade', ...files, ...outputs], {
  encoding: 'utf8',
});
console.log(
  `${count} bundles: ${((performance.now() - start) / 1000).toFixed(2)} s, exit code ${run.status}, load before: ${before}`,
);
console.log(run.stdout.trim().split('\n').at(-1), run.stderr.slice(0, 500));
rmSync(folder, { recursive: true });

// npx tsx bench/grade.ts [COUNT]: so many bundles of lab 01 (100), of different students, handed in to Moodle, judged again by `lab grade`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../tasks/base/paths.ts';
import { honestBundle, STORIES } from '../test/unit/helpers/honest.ts';
import { handInToMoodle } from '../test/unit/helpers/moodle.ts';
import { load } from './meter.ts';

const count = Number(process.argv[2] ?? 100);
const folder = mkdtempSync(join(tmpdir(), 'grade-'));
const stories = Object.values(STORIES);
const bundles: { student: string; bundle: Buffer }[] = [];
for (let at = 0; at < count; at += 1) {
  const student = `student${at}`;
  bundles.push({ student, bundle: await honestBundle(student, stories[at % stories.length] ?? {}) });
}
const class_ = join(folder, 'class');
const worksheet = handInToMoodle(class_, bundles);
const imported = join(folder, 'import.csv');
const before = load();
const start = performance.now();
const outputs = ['csv', 'xlsx', 'html'].flatMap((kind) => [`--${kind}`, join(folder, `class.${kind}`)]);
const moodle = ['--worksheet', worksheet, '--moodle', imported];
const run = spawnSync(process.execPath, [join(ROOT, 'bin/lab.js'), 'grade', class_, ...outputs, ...moodle], {
  encoding: 'utf8',
});
const filled = readFileSync(imported, 'utf8')
  .split('\n')
  .filter((line) => line.includes(',20.00,20.00,')).length;
console.log(
  `${count} bundles: ${((performance.now() - start) / 1000).toFixed(2)} s, exit code ${run.status}, ${filled} grades for Moodle, load before: ${before}`,
);
console.log(run.stdout.trim().split('\n').at(-1), run.stderr.slice(0, 500));
rmSync(folder, { recursive: true });

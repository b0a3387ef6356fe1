// npx tsx bench/replay.ts BUNDLE [COUNT]: one real bundle (`lab check 2 --bundle FILE`, of a student's lab) becomes those of a class of so
// many (3), each with his own values, marks and record, which `lab grade --replay` builds again: what one more student of a lab costs.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../tasks/base/paths.ts';
import { factsDigest } from '../tasks/exercises/checks/probe.ts';
import { packBundle, unpackBundle } from '../tasks/exercises/grading/bundle.ts';
import type { BundleContent } from '../tasks/exercises/grading/content.ts';
import type { Grade } from '../tasks/exercises/grading/grade.ts';
import { labNamed } from '../tasks/exercises/guides/load.ts';
import { variedValue } from '../tasks/exercises/guides/values.ts';
import { markOf } from '../tasks/exercises/session/start.ts';
import { begunRecord, labs, newKey, note } from '../test/unit/helpers/facts.ts';
import { load } from './meter.ts';

const [file = '', count = '3'] = process.argv.slice(2);
const real = unpackBundle(file, readFileSync(file)).content;
const lab = labNamed(labs, real.asked[0] ?? '');

/** The values of the real student, where they stand as a word of their own, become those of another one. */
function revalued(text: string, student: string): string {
  return Object.entries(lab.vary).reduce((all, [name, vary]) => {
    const of = (whose: string | undefined) => variedValue(vary, lab.id, name, whose);
    return all.replace(new RegExp(`\\b${of(real.student)}\\b`, 'g'), of(student));
  }, text);
}

/** Another value of the same form: what no two labs have in common. */
const another = (value: string, student: string): string => {
  const digits = createHash('sha256').update(`${student} ${value}`).digest('hex');
  let at = 0;
  return value.replace(/[0-9a-f]/gi, () => digits[at++ % digits.length] ?? '0');
};

/** What this student would have handed in, had he done the same. */
function ofStudent(student: string): Buffer {
  const key = newKey();
  const { history, anchors } = begunRecord(student, key);
  note(history, { kind: 'start', what: lab.id }, real.created);
  const facts = JSON.parse(revalued(JSON.stringify(real.facts), student)) as BundleContent['facts'];
  for (const [name, { identity, files }] of Object.entries(facts.machines)) {
    for (const word of ['boot', 'machine_id', 'host_key', 'galera', 'drbd'])
      if (identity[word]) identity[word] = another(identity[word], student);
    if (identity.hostname)
      Object.assign(identity, { mark: markOf(student, name), record: anchors.join(' ') });
    for (const carried of Object.values(files ?? {})) {
      const text = Buffer.from(carried.data, 'base64').toString('latin1');
      carried.data = Buffer.from(revalued(text, student), 'latin1').toString('base64');
    }
  }
  note(history, { kind: 'check', what: lab.id, facts: factsDigest(facts) }, real.created);
  return packBundle({ ...real, student, facts, history }, key);
}

const folder = mkdtempSync(join(tmpdir(), 'replay-'));
for (let at = 0; at < Number(count); at += 1)
  writeFileSync(join(folder, `student${at}.lab`), ofStudent(`student${at}`));

/** Judges the class, and what it took, with the load of before. */
function graded(...words: string[]): { grades: Grade[]; took: string } {
  const before = load();
  const start = performance.now();
  const words_ = [join(ROOT, 'bin/lab.js'), 'grade', folder, '--json', ...words];
  const { stdout, stderr } = spawnSync(process.execPath, words_, {
    ...{ encoding: 'utf8' as const, maxBuffer: 2 ** 28 },
    env: { ...process.env, LAB_LANG: 'en' },
  });
  if (!stdout) throw new Error(stderr);
  const took = `${((performance.now() - start) / 1000).toFixed(1)} s, load before ${before}`;
  return { grades: (JSON.parse(stdout) as { grades: Grade[] }).grades, took };
}

const facts = graded();
console.log(`lab ${lab.id}, ${count} bundles by their facts: ${facts.took}`);
const built = graded('--replay');
for (const { student, earned, possible, replay, flags } of built.grades)
  console.log(student, `${earned}/${possible}`, JSON.stringify(replay), flags.map(({ kind }) => kind).join());
console.log(`${count} bundles built again: ${built.took}`);
const again = graded('--replay');
console.log(`the same class once more, with what was kept: ${again.took}`);
rmSync(folder, { recursive: true });

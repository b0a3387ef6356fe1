// docs/drills.csv, one line for each drill that was kept, and the tables that are made from it:
//   npx tsx bench/drills.ts add LAB...    adds what these labs recorded and is not in it yet
//   npx tsx bench/drills.ts table [TEXT]  Markdown: a row for each fault, and the sums; of lines with TEXT (a date, an engine)
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentFolder, ROOT } from '../tasks/base/paths.ts';
import { type DrillResult, KINDS } from '../tasks/measure/drill/model.ts';
import { median } from '../tasks/measure/drill/samples.ts';
import { listResults, readResult } from '../tasks/measure/drill/store.ts';
import { redundancyOf } from '../tasks/measure/drill/summary.ts';

const LEDGER = join(ROOT, 'docs', 'drills.csv');
const NUMBERS = [...KINDS, 'failed', 'acknowledged', 'lost', 'redundant', 'load', 'busy'] as const;
const COLUMNS = [
  ...['id', 'begun', 'kit', 'engine', 'app', 'seed', 'fault', 'machine', 'of', 'held'],
  ...NUMBERS,
  ...['verdict', 'over'],
];
type Line = Record<string, string>;

/** Seconds before the fault in which the share of busy processors is taken. */
const BEFORE = 5;

function lineOf(result: DrillResult): Line {
  const { fault, times, writes, conditions } = result;
  const before = conditions.busy.filter(({ at }) => at <= times.fault && at > times.fault - BEFORE);
  const sum = (values: number[]) => String(values.reduce((total, value) => total + value, 0));
  const over = result.judgements
    .filter((judgement) => judgement.verdict === 'fail')
    .map((judgement) => judgement.budget);
  return {
    id: result.id,
    begun: result.begun.slice(0, 19),
    kit: result.kit,
    engine: result.engine,
    app: result.app,
    seed: String(result.seed ?? ''),
    fault: fault.kind,
    machine: fault.machine,
    of: fault.service ?? fault.peer ?? fault.switch ?? fault.with?.join(' ') ?? '',
    held: fault.held.join(' '),
    ...Object.fromEntries(
      KINDS.map((kind) => [
        kind,
        result.kinds.find((result) => result.kind === kind)?.longest.toFixed(2) ?? '',
      ]),
    ),
    failed: sum(result.kinds.map((kind) => kind.failed)),
    acknowledged: sum(writes.map((write) => write.acknowledged)),
    // What could not be read back is not known to be there.
    lost: writes.every((write) => write.readBack) ? sum(writes.map((write) => write.lost.length)) : '?',
    redundant: redundancyOf(result)?.toFixed(0) ?? '',
    load: conditions.load.toFixed(1),
    busy: before.length > 0 ? median(before.map(({ share }) => share)).toFixed(2) : '',
    verdict: result.verdict,
    over: [...new Set(over)].join(' '),
  };
}

function readLedger(): Line[] {
  if (!existsSync(LEDGER)) return [];
  const [head = '', ...rows] = readFileSync(LEDGER, 'utf8').trim().split('\n');
  const names = head.split(',');
  return rows.map((row) => {
    const cells = row.split(',');
    return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
  });
}

async function add(labs: string[]): Promise<void> {
  const lines = new Map(readLedger().map((line) => [line.id, line]));
  const before = lines.size;
  for (const lab of labs) {
    for (const id of await listResults(environmentFolder(lab))) {
      const result = lines.has(id) ? undefined : await readResult(environmentFolder(lab), id);
      if (result) lines.set(id, lineOf(result));
    }
  }
  const rows = [...lines.values()].sort((a, b) => ((a.begun ?? '') < (b.begun ?? '') ? -1 : 1));
  const text = [COLUMNS, ...rows.map((line) => COLUMNS.map((name) => line[name] ?? ''))];
  writeFileSync(LEDGER, `${text.map((cells) => cells.join(',')).join('\n')}\n`);
  console.log(`${lines.size - before} added, ${lines.size} in all`);
}

const numbers = (lines: Line[], name: string) =>
  lines.flatMap((line) => (/^[\d.]+$/.test(line[name] ?? '') ? [Number(line[name])] : []));
const total = (lines: Line[], name: string) => numbers(lines, name).reduce((sum, value) => sum + value, 0);

function table(lines: Line[]): void {
  const groups = new Map<string, Line[]>();
  for (const line of lines) {
    const name = [line.fault, line.machine, line.of].join(' ').trim();
    groups.set(name, [...(groups.get(name) ?? []), line]);
  }
  const head = [
    'fault',
    'drills',
    'page',
    'session',
    'row',
    'upload',
    'large',
    'failed',
    'lost',
    'redundant',
    'pass',
  ];
  console.log(`| ${head.join(' | ')} |\n|${'---|'.repeat(head.length)}`);
  for (const [name, group] of groups) {
    const of = (what: string, digits: number) => {
      const values = numbers(group, what);
      return values.length > 0 ? median(values).toFixed(digits) : '?';
    };
    const cells = [
      ...[name, String(group.length)],
      ...['page.new', 'session', 'row', 'upload', 'large'].map((what) => of(what, 1)),
      ...[of('failed', 0), group.some(({ lost }) => lost === '?') ? '?' : String(total(group, 'lost'))],
      ...[
        of('redundant', 0),
        `${group.filter(({ verdict }) => verdict === 'pass').length} of ${group.length}`,
      ],
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
  const unread = lines.filter(({ lost }) => lost === '?').length;
  const seeds = [...new Set(lines.flatMap(({ seed }) => (seed ? [seed] : [])))];
  console.log(
    `\n${lines.length} drills, ${total(lines, 'acknowledged')} acknowledged writes, ${total(lines, 'lost')} lost` +
      `${unread > 0 ? `, ${unread} drills not read back` : ''}${seeds.length > 0 ? `; seeds ${seeds.join(', ')}` : ''}.`,
  );
}

const [action, ...words] = process.argv.slice(2);
if (action === 'add' && words.length > 0) await add(words);
else if (action === 'table')
  table(
    readLedger().filter((line) =>
      words.every((word) => Object.values(line).some((name) => name.includes(word))),
    ),
  );
else throw new Error('add LAB..., or table [TEXT]');

import { NOTHING, sum } from './counters.ts';
import { type ByName, byName, type Start } from './starts.ts';
import type { Part } from './watch.ts';

const row = (cells: (string | number)[]) => `| ${cells.join(' | ')} |`;
const head = (cells: string[]) => [row(cells), `|${cells.map(() => '---|').join('')}`];
const seconds = (value: number | undefined) => (value === undefined ? '' : value.toFixed(1));

/** Processor seconds of the computer that all machines took; undefined when the engine cannot tell. */
function hostSeconds({ machines }: Part): number | undefined {
  const known = Object.values(machines).flatMap(({ host }) => (host === undefined ? [] : [host]));
  return known.length > 0 ? known.reduce((total, value) => total + value, 0) : undefined;
}

/** One line for each part: what is compared before and after a change. */
export function summary(parts: Part[]): string {
  return [
    ...head([
      'part',
      's',
      'process starts in machines',
      'page faults in machines',
      'CPU s of the machines',
      'process starts on the computer',
      'CPU s of the computer',
    ]),
    ...parts.map((part) => {
      const all = sum(Object.values(part.machines));
      return row([
        part.what + (part.code === 0 ? '' : ` (exit code ${part.code})`),
        seconds(part.seconds),
        all.processes,
        all.faults,
        seconds(hostSeconds(part) ?? all.cpu),
        part.computer.processes,
        seconds(part.computer.cpu),
      ]);
    }),
  ].join('\n');
}

/** One part by machine. */
export function machinesTable(part: Part): string {
  const lines = Object.entries(part.machines).map(([name, cost]) =>
    row([name, cost.processes, cost.faults, seconds(cost.cpu), seconds(cost.host)]),
  );
  const all = sum(Object.values(part.machines));
  const { computer = NOTHING } = part;
  return [
    ...head(['', 'process starts', 'page faults', 'CPU s by its own clock', 'CPU s of the computer']),
    ...lines,
    row(['all machines', all.processes, all.faults, seconds(all.cpu), seconds(hostSeconds(part))]),
    row(['the computer', computer.processes, computer.faults, '', seconds(computer.cpu)]),
  ].join('\n');
}

const KINDS: [Start['kind'], string][] = [
  ['fork', 'processes started by'],
  ['exec', 'programs executed'],
  ['thread', 'threads started by'],
];

/** The names that come first, `most` of each kind; empty when nothing was counted. */
export function programs({ starts, before }: Pick<Part, 'starts' | 'before'>, most: number): string {
  if (!starts) return '';
  const where = ({ machines }: ByName) => machines.map(([name, count]) => `${name} ${count}`).join(', ');
  const blocks = KINDS.flatMap(([kind, title]) => {
    const names = byName(starts, kind);
    if (names.length === 0) return [];
    const rest = names.slice(most).reduce((total, { count }) => total + count, 0);
    const lines = names.slice(0, most).map((name) => row([name.name, name.count, where(name)]));
    if (rest > 0) lines.push(row([`${names.length - most} others`, rest, '']));
    if (kind === 'fork' && before) {
      const list = Object.entries(before).map(([name, count]): [string, number] => [name, count]);
      const count = list.reduce((total, [, starts]) => total + starts, 0);
      lines.push(
        row(['boot, before ssh answered (threads too)', count, where({ name: '', count, machines: list })]),
      );
    }
    return [...head([title, 'times', 'where']), ...lines].join('\n');
  });
  const lost = byName(starts, 'lost').reduce((total, { count }) => total + count, 0);
  if (lost > 0) blocks.push(`Events were lost ${lost} times: these are lower limits.`);
  return blocks.join('\n\n');
}

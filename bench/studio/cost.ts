import type { Engine } from '../../tasks/engines/engine.ts';
import { hostNamed, runRemote } from '../../tasks/remote/ssh.ts';
import { going } from '../../test/e2e/studio-page.ts';
import { median } from '../meter.ts';
import { pause, processMiB, processSeconds, type Row } from './measure.ts';

/** Seconds until machines and watcher have settled after somebody began, or stopped, to look. */
const SETTLE = 15;

/** MiB (Pss) of what watches on a machine: all in the session of machine.sh, and not this question, whose words have its name as well. */
const MEMORY = `
for stat in /proc/[0-9]*/stat; do
  pid=\${stat#/proc/}; pid=\${pid%/stat}
  tr '\\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q ' lab-wat[c]h ' || continue
  read -r line <"$stat"; set -- \${line##*) }; echo "$4"
done | sort -u | while read -r session; do
  for stat in /proc/[0-9]*/stat; do
    pid=\${stat#/proc/}; pid=\${pid%/stat}
    { read -r line <"$stat"; } 2>/dev/null || continue
    set -- \${line##*) }
    [ "$4" = "$session" ] || continue
    awk '/^Pss:/ { sum += $2 } END { print sum }' "/proc/$pid/smaps_rollup"
  done
done 2>/dev/null | awk '{ sum += $1 } END { print sum / 1024 }'
`;

/** What a machine takes more while it is watched, in windows with and without, one after the other. */
export async function costOfWatching(
  name: string,
  engine: Engine,
  { rounds, seconds, note }: { rounds: number; seconds: number; note: (line: string) => void },
): Promise<Row[]> {
  const busy = async (): Promise<Map<string, number>> => {
    const before = engine.processorTime?.() ?? new Map<string, number>();
    await pause(seconds * 1000);
    const after = engine.processorTime?.() ?? new Map<string, number>();
    return new Map(
      [...after].map(([machine, now]) => [machine, (now - (before.get(machine) ?? now)) / seconds]),
    );
  };
  const more = new Map<string, number[]>();
  const memory: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const without = await busy();
    const watch = going(['watch', '--name', name, '--json']);
    await watch.line(/"what":"snapshot"/);
    await pause(SETTLE * 1000);
    const watched = await busy();
    if (round === 0)
      for (const host of await engine.sshHosts()) {
        const said = await runRemote(hostNamed([host], host.Host), MEMORY, { timeout: 120 });
        memory.push(Number(said.stdout));
        note(`${host.Host}: ${Number(said.stdout).toFixed(1)} MiB`);
      }
    await watch.end();
    // The watcher itself goes on for ten seconds.
    await pause((SETTLE + 10) * 1000);
    for (const [machine, share] of watched)
      more.set(machine, [...(more.get(machine) ?? []), share - (without.get(machine) ?? 0)]);
  }
  const medians = [...more].map(([machine, values]) => ({ machine, value: median(values) }));
  note(medians.map(({ machine, value }) => `${machine} ${(value * 100).toFixed(2)} %`).join(', '));
  const mean = medians.reduce((sum, { value }) => sum + value, 0) / medians.length;
  const most = Math.max(...medians.map(({ value }) => value));
  return [
    {
      ...{ what: 'watching: processor of a machine', target: '≤ 0.3 %', kept: mean <= 0.003 },
      found: `${(mean * 100).toFixed(2)} % on average, ${(most * 100).toFixed(2)} % at most`,
      how: `${rounds} pairs of ${seconds} s with and without, medians of the differences; of one processor of this computer`,
    },
    {
      ...{
        what: 'watching: memory of a machine',
        target: '≤ 6 MB',
        kept: Math.max(...memory) * 1.048576 <= 6,
      },
      found: `${(Math.max(...memory) * 1.048576).toFixed(1)} MB at most`,
      how: 'Pss of what runs in the session of machine.sh',
    },
  ];
}

/** What the server takes while a page is open and nothing happens, and the watcher with it. */
export async function costOfServer(
  server: number,
  watcher: number | undefined,
  seconds: number,
): Promise<Row[]> {
  const pids = { 'the server': server, ...(watcher === undefined ? {} : { 'the watcher': watcher }) };
  const before = Object.values(pids).map(processSeconds);
  await pause(seconds * 1000);
  return Object.entries(pids).flatMap(([what, pid], index): Row[] => {
    const share = (processSeconds(pid) - (before[index] ?? 0)) / seconds;
    const mb = processMiB(pid) * 1.048576;
    return [
      {
        ...{ what: `${what}: processor at rest`, target: '≤ 2 %', kept: share <= 0.02 },
        ...{ found: `${(share * 100).toFixed(2)} %`, how: `${seconds} s with a page open` },
      },
      {
        ...{ what: `${what}: memory`, target: '≤ 90 MB', kept: mb <= 90 },
        ...{ found: `${mb.toFixed(0)} MB`, how: 'Pss' },
      },
    ];
  });
}

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { runRemote, type SshHost } from '../../tasks/remote/ssh.ts';

/** How often something was started, by name (bench/cost/count-starts.c). */
export interface Start {
  kind: 'fork' | 'thread' | 'exec' | 'lost';
  count: number;
  name: string;
}

export function parseStarts(text: string): Start[] {
  return [...text.matchAll(/^(fork|thread|exec|lost) (\d+) (.+)$/gm)].map(
    ([, kind = '', count = '', name = '']) => ({ kind: kind as Start['kind'], count: Number(count), name }),
  );
}

export interface ByName {
  name: string;
  count: number;
  /** Of which machines, the busiest first. */
  machines: [string, number][];
}

/** Starts of one kind by name over all machines, the most frequent first. */
export function byName(starts: Record<string, Start[]>, kind: Start['kind']): ByName[] {
  const names = new Map<string, ByName>();
  for (const [machine, all] of Object.entries(starts)) {
    for (const { name, count } of all.filter((start) => start.kind === kind)) {
      const program = names.get(name) ?? { name, count: 0, machines: [] };
      program.count += count;
      program.machines.push([machine, count]);
      names.set(name, program);
    }
  }
  for (const name of names.values()) name.machines.sort(([, a], [, b]) => b - a);
  return [...names.values()].sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

/** The counting program for the machines; undefined when the computer has no gcc, or one that cannot make it. */
export function compileCounter(): Buffer | undefined {
  if (spawnSync('gcc', ['--version']).status !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'lab-bench-'));
  try {
    const program = join(folder, 'count-starts');
    // The machines may have another C library, or none for programs that are not theirs.
    const source = join(import.meta.dirname, 'count-starts.c');
    execFileSync('gcc', ['-O2', '-static', '-o', program, source], { stdio: 'pipe' });
    return readFileSync(program);
  } catch (error) {
    console.error(`count-starts.c: ${(error as Error).message}`);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const PLACE = '/var/tmp/lab-count-starts';

/** Seconds for the program to get there and begin: a machine that boots has other things to do. */
const TIMEOUT = 300;

/** Counts on a machine from now until the function that it returns is called; throws when the machine cannot. */
export async function countOn(host: SshHost, program: Buffer): Promise<() => Promise<Start[]>> {
  const sent = await runRemote(host, `cat >${PLACE} && chmod 700 ${PLACE}`, {
    input: program,
    timeout: TIMEOUT,
  });
  if (sent.code !== 0) throw new Error(`${host.Host}: ${sent.stderr}`);
  const input = new PassThrough();
  let counting = (): void => undefined;
  const ready = new Promise<void>((resolve) => {
    counting = resolve;
  });
  const ran = runRemote(host, PLACE, { input, onLine: (line) => line === 'ready' && counting() });
  const ended = ran.then((result) => {
    throw new Error(`${host.Host}: count-starts ended with ${result.code}: ${result.stderr}`);
  });
  await Promise.race([ready, ended]);
  ended.catch(() => undefined);
  return async () => {
    input.end();
    const result = await ran;
    await runRemote(host, `rm -f ${PLACE}`, { timeout: TIMEOUT });
    if (result.code !== 0) throw new Error(`${host.Host}: ${result.code} ${result.stderr}`);
    return parseStarts(result.stdout);
  };
}

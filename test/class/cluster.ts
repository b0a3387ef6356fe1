import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTool } from '../../tasks/base/exec.ts';

const root = join(import.meta.dirname, '../..');
const script = join(import.meta.dirname, 'cluster.sh');

/** Why no cluster can be made here; undefined when one can. */
export function whyNoCluster(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'a cluster of namespaces is made by root on Linux only (sudo npm run test:class)';
  const missing = ['sbatch', 'slurmctld-wlm', 'slurmd-wlm', 'munged', 'unshare', 'nsenter'].filter(
    (tool) => !findTool(tool),
  );
  return missing.length === 0
    ? undefined
    : `Slurm is not installed (${missing.join(', ')}): bash bin/setup.sh class, or apt-get install slurm-wlm munge`;
}

export interface Printed {
  code: number;
  out: string;
  err: string;
}

const run = (program: string, args: string[]): Promise<Printed> =>
  new Promise((resolve) =>
    execFile(program, args, { maxBuffer: 64 << 20 }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, out, err }),
    ),
  );

/** A lab as `lab class status --json` tells it. */
export interface Seen {
  student: string;
  condition: string;
  server?: string;
  restarts?: number;
  saved?: number;
}

/** A real Slurm on this computer (cluster.sh), and a class on it. */
export class TestCluster {
  readonly folder = mkdtempSync('/var/tmp/class-test-');

  get shared(): string {
    return join(this.folder, 'shared');
  }

  async must(verb: string, ...words: string[]): Promise<string> {
    const { code, out, err } = await run('bash', [script, verb, this.folder, ...words]);
    if (code !== 0) throw new Error(`cluster.sh ${verb} ${words.join(' ')}: ${err || out}`);
    return out;
  }

  start = (...servers: string[]) => this.must('start', ...servers);

  /** The first process of a node, as this computer numbers it. */
  pidOf = async (node: string) => Number(readFileSync(join(this.folder, node, 'pid'), 'utf8'));

  /** Address of the controller. */
  get address(): string {
    return /^(\S+) ctl$/m.exec(readFileSync(join(this.folder, 'hosts'), 'utf8'))?.[1] ?? '';
  }

  /** The process of a front itself, below the one that entered the controller. */
  processOf(front: ChildProcess): number {
    const tree = [front.pid ?? 0];
    for (const pid of tree) {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
      tree.push(...children.split(' ').filter(Boolean).map(Number));
    }
    const node = tree.findLast((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('lab.js'));
    if (node === undefined) throw new Error('the front does not run');
    return node;
  }

  /** Kills a front as a computer does that loses its power. */
  async killFront(front: ChildProcess): Promise<void> {
    const gone = new Promise((resolve) => front.once('exit', resolve));
    process.kill(this.processOf(front), 'SIGKILL');
    await gone;
  }

  /** ms of a processor that a front has taken until now, with what it has started. */
  costOf(front: ChildProcess): number {
    const stat = readFileSync(`/proc/${this.processOf(front)}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    // utime, stime, cutime and cstime, in hundredths of a second.
    return fields.slice(11, 15).reduce((sum, ticks) => sum + ticks, 0) * 10;
  }

  /** Serves the page of a class on the controller, until the process is ended; resolves once it can be asked. */
  async front(klass: string, ...words: string[]): Promise<ChildProcess> {
    const child = spawn('bash', [
      ...[script, 'in', this.folder, 'ctl', 'env', `LAB_CLASS=${join(this.shared, klass)}`, 'LAB_LANG=en'],
      ...[
        'node',
        join(root, 'bin/lab.js'),
        'class',
        'open',
        '--host',
        'ctl',
        '--listen',
        '0.0.0.0',
        ...words,
      ],
    ]);
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => {
        said += String(data);
      });
    const since = Date.now();
    while (!said.includes('https://ctl')) {
      if (child.exitCode !== null || Date.now() - since > 60_000) throw new Error(`no front: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return child;
  }
  stop = () => run('bash', [script, 'stop', this.folder]);

  /** A command of the kit on the controller, as a teacher types it. */
  lab(klass: string, ...words: string[]): Promise<Printed> {
    return run('bash', [
      ...[script, 'in', this.folder, 'ctl', 'env', `LAB_CLASS=${join(this.shared, klass)}`, 'LAB_LANG=en'],
      ...['node', join(root, 'bin/lab.js'), 'class', ...words],
    ]);
  }

  /** A command on a node as the teacher. */
  on(node: string, ...words: string[]): Promise<Printed> {
    return run('bash', [script, 'in', this.folder, node, ...words]);
  }

  async mustLab<T>(klass: string, ...words: string[]): Promise<T> {
    const { code, out, err } = await this.lab(klass, ...words, '--json');
    if (code !== 0) throw new Error(`lab class ${words.join(' ')}: ${err || out}`);
    return JSON.parse(out) as T;
  }

  async status(klass: string): Promise<Seen[]> {
    const { out, err } = await this.lab(klass, 'status', '--json');
    if (out === '') throw new Error(err);
    return (JSON.parse(out) as { labs: Seen[] }).labs;
  }

  /** Looks until all labs are as wanted; returns ms that it took. */
  async until(klass: string, good: (all: Seen[]) => boolean, seconds: number): Promise<number> {
    const since = Date.now();
    for (;;) {
      const all = await this.status(klass);
      if (good(all)) return Date.now() - since;
      if (Date.now() - since > seconds * 1000)
        throw new Error(`not so after ${seconds} s: ${JSON.stringify(all.slice(0, 10))}`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  /** What was saved last of a lab: the work of its student, line by line. */
  saved(klass: string, student: string, folder = 'saved'): string[] {
    const newest = this.savedNames(klass, student, folder).at(-1);
    return newest === undefined
      ? []
      : readFileSync(join(this.shared, klass, 'labs', student, folder, newest), 'utf8')
          .trim()
          .split('\n');
  }

  savedNames(klass: string, student: string, folder = 'saved'): string[] {
    const path = join(this.shared, klass, 'labs', student, folder);
    return existsSync(path) ? readdirSorted(path).filter((name) => name.endsWith('.saved')) : [];
  }
}

const readdirSorted = (path: string) => readdirSync(path).sort();

export const roster = (count: number): string =>
  [
    '"First name","Last name","Email address",Groups',
    ...Array.from({ length: count }, (_, at) => `"Student","${at + 1}","s${at + 1}@example.org","A, B"`),
  ].join('\n');

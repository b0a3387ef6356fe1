import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Folders of administrators' tools, which are not in the PATH of Debian's ordinary users. */
const SYSTEM_FOLDERS = process.platform === 'win32' ? [] : ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Folders of programs that their installers on Windows and macOS do not always put in the PATH. */
function ownFolders(name: string): string[] {
  if (name !== 'VBoxManage') return [];
  const { VBOX_MSI_INSTALL_PATH, VBOX_INSTALL_PATH, ProgramFiles } = process.env;
  return [
    VBOX_MSI_INSTALL_PATH,
    VBOX_INSTALL_PATH,
    ...(process.platform === 'win32' && ProgramFiles ? [join(ProgramFiles, 'Oracle', 'VirtualBox')] : []),
    ...(process.platform === 'darwin' ? ['/Applications/VirtualBox.app/Contents/MacOS'] : []),
  ].filter((folder) => folder !== undefined);
}

/** Path of a command, or undefined. Looks where the PATH says, then in the system's folders, then in the program's own. */
export function findTool(name: string): string | undefined {
  const extensions = process.platform === 'win32' ? ['.exe', '.cmd', '.bat'] : [''];
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS, ...ownFolders(name)];
  for (const folder of folders) {
    if (folder === '') continue;
    for (const extension of extensions) {
      const file = join(folder, name + extension);
      try {
        accessSync(file, constants.X_OK);
        if (statSync(file).isFile()) return file;
      } catch {
        // Not here: the next folder.
      }
    }
  }
  return undefined;
}

/** How a program ended. */
export interface Ended {
  /** Exit code; undefined when it could not be started or was ended by a signal. */
  code: number | undefined;
  stdout: string;
  stderr: string;
  /** True when there is no such program, or it may not be started. */
  missing: boolean;
  /** True when it was ended because its time was over. */
  timedOut: boolean;
}

/** All that a program printed: its output, then its errors. */
export const outputOf = ({ stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>): string => stdout + stderr;

export interface ProgramOptions {
  cwd?: string;
  /** Added to this process's own variables. */
  env?: Record<string, string>;
  /** What it has at its standard input; nothing by default. */
  input?: Buffer | string;
  /** Called with each line of both streams as it arrives. */
  onLine?: (line: string) => void;
  /** Ends the program. */
  signal?: AbortSignal;
  /** Seconds after which it is killed, whatever it does; what it had started is not waited for. No limit by default. */
  seconds?: number;
}

/** Runs a program of this computer; a test gives one that plays recordings back. */
export type RunProgram = (program: string, args: string[], options?: ProgramOptions) => Promise<Ended>;

/**
 * Runs a program in the C locale until it ends, on any system without a shell between, and never throws. Where it is, findTool
 * knows.
 */
export const runProgram: RunProgram = (program, args, { cwd, env, input, onLine, signal, seconds } = {}) =>
  new Promise((resolve) => {
    const child = spawn(findTool(program) ?? program, args, {
      ...(cwd === undefined ? {} : { cwd }),
      ...(signal ? { signal } : {}),
      env: { ...process.env, LC_ALL: 'C', ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      windowsHide: true,
    }) as ChildProcessByStdio<Writable | null, Readable, Readable>;
    const ended: Ended = { code: undefined, stdout: '', stderr: '', missing: false, timedOut: false };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        ended[name] += chunk;
      });
      if (onLine) createInterface({ input: child[name] }).on('line', onLine);
    }
    const end = () => {
      ended.timedOut = true;
      child.kill('SIGKILL');
      // What it had started may hold them open.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = seconds === undefined ? undefined : setTimeout(end, seconds * 1000);
    child.on('error', () => {
      // One that `signal` ends has started: its end is waited for.
      if (child.pid !== undefined) return;
      clearTimeout(timer);
      resolve({ ...ended, missing: true });
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ ...ended, code: code ?? undefined });
    });
    // One that ends early reads nothing.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });

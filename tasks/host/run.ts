import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** How a probe's command ended. */
export interface Ran {
  /** Exit code; undefined when it could not be started or was ended by a signal. */
  code: number | undefined;
  output: string;
  /** True when it was ended because its time was over. */
  timedOut: boolean;
}

/** Folders of administrators' tools, which are not in the PATH of Debian's ordinary users. */
const SYSTEM_FOLDERS = process.platform === 'win32' ? [] : ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Path of a command, or undefined. Looks where the PATH says, then in the system's folders. */
export function findTool(name: string): string | undefined {
  const extensions = process.platform === 'win32' ? ['.exe', '.cmd', '.bat'] : [''];
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS]) {
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

/** Runs a command for at most `seconds` and never throws; standard output and error come back together. */
export function run(command: string, args: string[], seconds: number): Promise<Ran> {
  return new Promise((resolve) => {
    const options = {
      timeout: seconds * 1000,
      killSignal: 'SIGKILL',
      maxBuffer: 4 << 20,
      env: { ...process.env, LC_ALL: 'C' },
      windowsHide: true,
    } as const;
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : undefined) : 0;
      resolve({ code, output: `${stdout}${stderr}`, timedOut: error?.killed === true });
    });
    child.stdin?.end();
  });
}

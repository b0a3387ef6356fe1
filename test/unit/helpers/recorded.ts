import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ended, RunProgram } from '../../../tasks/base/exec.ts';

interface Recording extends Ended {
  program: string;
  args: string[];
}

/**
 * Recordings of programs (test/fixtures/recorded/FILE), in the order in which they ran. A line each: `$` the program and its arguments,
 * separated by tabs; `?` its exit code, `-` when it was missing; `1` a line of its output, `2` one of its errors.
 */
export function readRecordings(file: string): Recording[] {
  const recordings: Recording[] = [];
  const text = readFileSync(join(import.meta.dirname, '../../fixtures/recorded', file), 'utf8');
  for (const line of text.split('\n')) {
    const [sign, rest] = [line[0], line.slice(2)];
    const last = recordings.at(-1);
    if (sign === '$') {
      const [program = '', ...args] = rest.split('\t');
      recordings.push({
        ...{ program, args, code: undefined, stdout: '', stderr: '' },
        ...{ missing: false, timedOut: false },
      });
    } else if (last && sign === '?') {
      last.missing = rest === '-';
      last.code = last.missing ? undefined : Number(rest);
    } else if (last && sign === '1') last.stdout += `${rest}\n`;
    else if (last && sign === '2') last.stderr += `${rest}\n`;
  }
  return recordings;
}

/** Plays a file of recordings back; `asked` has every command line that was run. */
export function player(file: string): { run: RunProgram; asked: string[] } {
  const left = readRecordings(file);
  const asked: string[] = [];
  const run: RunProgram = async (program, args, options) => {
    asked.push([program, ...args].join(' '));
    const at = left.findIndex(
      (recording) => recording.program === program && recording.args.join('\t') === args.join('\t'),
    );
    if (at < 0) throw new Error(`never recorded: ${asked.at(-1)}`);
    // What was asked before is past; the last recording of a command stays.
    const [found] = left.slice(at + 1).some((recording) => recording.args.join('\t') === args.join('\t'))
      ? left.splice(at, 1)
      : [left[at]];
    const { code, stdout, stderr, missing, timedOut } = found as Recording;
    for (const line of `${stdout}${stderr}`.split('\n').slice(0, -1)) options?.onLine?.(line);
    return { code, stdout, stderr, missing, timedOut };
  };
  return { run, asked };
}

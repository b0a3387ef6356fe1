import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../tasks/base/paths.ts';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
  /** Both streams, for messages. */
  output: string;
  seconds: number;
  /** Seconds until it printed something on standard output; NaN: it did not. */
  first: number;
}

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  /** Sends SIGKILL as soon as the output matches. */
  killWhen?: RegExp;
  /** Shows the output while it comes: for what takes minutes. */
  show?: boolean;
}

/** Runs `lab` as a user would, in English. */
export function lab(args: string[], options: RunOptions = {}): Promise<Ran> {
  const since = Date.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, 'bin', 'lab.js'), ...args], {
      env: { ...process.env, LAB_LANG: 'en', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: ROOT,
    });
    let stdout = '';
    let stderr = '';
    let output = '';
    let first = Number.NaN;
    const elapsed = () => (Date.now() - since) / 1000;
    const take = (name: 'out' | 'err') => (chunk: Buffer) => {
      const text = chunk.toString();
      if (name === 'out') {
        if (stdout === '') first = elapsed();
        stdout += text;
      } else stderr += text;
      output += text;
      if (options.show) process.stdout.write(text);
      if (options.killWhen?.test(output)) child.kill('SIGKILL');
    };
    child.stdout.on('data', take('out'));
    child.stderr.on('data', take('err'));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ code: code ?? 137, stdout, stderr, output, seconds: elapsed(), first }),
    );
  });
}

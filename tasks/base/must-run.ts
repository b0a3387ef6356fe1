// Apart from exec.ts, which every command reads as it starts.
import { $ } from 'zx/core';

/**
 * Runs a program that has no reason to fail, on a system that has bash. Returns what it printed; throws with what it said when it
 * fails all the same.
 */
export async function mustRun(program: string, args: string[]): Promise<string> {
  const env = { ...process.env, LC_ALL: 'C' };
  const ended = await $({
    quiet: true,
    nothrow: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  })`${program} ${args}`;
  if (ended.exitCode === 0) return ended.stdout;
  const said = ended.stderr.trim().split('\n').slice(-5).join('; ');
  throw new Error(`${program} failed (exit code ${ended.exitCode ?? 'none'}): ${said}`);
}

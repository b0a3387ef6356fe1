import { $, type ProcessOutput } from 'zx/core';
import { LabError } from '../../ui/errors.ts';

/** Runs a program of the provider in the C locale and gives what it printed. LabError when it is missing or fails. */
export async function tool(program: string, args: string[]): Promise<string> {
  const result = await tryTool(program, args);
  if (result.exitCode === 0) return result.stdout;
  throw failure(program, args, result);
}

/** The same for a program that may fail: look at the exit code. */
export async function tryTool(program: string, args: string[]): Promise<ProcessOutput> {
  return $({ env: { ...process.env, LC_ALL: 'C' }, quiet: true, nothrow: true })`${program} ${args}`;
}

function failure(program: string, args: string[], result: ProcessOutput): LabError {
  // The shell's answers for "not found" and "not executable"; null: the program could not be started.
  if (result.exitCode === 127 || result.exitCode === 126 || result.exitCode === null) return missing(program);
  const output = `${result.stderr}\n${result.stdout}`.split('\n').filter((line) => line.trim() !== '');
  return new LabError(
    {
      en: `\`${program} ${args[0] === '-c' ? args[2] : args[0]}\` failed (exit code ${result.exitCode}).`,
      fr: `\`${program} ${args[0] === '-c' ? args[2] : args[0]}\` a échoué (code ${result.exitCode}).`,
    },
    {
      en: '`lab doctor` checks the whole installation.',
      fr: '`lab doctor` vérifie toute l’installation.',
    },
    output.slice(-8),
  );
}

/** The error for a program that this engine cannot work without. */
export function missing(program: string): LabError {
  return new LabError(
    { en: `${program} is not installed.`, fr: `${program} n’est pas installé.` },
    {
      en: 'install it (docs/engines-vagrant.md says how), or use another engine: `lab up --engine uml`.',
      fr: 'installez-le (docs/engines-vagrant.md explique comment), ou utilisez un autre moteur : `lab up --engine uml`.',
    },
  );
}

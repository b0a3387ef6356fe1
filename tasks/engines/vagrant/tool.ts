import { LabError } from '../../base/errors.ts';
import { type Ended, type RunProgram, runProgram } from '../../base/exec.ts';

/** Runs a program of the provider and gives what it printed. LabError when it is missing or fails. */
export async function tool(program: string, args: string[], run: RunProgram = runProgram): Promise<string> {
  const ended = await run(program, args);
  if (ended.code === 0) return ended.stdout;
  throw failure(program, args, ended);
}

function failure(program: string, args: string[], { code, stdout, stderr, ...ended }: Ended): LabError {
  if (ended.missing) return missing(program);
  const command = `${program} ${args[0] === '-c' ? args[2] : args[0]}`;
  const output = `${stderr}\n${stdout}`.split(/\r?\n/).filter((line) => line.trim() !== '');
  return new LabError(
    {
      en: `\`${command}\` failed (exit code ${code ?? '?'}).`,
      fr: `\`${command}\` a échoué (code ${code ?? '?'}).`,
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

import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../base/errors.ts';
import { onInterrupt } from '../base/interrupt.ts';
import { cacheFolder, ROOT } from '../base/paths.ts';
import { downloadError } from './apt.ts';
import type { BuiltKind } from './cache.ts';
import type { Mirror } from './mirror.ts';

/** File that keeps the output of the last build of a kind. */
export function buildLog(kind: BuiltKind): string {
  return join(cacheFolder(), `${kind}-build.log`);
}

/**
 * Runs one of the scripts below packer/, its output to the build's log and line by line to `onLine`. LabError when it fails; `mirror` is
 * where it downloads from.
 */
export async function runBuild(
  kind: BuiltKind,
  [script = '', ...args]: string[],
  env: NodeJS.ProcessEnv,
  onLine: (line: string) => void,
  mirror?: Mirror,
): Promise<void> {
  const log = buildLog(kind);
  await writeFile(log, '');
  const last: string[] = [];
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn('bash', [join(ROOT, 'packer', script), ...args], {
      env: { ...process.env, LC_ALL: 'C', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    // A build has children of its own: all of them end with it.
    const stop = () => child.pid && process.kill(-child.pid, 'SIGTERM');
    const settled = onInterrupt(stop);
    let pending = '';
    const take = (chunk: Buffer) => {
      appendFileSync(log, chunk);
      const lines = (pending + chunk.toString()).split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines) {
        last.push(line);
        if (last.length > 12) last.shift();
        onLine(line);
      }
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', reject);
    child.on('close', (exit) => {
      settled();
      resolve(exit ?? 255);
    });
  });
  if (code === 0) return;
  const text = last.join('\n');
  if (
    mirror &&
    /Temporary failure resolving|Could not resolve|Could not connect|Failed to fetch|Connection timed out|is not signed/.test(
      text,
    )
  ) {
    throw downloadError(mirror, text);
  }
  throw new LabError(
    {
      en: `Building the ${kind} failed (exit code ${code}).`,
      fr: `La construction (${kind}) a échoué (code ${code}).`,
    },
    {
      en: `read ${log}; \`lab doctor\` checks what a build needs. Nothing is lost: run the same command again.`,
      fr: `lisez ${log} ; \`lab doctor\` vérifie ce qu'il faut pour construire. Rien n'est perdu : relancez la même commande.`,
    },
    last.slice(-6),
  );
}

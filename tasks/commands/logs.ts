import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openEngine } from '../engines/open.ts';
import { existingLab, machineNamed } from '../lab/lab.ts';
import { timeoutFactorOf } from '../lab/timers.ts';
import { hostNamed, runRemote } from '../remote/ssh.ts';
import { LabError } from '../ui/errors.ts';
import { say } from '../ui/text.ts';

interface LogOptions {
  name: string;
  journal?: boolean;
  console?: boolean;
  lines: string;
}

/** Prints the end of a machine's log: what was provisioned, its journal, or its console. */
export async function logs(machine: string | undefined, options: LogOptions): Promise<number> {
  const lab = await existingLab(options.name);
  const lines = Math.max(1, Number.parseInt(options.lines, 10) || 50);
  if (!machine) {
    const folder = join(lab.folder, 'logs');
    console.log(say({ en: `Logs of the lab: ${folder}`, fr: `Journaux du lab : ${folder}` }));
    return 0;
  }
  const found = machineNamed(lab.topology, machine);
  const engine = await openEngine(lab);
  if (options.journal) {
    const host = hostNamed(await engine.sshHosts(), machine);
    const result = await runRemote(host, `journalctl --no-pager -n ${lines}`, {
      timeout: 30 * timeoutFactorOf(lab),
    });
    process.stdout.write(result.stdout);
    if (result.code !== 0) {
      throw new LabError({ en: `${machine} does not answer.`, fr: `${machine} ne répond pas.` }, undefined, [
        result.stderr.trim(),
      ]);
    }
    return 0;
  }
  const file = options.console ? engine.consoleLog(found) : join(lab.folder, 'logs', `${machine}.log`);
  if (!file || !existsSync(file)) {
    throw new LabError(
      {
        en: `There is no such log of ${machine} yet.`,
        fr: `Il n'y a pas encore de tel journal de ${machine}.`,
      },
      { en: 'it is written by `lab up`.', fr: 'il est écrit par `lab up`.' },
    );
  }
  console.log(readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n'));
  return 0;
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from '../../base/errors.ts';
import { say } from '../../base/text.ts';
import { requireAbility } from '../../engines/limits.ts';
import { requireReachable } from '../../engines/power.ts';
import { openEngine } from '../../environment/open-engine.ts';
import { existingEnvironment } from '../../environment/record.ts';
import { hostNamed, runRemote } from '../../remote/ssh.ts';
import { timeoutFactorOf } from '../../roles/timers.ts';
import { machineNamed } from '../../topology/model.ts';

interface LogOptions {
  name: string;
  journal?: boolean;
  console?: boolean;
  lines: string;
}

/** Prints the end of a machine's log: what was provisioned, its journal, or its console. */
export async function logs(machine: string | undefined, options: LogOptions): Promise<number> {
  const environment = await existingEnvironment(options.name);
  const lines = Math.max(1, Number.parseInt(options.lines, 10) || 50);
  if (!machine) {
    const folder = join(environment.folder, 'logs');
    console.log(say({ en: `Logs of the lab: ${folder}`, fr: `Journaux du lab : ${folder}` }));
    return 0;
  }
  const found = machineNamed(environment.topology, machine);
  const engine = await openEngine(environment);
  if (options.journal) {
    await requireReachable(engine, found);
    const host = hostNamed(await engine.sshHosts(), machine);
    const result = await runRemote(host, `journalctl --no-pager -n ${lines}`, {
      timeout: 30 * timeoutFactorOf(environment),
    });
    process.stdout.write(result.stdout);
    if (result.code !== 0) {
      throw new LabError({ en: `${machine} does not answer.`, fr: `${machine} ne répond pas.` }, undefined, [
        result.stderr.trim(),
      ]);
    }
    return 0;
  }
  if (options.console) requireAbility(engine, 'console', machine);
  const file = options.console
    ? engine.consoleLog(found)
    : join(environment.folder, 'logs', `${machine}.log`);
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

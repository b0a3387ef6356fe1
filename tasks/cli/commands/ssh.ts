import { spawn } from 'node:child_process';
import { join } from 'node:path';
import SSHConfig from 'ssh-config';
import { requireReachable } from '../../engines/power.ts';
import { openEngine } from '../../environment/open-engine.ts';
import { existingEnvironment } from '../../environment/record.ts';
import { commonOptions, hostNamed, OWN_CONNECTION, sshArguments } from '../../remote/ssh.ts';
import { machineNamed } from '../../topology/model.ts';

/** Opens a shell on a machine, or runs one command there; the exit code is that of ssh. */
export async function ssh(machine: string, words: string[], options: { name: string }): Promise<number> {
  const environment = await existingEnvironment(options.name);
  const wanted = machineNamed(environment.topology, machine);
  const engine = await openEngine(environment);
  await requireReachable(engine, wanted);
  const host = hostNamed(await engine.sshHosts(), machine);
  // Also where a start of a lab broke off, which would not save what it makes itself.
  await (await import('../../exercises/session/moves.ts')).mayHoldWork(environment.folder);
  // A command that a person waits for may ask: it gets a terminal as a shell does.
  const terminal = process.stdin.isTTY && process.stdout.isTTY ? ['-t'] : [];
  const child = spawn('ssh', [...terminal, ...OWN_CONNECTION, ...sshArguments(host), ...words], {
    stdio: 'inherit',
  });
  // Ctrl-C belongs to the program on the machine.
  process.removeAllListeners('SIGINT');
  process.on('SIGINT', () => undefined);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 255));
  });
}

/** Prints an SSH configuration with which plain ssh, scp, rsync or an editor reach the machines. */
export async function sshConfig(options: { name: string }): Promise<number> {
  const environment = await existingEnvironment(options.name);
  const engine = await openEngine(environment);
  const config = new SSHConfig();
  const { ControlPath, ControlMaster, ControlPersist, ...shared } = commonOptions(
    join(environment.folder, 'known_hosts'),
  );
  for (const host of await engine.sshHosts()) {
    config.append({
      ...Object.assign({ Host: host.Host }, shared, host),
      ...{ IdentityFile: `"${host.IdentityFile}"`, HostKeyAlias: host.Host },
    });
  }
  console.log(SSHConfig.stringify(config).trim());
  return 0;
}

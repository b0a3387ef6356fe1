import { spawn } from 'node:child_process';
import { join } from 'node:path';
import SSHConfig from 'ssh-config';
import { openEngine } from '../engines/open.ts';
import { existingLab, machineNamed } from '../lab/lab.ts';
import { commonOptions, hostNamed, sshArguments } from '../remote/ssh.ts';

/** Opens a shell on a machine, or runs one command there; the exit code is that of ssh. */
export async function ssh(machine: string, words: string[], options: { name: string }): Promise<number> {
  const lab = await existingLab(options.name);
  machineNamed(lab.topology, machine);
  const engine = await openEngine(lab);
  const host = hostNamed(await engine.sshHosts(), machine);
  // Also where a start of a lab broke off, which would not save what it makes itself.
  await (await import('../labs/moves.ts')).mayHoldWork(lab.folder);
  // A command that a person waits for may ask: it gets a terminal as a shell does.
  const terminal = process.stdin.isTTY && process.stdout.isTTY ? ['-t'] : [];
  const child = spawn('ssh', [...terminal, ...sshArguments(host), ...words], { stdio: 'inherit' });
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
  const lab = await existingLab(options.name);
  const engine = await openEngine(lab);
  const config = new SSHConfig();
  const { ControlPath, ControlMaster, ControlPersist, ...shared } = commonOptions(
    join(lab.folder, 'known_hosts'),
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

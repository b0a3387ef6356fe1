import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { LabError } from '../../base/errors.ts';
import { say } from '../../base/text.ts';
import { requireReachable } from '../../engines/power.ts';
import { openEngine } from '../../environment/open-engine.ts';
import { existingEnvironment } from '../../environment/record.ts';
import { hostNamed, sshArguments } from '../../remote/ssh.ts';
import { machinesOf } from '../../topology/model.ts';

/** Forwards a loopback port to the front address, through the client machine, until Ctrl-C. */
export async function open(options: { name: string; port: string }): Promise<number> {
  const port = Number(options.port);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new LabError({
      en: `"${options.port}" is not a port.`,
      fr: `« ${options.port} » n'est pas un port.`,
    });
  }
  const environment = await existingEnvironment(options.name);
  const front = environment.topology.floating.front;
  const through = machinesOf(environment.topology, 'client')[0] ?? environment.topology.machines[0];
  if (!front || !through) {
    throw new LabError({
      en: `The topology ${environment.topology.name} has no front address.`,
      fr: `La topologie ${environment.topology.name} n'a pas d'adresse d'entrée.`,
    });
  }
  await checkFree(port);
  const engine = await openEngine(environment);
  await requireReachable(engine, through);
  const host = hostNamed(await engine.sshHosts(), through.name);
  const forward = [
    '-N',
    '-o',
    'ExitOnForwardFailure=yes',
    '-o',
    'ControlPath=none',
    '-L',
    `127.0.0.1:${port}:${front.address}:443`,
  ];
  const child = spawn('ssh', [...forward, ...sshArguments(host)], { stdio: ['ignore', 'ignore', 'inherit'] });
  console.log(`https://localhost:${port}/`);
  console.log(
    say({
      en: "Forwarded until Ctrl-C. The certificate is the lab's own: the browser asks once.",
      fr: "Relié jusqu'à Ctrl-C. Le certificat est celui du lab : le navigateur demande une fois.",
    }),
  );
  process.removeAllListeners('SIGINT');
  process.on('SIGINT', () => child.kill());
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ? 0 : (code ?? 255)));
  });
}

/** LabError when something else listens on the port. */
function checkFree(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', () =>
      reject(
        new LabError(
          {
            en: `Port ${port} of this computer is taken.`,
            fr: `Le port ${port} de cet ordinateur est pris.`,
          },
          { en: 'choose another one with --port.', fr: 'choisissez-en un autre avec --port.' },
        ),
      ),
    );
    server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
  });
}

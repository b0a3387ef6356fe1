import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../tasks/base/paths.ts';
import { openEngine } from '../tasks/environment/open-engine.ts';
import { environmentFacts } from '../tasks/environment/provision/facts.ts';
import { provisionEnvironment } from '../tasks/environment/provision/provision.ts';
import { existingEnvironment } from '../tasks/environment/record.ts';
import { quote, runRemote } from '../tasks/remote/ssh.ts';

/** Packages of each group of packer/packages.list, by the role that its comment names. */
export function packageGroups(text: string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  let roles: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) {
      roles = line
        .slice(1)
        .replace(/\(.*/, '')
        .split(',')
        .map((word) => word.trim());
    } else if (line.trim()) {
      for (const role of roles) groups.set(role, [...(groups.get(role) ?? []), line.trim()]);
    }
  }
  return groups;
}

/**
 * The naive way on the same engine: one machine after the other is started and gets its roles' packages with apt-get,
 * then all roles are applied, as the order among them asks. The packages come from the image's own repository, so no
 * download is counted, and machines are started from the same image; `prepareNaive` has removed the packages before and
 * is not part of the time.
 */
export async function naiveUp(name: string): Promise<void> {
  const environment = await existingEnvironment(name);
  const engine = await openEngine(environment);
  const groups = packageGroups(readFileSync(join(ROOT, 'packer', 'packages.list'), 'utf8'));
  const hosts = new Map((await engine.sshHosts()).map((host) => [host.Host, host]));
  for (const machine of environment.topology.machines) {
    const packages = machine.roles.flatMap((role) => groups.get(role) ?? []);
    const host = hosts.get(machine.name);
    if (!host) throw new Error(machine.name);
    await engine.start(machine, () => undefined);
    let code = 255;
    while (code === 255) code = (await runRemote(host, 'true', { timeout: 10 })).code;
    if (packages.length === 0) continue;
    const install = `apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends ${packages.map(quote).join(' ')}`;
    const result = await runRemote(host, install, { timeout: 1800 });
    if (result.code !== 0) throw new Error(`${machine.name}: ${result.stderr}`);
  }
  const facts = await environmentFacts(environment);
  const results = provisionEnvironment(
    engine,
    facts,
    join(environment.folder, 'logs'),
    environment.topology.machines,
    () => undefined,
  );
  await Promise.all(results.values());
}

/** Starts every machine, removes the packages of its roles, and switches it off again. */
export async function prepareNaive(name: string): Promise<void> {
  const environment = await existingEnvironment(name);
  const engine = await openEngine(environment);
  const groups = packageGroups(readFileSync(join(ROOT, 'packer', 'packages.list'), 'utf8'));
  const hosts = await engine.sshHosts();
  await engine.prepare(() => undefined);
  await Promise.all(
    environment.topology.machines.map(async (machine) => {
      const host = hosts.find((host) => host.Host === machine.name);
      if (!host) throw new Error(machine.name);
      await engine.start(machine, () => undefined);
      let code = 255;
      while (code === 255) code = (await runRemote(host, 'true', { timeout: 10 })).code;
      const packages = machine.roles.flatMap((role) => groups.get(role) ?? []);
      const purge = `DEBIAN_FRONTEND=noninteractive apt-get -qq -y purge ${packages.map(quote).join(' ')} && apt-get -qq -y autoremove --purge; sync`;
      if (packages.length > 0) await runRemote(host, purge, { timeout: 1800 });
      await engine.halt(machine, 60);
    }),
  );
}

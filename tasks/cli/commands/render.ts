import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { EngineName } from '../../base/engine-names.ts';
import { cacheFolder, ROOT } from '../../base/paths.ts';
import { say } from '../../base/text.ts';
import { currentBox } from '../../engines/vagrant/box.ts';
import { LibvirtDriver } from '../../engines/vagrant/libvirt.ts';
import { type Box, renderVagrantfile } from '../../engines/vagrant/vagrantfile.ts';
import { environmentFacts } from '../../environment/provision/facts.ts';
import { renderPayload, writePayload } from '../../environment/provision/payload.ts';
import {
  type Environment,
  type EnvironmentRecord,
  openEnvironment,
  readRecord,
} from '../../environment/record.ts';
import { probeKvm } from '../../host/kvm.ts';
import { DEFAULT_TOPOLOGY } from '../../topology/load.ts';

export interface RenderOptions {
  name: string;
  topology?: string;
  output?: string;
}

/** A box names the second disk itself (packer/box/files): one payload serves libvirt and VirtualBox. */
const SECOND_DISK = '/dev/lab-disk';

/**
 * `lab render`: writes the Vagrantfile of a lab, for those who work with `vagrant` itself, and what its provisioners
 * upload. Makes the lab's key and secrets the first time. Returns the exit code.
 */
export async function render(options: RenderOptions): Promise<number> {
  const known = await readRecord(options.name);
  const engine: EngineName = 'vagrant-libvirt';
  // The lab's own topology, unless another one is asked for; plain Vagrant does not bring the code of Nextcloud.
  const { nextcloud: _code, ...sample }: Partial<EnvironmentRecord> = known ?? {};
  const { ownOf: _own, ...plain } = sample;
  const record: EnvironmentRecord = {
    ...(options.topology ? plain : sample),
    app: 'sample',
    topology: options.topology ?? known?.topology ?? DEFAULT_TOPOLOGY,
    // Inside the machines only the names of devices depend on it, and those are a Vagrant box's here.
    engine: known?.engine.startsWith('vagrant-') ? known.engine : engine,
  };
  const environment = await openEnvironment(options.name, record);
  const file = resolve(options.output ?? 'Vagrantfile');
  // VirtualBox's extra disks go there.
  await mkdir(join(environment.folder, 'engine'), { recursive: true });
  // A /dev/kvm that is there may still not work: the probe boots something with it, once for each boot of the host.
  const driver = known?.driver ?? ((await probeKvm(cacheFolder())).works ? 'kvm' : 'qemu');
  environment.record.driver = driver;
  const payload = await writePayloads(environment);
  const text = renderVagrantfile({
    root: ROOT,
    lab: environment.name,
    topology: environment.topology,
    folder: relative(dirname(file), environment.folder).replaceAll('\\', '/') || '.',
    sshPublicKey: environment.sshPublicKey,
    driver,
    box: await readableBox(environment),
    payload,
  });
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  const machines = environment.topology.machines.map((machine) => machine.name).join(', ');
  console.log(
    say({
      en: `${file}: ${environment.topology.machines.length} machines (${machines}). Next, in its folder: vagrant up`,
      fr: `${file} : ${environment.topology.machines.length} machines (${machines}). Ensuite, dans son dossier : vagrant up`,
    }),
  );
  return 0;
}

/** Writes what each machine's provisioners upload; gives the roles that it holds. */
async function writePayloads(environment: Environment): Promise<Map<string, string[]>> {
  const facts = { ...(await environmentFacts(environment)), secondDisk: SECOND_DISK };
  const roles = new Map<string, string[]>();
  for (const machine of environment.topology.machines) {
    const payload = renderPayload(machine, facts);
    await writePayload(payload, join(environment.folder, 'payload', machine.name));
    roles.set(
      machine.name,
      payload.roles.map(({ role }) => role.name),
    );
  }
  return roles;
}

/** The box with its kernel where QEMU's own user can read it, if libvirt is there to take it. */
async function readableBox(environment: Environment): Promise<Box> {
  const box = currentBox();
  if (!box.boot) return box;
  try {
    const { boot } = await new LibvirtDriver(environment.name, environment.topology).prepare(
      box.boot,
      () => undefined,
    );
    return boot ? { ...box, boot } : box;
  } catch {
    // Rendered where there is no libvirt, or for VirtualBox: the cache's own paths are as good as any.
    return box;
  }
}

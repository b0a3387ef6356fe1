import type { EngineName } from '../engines/engine.ts';
import type { Lab } from '../lab/lab.ts';
import { ensureSecrets } from '../lab/secrets.ts';
import { type LabFacts, readService } from './context.ts';
import { readRoles } from './roles.ts';

/** What differs between engines inside a machine. Vagrant boxes name their network interfaces the classic way. */
export const INSIDE: Record<EngineName, { nic: string; secondDisk: string }> = {
  uml: { nic: 'vec0', secondDisk: '/dev/ubdb' },
  'vagrant-libvirt': { nic: 'eth1', secondDisk: '/dev/vdb' },
  'vagrant-virtualbox': { nic: 'eth1', secondDisk: '/dev/sdb' },
};

/** Everything the templates of a lab need; makes the lab's secrets the first time. */
export async function labFacts(lab: Lab): Promise<LabFacts> {
  const roles = readRoles(lab.root);
  const names = [...roles.values()].flatMap((role) => role.secrets);
  const secrets = await ensureSecrets(
    lab.folder,
    lab.topology,
    [...new Set(names)],
    readService(lab.root).host,
  );
  return {
    lab: lab.name,
    root: lab.root,
    topology: lab.topology,
    ...INSIDE[lab.record.engine],
    secrets,
    app: lab.record.app,
    roles,
  };
}

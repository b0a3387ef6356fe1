import { ROOT } from '../../../tasks/base/paths.ts';
import type { EnvironmentFacts } from '../../../tasks/environment/provision/context.ts';
import { ensureSecrets } from '../../../tasks/environment/secrets.ts';
import { readRoles } from '../../../tasks/roles/roles.ts';
import type { Topology } from '../../../tasks/topology/model.ts';

const roles = readRoles(ROOT);
/** Names of the secrets that the roles ask for. */
export const secretNames = [...new Set([...roles.values()].flatMap((role) => role.secrets))];

/** What roles are rendered from, for a lab of this topology whose secrets are kept in a folder. */
export async function labFactsOf(lab: string, topology: Topology, folder: string): Promise<EnvironmentFacts> {
  const secrets = await ensureSecrets(folder, topology, secretNames, 'lab.test');
  return {
    ...{ lab, root: ROOT, topology, secrets, roles },
    ...{ nic: 'eth1', secondDisk: '/dev/vdb', app: 'sample' },
  };
}

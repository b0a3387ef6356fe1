import { nextcloudFacts } from '../app/facts.ts';
import { INSIDE } from '../engines/inside.ts';
import type { Lab } from '../lab/lab.ts';
import { ensureSecrets } from '../lab/secrets.ts';
import { timersOf } from '../lab/timers.ts';
import { type LabFacts, readService } from './context.ts';
import { readRoles } from './roles.ts';

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
  const inside = INSIDE[lab.record.engine];
  return {
    lab: lab.name,
    root: lab.root,
    topology: lab.topology,
    nic: inside.nic,
    secondDisk: inside.secondDisk,
    factor: timersOf(lab.record).factor,
    secrets,
    app: lab.record.app,
    ...(lab.record.nextcloud ? { nextcloud: nextcloudFacts(lab.record.nextcloud, inside.codeDisk) } : {}),
    roles,
  };
}

import { servedApplication } from '../../artifacts/application/application.ts';
import { nextcloudFacts } from '../../artifacts/application/code.ts';
import { writePrivate } from '../../base/files.ts';
import { insideOf } from '../../engines/engine.ts';
import { readRoles } from '../../roles/roles.ts';
import { readService } from '../../roles/service.ts';
import { timersOf } from '../../roles/timers.ts';
import type { Environment } from '../record.ts';
import { ensureSecrets } from '../secrets.ts';
import type { EnvironmentFacts } from './context.ts';

/** Everything the templates of a lab need; makes the lab's secrets the first time. */
export async function environmentFacts(environment: Environment): Promise<EnvironmentFacts> {
  const roles = readRoles(environment.root);
  const names = [...roles.values()].flatMap((role) => role.secrets);
  const secrets = await ensureSecrets(
    environment.folder,
    environment.topology,
    [...new Set(names)],
    readService(environment.root).host,
  );
  const inside = insideOf(environment.record.engine, environment.topology);
  if (inside.powerSwitch !== undefined)
    await writePrivate(environment.powerSwitchKeyFile, `${String(secrets.powerSwitchKey)}\n`);
  const { app, nextcloud } = servedApplication(environment.record);
  return {
    lab: environment.name,
    root: environment.root,
    topology: environment.topology,
    nic: inside.nic,
    secondDisk: inside.secondDisk,
    ...(inside.powerSwitch === undefined ? {} : { powerSwitch: inside.powerSwitch }),
    factor: timersOf(environment.record).factor,
    secrets,
    app,
    ...(nextcloud ? { nextcloud: nextcloudFacts(nextcloud, inside.codeDisk) } : {}),
    roles,
  };
}

import { rm } from 'node:fs/promises';
import { openEngine } from '../engines/open.ts';
import { existingLab, readRecord } from '../lab/lab.ts';
import { confirm } from '../ui/ask.ts';
import { LabError } from '../ui/errors.ts';
import { say } from '../ui/text.ts';

/** Removes a lab: machines, disks, snapshots, keys. Nothing happens when there is none. */
export async function destroy(options: { name: string; yes?: boolean }): Promise<number> {
  if (!(await readRecord(options.name))) {
    console.log(
      say({ en: `There is no lab "${options.name}".`, fr: `Il n'y a pas de lab « ${options.name} ».` }),
    );
    return 0;
  }
  const lab = await existingLab(options.name);
  const question = say({
    en: `Remove the lab "${lab.name}" with its ${lab.topology.machines.length} machines, disks and snapshots?`,
    fr: `Supprimer le lab « ${lab.name} » avec ses ${lab.topology.machines.length} machines, disques et instantanés ?`,
  });
  if (!options.yes && !(await confirm(question))) {
    throw new LabError(
      { en: 'Nothing was removed.', fr: "Rien n'a été supprimé." },
      { en: 'add --yes to remove without a question.', fr: 'ajoutez --yes pour supprimer sans question.' },
    );
  }
  await (await openEngine(lab)).destroy();
  await rm(lab.folder, { recursive: true, force: true });
  console.log(say({ en: `The lab "${lab.name}" is removed.`, fr: `Le lab « ${lab.name} » est supprimé.` }));
  return 0;
}

import { rm } from 'node:fs/promises';
import { confirm } from '../../base/ask.ts';
import { LabError } from '../../base/errors.ts';
import { say } from '../../base/text.ts';
import { openEngine } from '../../environment/open-engine.ts';
import { openEnvironment, readBegun, readRecord, removalQuestion } from '../../environment/record.ts';

/** Removes a lab: machines, disks, snapshots, keys. Nothing happens when there is none. */
export async function destroy(options: { name: string; yes?: boolean }): Promise<number> {
  const record = (await readRecord(options.name)) ?? (await readBegun(options.name));
  if (!record) {
    console.log(
      say({ en: `There is no lab "${options.name}".`, fr: `Il n'y a pas de lab « ${options.name} ».` }),
    );
    return 0;
  }
  const environment = await openEnvironment(options.name, record);
  const question = say(removalQuestion(environment));
  if (!options.yes && !(await confirm(question))) {
    throw new LabError(
      { en: 'Nothing was removed.', fr: "Rien n'a été supprimé." },
      { en: 'add --yes to remove without a question.', fr: 'ajoutez --yes pour supprimer sans question.' },
    );
  }
  await (await openEngine(environment)).destroy();
  await rm(environment.folder, { recursive: true, force: true });
  console.log(
    say({
      en: `The lab "${environment.name}" is removed.`,
      fr: `Le lab « ${environment.name} » est supprimé.`,
    }),
  );
  return 0;
}

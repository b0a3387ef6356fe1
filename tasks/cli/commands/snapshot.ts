import { LabError } from '../../base/errors.ts';
import { type Job, seconds, showJobs } from '../../base/progress.ts';
import { say } from '../../base/text.ts';
import { openEngine } from '../../environment/open-engine.ts';
import { existingEnvironment } from '../../environment/record.ts';
import { forgetNote } from '../../environment/snapshot-notes.ts';
import { saveAs } from '../../exercises/session/moves.ts';
import { type Returned, returnTo } from '../../exercises/session/restore.ts';
import { readState } from '../../exercises/state/state.ts';
import { MACHINE_NAME } from '../../topology/model.ts';
import { tellReturn } from './tell-return.ts';

/** `lab snapshot save|restore|list|delete`. */
export async function snapshot(
  action: string,
  name: string | undefined,
  options: { name: string; json?: boolean; discard?: boolean },
): Promise<number> {
  const environment = await existingEnvironment(options.name);
  const engine = await openEngine(environment);
  if (action === 'list') {
    const all = await engine.listSnapshots();
    if (options.json) console.log(JSON.stringify(all, null, 2));
    else if (all.length === 0) console.log(say({ en: 'No snapshots.', fr: 'Aucun instantané.' }));
    else for (const snapshot of all) console.log(`${snapshot.name.padEnd(24)} ${snapshot.taken}`);
    return 0;
  }
  if (action !== 'save' && action !== 'restore' && action !== 'delete') {
    throw new LabError(
      { en: `"${action}" is not an action.`, fr: `« ${action} » n'est pas une action.` },
      { en: 'use save, restore, list or delete.', fr: 'utilisez save, restore, list ou delete.' },
    );
  }
  if (options.discard && action !== 'restore') {
    throw new LabError(
      {
        en: `--discard is for restore, not for ${action}.`,
        fr: `--discard vaut pour restore, pas pour ${action}.`,
      },
      { en: 'leave it out.', fr: 'enlevez cette option.' },
    );
  }
  if (!name || !MACHINE_NAME.test(name)) {
    throw new LabError(
      { en: 'A snapshot needs a name.', fr: "Un instantané a besoin d'un nom." },
      {
        en: 'use at most 20 lower-case letters, digits and hyphens, starting with a letter.',
        fr: 'utilisez au plus 20 lettres minuscules, chiffres et tirets, en commençant par une lettre.',
      },
    );
  }
  if (action === 'save' && /^(work|start)-\d/.test(name)) {
    throw new LabError(
      { en: `${name} is a name of the kit's own.`, fr: `${name} est un nom réservé au kit.` },
      {
        en: 'choose a name that does not begin with work- or start- and a number.',
        fr: 'choisissez un nom qui ne commence pas par work- ou start- suivi d’un numéro.',
      },
    );
  }
  const since = Date.now();
  let returned: Returned | undefined;
  const work: Record<typeof action, Job['run']> = {
    save: async (report) => {
      await saveAs({ environment, engine, state: await readState(environment.folder) }, name, report);
      return undefined;
    },
    restore: async (report) => {
      const session = { environment, engine, state: await readState(environment.folder) };
      returned = await returnTo(session, name, { tell: report, discard: options.discard ?? false });
      return undefined;
    },
    delete: async () => {
      await engine.deleteSnapshot(name);
      await forgetNote(environment, name);
      return undefined;
    },
  };
  await showJobs([{ title: `${action} ${name}`, run: (report) => work[action](report) }], {
    parallel: false,
    quiet: false,
  });
  if (returned) tellReturn(returned);
  console.log(say({ en: `Done in ${seconds(since)}.`, fr: `Fait en ${seconds(since)}.` }));
  return 0;
}

import { openEngine } from '../engines/open.ts';
import { existingLab } from '../lab/lab.ts';
import { forgetSize, rememberSize, returnToSize, sizeAt } from '../lab/snapshot-size.ts';
import { afterOf, bootInTurn } from '../provision/boots.ts';
import { MACHINE_NAME } from '../topology/model.ts';
import { LabError } from '../ui/errors.ts';
import { type Job, seconds, showJobs } from '../ui/progress.ts';
import { say } from '../ui/text.ts';

/** Seconds that a restored machine is waited for. */
const RESTORED_WITHIN = 300;

/** `lab snapshot save|restore|list|delete`. */
export async function snapshot(
  action: string,
  name: string | undefined,
  options: { name: string; json?: boolean },
): Promise<number> {
  const lab = await existingLab(options.name);
  let engine = await openEngine(lab);
  if (action === 'list') {
    const all = await engine.listSnapshots();
    if (options.json) console.log(JSON.stringify(all, null, 2));
    else if (all.length === 0) console.log(say({ en: 'No snapshots.', fr: 'Aucun instantané.' }));
    else for (const one of all) console.log(`${one.name.padEnd(24)} ${one.taken}`);
    return 0;
  }
  if (action !== 'save' && action !== 'restore' && action !== 'delete') {
    throw new LabError(
      { en: `"${action}" is not an action.`, fr: `« ${action} » n'est pas une action.` },
      { en: 'use save, restore, list or delete.', fr: 'utilisez save, restore, list ou delete.' },
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
  if (action === 'restore') {
    const known = (await engine.listSnapshots()).some((one) => one.name === name);
    const then = known ? await sizeAt(lab, name) : undefined;
    if (then) {
      const back = await returnToSize(lab, engine, then);
      engine = await openEngine(back);
      await engine.prepare(() => undefined);
      const machines = back.topology.machines.map((machine) => machine.name).join(', ');
      console.log(
        say({
          en: `The lab had another size when this snapshot was taken, and returns to it: ${machines}.`,
          fr: `Le lab avait une autre taille quand cet instantané a été pris, et y revient : ${machines}.`,
        }),
      );
    }
  }
  const work: Record<typeof action, Job['run']> = {
    save: async (report) => {
      await engine.saveSnapshot(name, report);
      await rememberSize(lab, name);
      return undefined;
    },
    restore: async (report) => {
      // A machine that does not answer may have been saved like that: it is as it was.
      await engine.restoreSnapshot(name, report, (machines) =>
        bootInTurn(engine, machines, afterOf(lab.root), {
          end: RESTORED_WITHIN,
          tell: (machine, line) => report(`${machine}: ${line}`),
        }).catch((error: unknown) => {
          if (!(error instanceof LabError)) throw error;
        }),
      );
      // What came back is somebody's, and of no lab that the kit knows of.
      await (await import('../labs/moves.ts')).mayHoldWork(lab.folder);
      return undefined;
    },
    delete: async () => {
      await engine.deleteSnapshot(name);
      await forgetSize(lab, name);
      return undefined;
    },
  };
  await showJobs([{ title: `${action} ${name}`, run: (report) => work[action](report) }], {
    parallel: false,
    quiet: false,
  });
  console.log(say({ en: `Done in ${seconds(since)}.`, fr: `Fait en ${seconds(since)}.` }));
  return 0;
}

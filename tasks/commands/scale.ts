import { openEngine } from '../engines/open.ts';
import { existingLab } from '../lab/lab.ts';
import { topologyText } from '../lab/own-topology.ts';
import { requireMemory } from '../scale/room.ts';
import { grow, requireWholeLab, shrink } from '../scale/scale.ts';
import { machinesOf } from '../topology/model.ts';
import { parseScale, SCALED_ROLE, scaleTopology } from '../topology/scale.ts';
import { confirm } from '../ui/ask.ts';
import { LabError } from '../ui/errors.ts';
import { seconds } from '../ui/progress.ts';
import { say } from '../ui/text.ts';

/** `lab scale web=N`: adds or removes web machines while the lab runs. Returns the exit code. */
export async function scale(
  word: string,
  options: { name: string; yes?: boolean; json?: boolean },
): Promise<number> {
  const since = Date.now();
  const quiet = options.json ?? false;
  const count = parseScale(word);
  const lab = await existingLab(options.name);
  const scaled = scaleTopology(lab.topology, topologyText(lab), count, lab.topology.file);
  if (count === 1 && scaled.removed.length > 0) await confirmSingle(options.yes ?? false);
  const engine = await openEngine(lab);
  await requireWholeLab(engine, lab);
  requireMemory(scaled.added);
  const now =
    scaled.removed.length > 0 ? await shrink(lab, engine, scaled, quiet) : await grow(lab, scaled, quiet);
  const names = (machines: { name: string }[]) => machines.map((machine) => machine.name);
  const web = names(machinesOf(now.topology, SCALED_ROLE));
  if (options.json) {
    const took = Number(((Date.now() - since) / 1000).toFixed(1));
    const result = {
      lab: lab.name,
      web,
      added: names(scaled.added),
      removed: names(scaled.removed),
      seconds: took,
    };
    console.log(JSON.stringify(result, null, 2));
    return 0;
  }
  console.log(
    say({
      en: `The lab has ${count} web machine${count > 1 ? 's' : ''}: ${web.join(', ')}. Done in ${seconds(since)}.`,
      fr: `Le lab a ${count} machine${count > 1 ? 's' : ''} web : ${web.join(', ')}. Fait en ${seconds(since)}.`,
    }),
  );
  return 0;
}

/** One web machine is a single point of failure: LabError unless that is wanted. */
async function confirmSingle(yes: boolean): Promise<void> {
  const what = {
    en: 'With one web machine the service is down whenever that machine is.',
    fr: "Avec une seule machine web, le service s'arrête avec elle.",
  };
  if (yes) {
    console.error(say(what));
    return;
  }
  if (await confirm(`${say(what)} ${say({ en: 'Go on?', fr: 'Continuer ?' })}`)) return;
  throw new LabError(
    { en: `${what.en} Nothing was changed.`, fr: `${what.fr} Rien n'a été changé.` },
    { en: 'add --yes if that is wanted.', fr: "ajoutez --yes si c'est voulu." },
  );
}

import { confirm } from '../../base/ask.ts';
import { LabError } from '../../base/errors.ts';
import { seconds } from '../../base/progress.ts';
import { say } from '../../base/text.ts';
import { openEngine } from '../../environment/open-engine.ts';
import { topologyText } from '../../environment/own-topology.ts';
import { type Environment, existingEnvironment } from '../../environment/record.ts';
import { readLabs } from '../../exercises/guides/load.ts';
import { recordKitWork } from '../../exercises/session/anchor.ts';
import { readState } from '../../exercises/state/state.ts';
import { grow, requireMemory, requireWholeEnvironment, shrink } from '../../scale/scale.ts';
import { machinesOf, ROLE_NAMES } from '../../topology/model.ts';
import { parseScale, SCALED_ROLE, scaleTopology } from '../../topology/scale.ts';

/** `lab scale web=N`: adds or removes web machines while the lab runs. Returns the exit code. */
export async function scale(
  word: string,
  options: { name: string; yes?: boolean; json?: boolean },
): Promise<number> {
  const since = Date.now();
  const quiet = options.json ?? false;
  const count = parseScale(word);
  const environment = await existingEnvironment(options.name);
  const scaled = scaleTopology(
    environment.topology,
    topologyText(environment),
    count,
    environment.topology.file,
  );
  await requireWholeStack(environment);
  if (count === 1 && scaled.removed.length > 0) await confirmSingle(options.yes ?? false);
  const engine = await openEngine(environment);
  await requireWholeEnvironment(engine, environment);
  requireMemory(scaled.added);
  await recordKitWork(engine, environment, {
    kind: 'scale',
    what: word,
    roles: [...new Set(scaled.topology.machines.flatMap(({ roles }) => roles))],
  });
  const now =
    scaled.removed.length > 0
      ? await shrink(environment, engine, scaled, quiet)
      : await grow(environment, scaled, quiet);
  const names = (machines: { name: string }[]) => machines.map((machine) => machine.name);
  const web = names(machinesOf(now.topology, SCALED_ROLE));
  if (options.json) {
    const took = Number(((Date.now() - since) / 1000).toFixed(1));
    const result = {
      lab: environment.name,
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

/** A new web machine comes with every role of the lab: LabError in a lab in which the student builds some of them. */
async function requireWholeStack({ folder, root, topology }: Environment): Promise<void> {
  const { current } = await readState(folder);
  const needs = readLabs(root).find(({ id }) => id === current)?.needs;
  const bare = ROLE_NAMES.filter(
    (role) => machinesOf(topology, role).length > 0 && needs?.solved.includes(role) === false,
  );
  if (bare.length === 0) return;
  throw new LabError(
    {
      en: `Lab ${current} begins without ${bare.join(', ')}, and \`lab scale\` would apply these roles as well.`,
      fr: `Le lab ${current} commence sans ${bare.join(', ')}, et \`lab scale\` appliquerait aussi ces rôles.`,
    },
    {
      en: '`lab up --all-roles` saves your work and makes the whole stack, which can be scaled.',
      fr: '`lab up --all-roles` sauvegarde votre travail et construit toute la pile, que l’on peut agrandir.',
    },
  );
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

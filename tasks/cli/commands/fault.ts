import { label, say, table } from '../../base/text.ts';
import { insideOf } from '../../engines/engine.ts';
import { existingEnvironment } from '../../environment/record.ts';
import { brokenOn, undoBroken } from '../../exercises/session/broken.ts';
import { openSession } from '../../exercises/session/session.ts';
import { faultWords } from '../../measure/drill/names.ts';
import { openDrillSite } from '../../measure/drill/site.ts';
import { breakNow } from '../../measure/drill/standing.ts';
import { timersOf } from '../../roles/timers.ts';
import { clockOf } from '../../watch/model/words.ts';
import { type TargetOptions, targetFrom } from './fault-target.ts';

export interface FaultOptions extends TargetOptions {
  name: string;
  undo?: boolean;
  json?: boolean;
}

/** Whether a command line lists what is broken, and changes nothing. */
export const listsFaults = (options: object, words: string[]): boolean =>
  words.length === 0 && !['undo', 'fault', 'holder'].some((name) => name in options);

/** Breaks something that stays broken until it is undone, undoes all, or lists what is broken. */
export async function fault(machine: string | undefined, options: FaultOptions): Promise<number> {
  if (options.undo) return undoAll(options);
  if (listsFaults(options, machine ? [machine] : [])) return list(options);
  const target = targetFrom(machine, options);
  const site = await openDrillSite(await existingEnvironment(options.name));
  const made = await breakNow(site, target);
  const words = faultWords(made);
  if (options.json) console.log(JSON.stringify(made));
  else
    console.log(
      say({
        en: `Broken: ${words.en}. \`lab fault --undo\` undoes it.`,
        fr: `Cassé : ${words.fr}. \`lab fault --undo\` l'annule.`,
      }),
    );
  return 0;
}

async function undoAll({ name, json }: FaultOptions): Promise<number> {
  const session = await openSession(name);
  const { environment, engine } = session;
  const undone: string[] = [];
  await undoBroken(
    session,
    {
      ...{ engine, topology: environment.topology },
      nic: insideOf(environment.record.engine, environment.topology).nic,
      factor: timersOf(environment.record).factor,
    },
    (words) => {
      undone.push(say(words));
      if (!json) console.log(`${label({ en: 'Undone', fr: 'Annulée' })} ${say(words)}.`);
    },
  );
  if (json) console.log(JSON.stringify({ undone }));
  else if (undone.length === 0) console.log(nothing());
  return 0;
}

async function list({ name, json }: FaultOptions): Promise<number> {
  const { environment, state, labs } = await openSession(name);
  const broken = brokenOn(environment.folder, state, labs);
  if (json) console.log(JSON.stringify(broken, null, 2));
  else if (broken.length === 0) console.log(nothing());
  else console.log(table(broken.map(({ since, words }) => [clockOf(since), say(words)])).join('\n'));
  return 0;
}

const nothing = () => say({ en: 'Nothing is broken on purpose.', fr: "Rien n'est cassé exprès." });

import { LabError } from '../../base/errors.ts';
import { say } from '../../base/text.ts';
import type { NamedFault } from '../../exercises/guides/model.ts';
import { faultNamed, makeFault, undoFault } from '../../exercises/session/faults.ts';
import { closeMended, solveIncidents } from '../../exercises/session/incidents.ts';
import { type LabSession, openSession } from '../../exercises/session/session.ts';
import { incidentsOf, nextIncident } from '../../exercises/state/incident-order.ts';
import { changeState, remember } from '../../exercises/state/state.ts';

export interface BreakOptions {
  name: string;
  undo?: boolean;
  random?: boolean;
  solve?: boolean;
}

/**
 * `lab break [NAME]`: makes a fault of a lab; without a name lists them; `--random` takes one that is not shown; `--solve`
 * gives such a one up.
 */
export async function breakLab(wish: string | undefined, options: BreakOptions): Promise<number> {
  const session = await openSession(options.name);
  // What breaks a lab without machines only proves its checks.
  session.labs = session.labs.filter(({ needs }) => needs.machines !== 'none');
  if (options.undo) return undoAll(session);
  if (options.solve) return giveUp(session);
  const { state, labs } = session;
  if (wish === undefined && !options.random) {
    const own = labs.find((lab) => lab.id === state.current);
    for (const lab of own ? [own] : labs)
      for (const [name, fault] of Object.entries(lab.faults))
        if (!fault.secret) console.log(`${lab.id}/${name.padEnd(24)} ${say(fault.title)}`);
    return 0;
  }
  if (wish === undefined) await closeMended(session);
  const named = wish === undefined ? hidden(session) : faultNamed(labs, wish, state.current);
  const open = await makeFault(session, named);
  await changeState(session, (now) =>
    remember(now, { kind: 'break', what: `${named.guide.id}/${named.name}` }),
  );
  console.log(
    options.random || named.fault.secret
      ? say({
          en: 'Something was broken. Find it and mend it; `lab check` says when all is well again.',
          fr: 'Quelque chose a été cassé. Trouvez et réparez ; `lab check` dit quand tout va de nouveau bien.',
        })
      : say({
          en: `Broken: ${named.fault.title.en} (${open.machine}). \`lab break --undo\` undoes it.`,
          fr: `Cassé : ${named.fault.title.fr} (${open.machine}). \`lab break --undo\` l'annule.`,
        }),
  );
  return 0;
}

/** The current lab's next incident where it has some, else any of its faults (of all labs when none is current). */
function hidden({ state, labs }: LabSession): NamedFault {
  const own = labs.find((lab) => lab.id === state.current);
  const incident = own && nextIncident(own, incidentsOf(state.history, own.id), state.student, state.code);
  if (incident) return incident;
  const all = (own ? [own] : labs).flatMap((guide) =>
    Object.entries(guide.faults).map(([name, fault]) => ({ guide, name, fault })),
  );
  const named = all[Math.floor(Math.random() * all.length)];
  if (named) return named;
  throw new LabError(
    { en: 'This lab has no faults.', fr: "Ce lab n'a pas de panne." },
    {
      en: 'choose a fault of another lab by its name.',
      fr: "choisissez par son nom une panne d'un autre lab.",
    },
  );
}

async function undoAll(session: LabSession): Promise<number> {
  const { state } = session;
  for (const open of [...state.faults].reverse()) {
    await undoFault(session, open);
    await changeState(session, (now) => remember(now, { kind: 'undo', what: `${open.lab}/${open.name}` }));
    console.log(
      say({
        en: `Undone: ${open.name} on ${open.machine}.`,
        fr: `Annulée : ${open.name} sur ${open.machine}.`,
      }),
    );
  }
  return 0;
}

async function giveUp(session: LabSession): Promise<number> {
  const solved = await solveIncidents(session);
  if (solved === 0)
    throw new LabError(
      { en: 'No incident is open.', fr: "Aucun incident n'est en cours." },
      { en: 'make one with `lab break --random`.', fr: 'provoquez-en un avec `lab break --random`.' },
    );
  console.log(
    say({
      en: 'Mended, and its report written in your place; the history of the lab says so.',
      fr: "Réparé, et son rapport écrit à votre place ; l'historique du lab le dit.",
    }),
  );
  return 0;
}

import { faultNamed, makeFault, undoFault } from '../labs/faults.ts';
import { remember } from '../labs/history.ts';
import { openSession } from '../labs/session.ts';
import { writeState } from '../labs/state.ts';
import { LabError } from '../ui/errors.ts';
import { say } from '../ui/text.ts';

/** `lab break [NAME]`: makes a fault of a lab; without a name lists them; `--random` takes one that is not shown. */
export async function breakLab(
  wish: string | undefined,
  options: { name: string; undo?: boolean; random?: boolean },
): Promise<number> {
  const session = await openSession(options.name);
  const { state, labs } = session;
  if (options.undo) {
    for (const open of [...state.faults].reverse()) {
      await undoFault(session, open);
      console.log(
        say({
          en: `Undone: ${open.name} on ${open.machine}.`,
          fr: `Annulée : ${open.name} sur ${open.machine}.`,
        }),
      );
    }
    return 0;
  }
  const own = labs.find((one) => one.id === state.current);
  if (wish === undefined && !options.random) {
    for (const lab of own ? [own] : labs)
      for (const [name, fault] of Object.entries(lab.faults))
        if (!fault.secret) console.log(`${lab.id}/${name.padEnd(24)} ${say(fault.title)}`);
    return 0;
  }
  let named = wish === undefined ? undefined : faultNamed(labs, wish, state.current);
  if (!named) {
    const secret = labs
      .filter((lab) => !own || lab === own)
      .flatMap((guide) => Object.entries(guide.faults).map(([name, fault]) => ({ guide, name, fault })));
    named = secret[Math.floor(Math.random() * secret.length)];
  }
  if (!named)
    throw new LabError(
      { en: 'This lab has no faults.', fr: "Ce lab n'a pas de panne." },
      {
        en: 'choose a fault of another lab by its name.',
        fr: "choisissez par son nom une panne d'un autre lab.",
      },
    );
  const open = await makeFault(session, named);
  const hidden = options.random || named.fault.secret;
  remember(state, { kind: 'break', what: `${named.guide.id}/${named.name}` });
  await writeState(session.lab.folder, state);
  console.log(
    hidden
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

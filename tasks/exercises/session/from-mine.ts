import { LabError } from '../../base/errors.ts';
import { poll } from '../../base/poll.ts';
import { say, type Text } from '../../base/text.ts';
import type { Outcome, StepResult } from '../checks/result.ts';
import type { LabGuide } from '../guides/model.ts';
import { againFrom, type Offer, type Refused } from './offers.ts';
import type { MachineFiles, Placed } from './place.ts';

/** Files of the student's that a lab began with. */
export interface Laid {
  /** NN */
  lab: string;
  /** Paths, by machine. */
  machines: Record<string, string[]>;
  /** What the kit had done in the student's place in that lab. */
  done: string[];
}

/** What a lab began with, of what the student had. */
export interface FromMine {
  own: Laid[];
  kit: Refused[];
}

/** The machines of a lab that begins: what is done of it with a student's files. */
export interface Ground {
  /** Puts the machines back to where the lab begins with the kit's files alone. LabError where that fails. */
  again(): Promise<void>;
  /** Gives a machine the student's files instead of the kit's (place.ts). LabError where that cannot be done. */
  place(machine: MachineFiles, keys: string[]): Promise<Placed>;
  /** What the lab begins with, as its begins.ts says; one step. */
  begins(): Promise<StepResult>;
  /** Steps of an earlier lab. */
  steps(lab: LabGuide, ids: string[]): Promise<StepResult[]>;
  /** Seconds that a lab of this speed may take until it holds. */
  patience: number;
}

/** Nothing speaks against it: what a step asks of faults that must be survived is not tried. */
const holds = ({ outcome, cause }: { outcome: Outcome; cause?: StepResult['cause'] }): boolean =>
  outcome === 'passed' || cause?.id === 'trial';

/**
 * Lays a student's files over the kit's, on machines where the lab has just begun. They stay where the steps of the labs that they are of hold with
 * them, and so does what this lab begins with. Those of a lab where they do not go, on all of its machines: then these begin once more with the
 * kit's, and the others are laid again. No machine is left with a part of each. LabError only where `again` throws.
 */
export async function layFiles(
  guide: LabGuide,
  offers: Offer[],
  ground: Ground,
  tell: (line: string) => void,
): Promise<FromMine> {
  const kit: Refused[] = [];
  if (offers.length === 0) return { own: [], kit };
  const first = await until(ground, () => ground.begins());
  if (!holds(first)) return { own: [], kit: offers.map((offer) => refusedAs(offer, unproven(guide, first))) };
  let left = offers;
  for (;;) {
    const own: Laid[] = [];
    const failed = await firstFailing(left, own, guide, ground, tell);
    if (!failed) return { own, kit };
    kit.push(refusedAs(failed.offer, failed.why, againFrom(failed.offer.lab, guide)));
    left = left.filter((offer) => offer !== failed.offer);
    tell(say({ en: "the kit's files come back", fr: 'les fichiers du kit reviennent' }));
    await ground.again();
    if (left.length === 0) return { own: [], kit };
  }
}

interface Failed {
  offer: Offer;
  why: Text;
}

/** Lays these files and says which of them cannot stay; adds those that were laid to `own`. */
async function firstFailing(
  offers: Offer[],
  own: Laid[],
  guide: LabGuide,
  ground: Ground,
  tell: (line: string) => void,
): Promise<Failed | undefined> {
  for (const offer of offers) {
    const laid: Laid = { lab: offer.lab.id, machines: {}, done: offer.done };
    for (const { keys, ...machine } of offer.machines) {
      tell(
        say({
          en: `${machine.machine}: your files of lab ${offer.lab.id}`,
          fr: `${machine.machine} : vos fichiers du lab ${offer.lab.id}`,
        }),
      );
      const why = await placed(ground, machine, keys);
      if (why) return { offer, why };
      laid.machines[machine.machine] = [...machine.files.keys()].sort();
    }
    own.push(laid);
  }
  tell(say({ en: 'checks', fr: 'vérifications' }));
  for (const offer of offers) {
    const steps = await until(ground, () => ground.steps(offer.lab, offer.steps));
    const failing = steps.find((step) => !holds(step));
    if (failing) return { offer, why: saidOf(failing) };
    const missing = offer.steps.find((id) => !steps.some((step) => step.id === id));
    if (missing !== undefined)
      return {
        offer,
        why: { en: `step ${missing} was not judged`, fr: `l'étape ${missing} n'a pas été jugée` },
      };
  }
  const begins = await until(ground, () => ground.begins());
  const last = offers.at(-1);
  // Of several the last one may be innocent: the others are tried without it.
  return holds(begins) || !last ? undefined : { offer: last, why: notBegun(guide, begins) };
}

/** Places files; why they cannot stay, undefined when they can. */
async function placed(ground: Ground, machine: MachineFiles, keys: string[]): Promise<Text | undefined> {
  try {
    const { broken } = await ground.place(machine, keys);
    if (broken.length === 0) return undefined;
    const units = broken.join(', ');
    return {
      en: `${units} does not run with them on ${machine.machine}`,
      fr: `${units} ne tourne pas avec eux sur ${machine.machine}`,
    };
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return inWords(error.what);
  }
}

/** A sentence as a part of another one. */
const inWords = ({ en, fr }: Text): Text => ({ en: en.replace(/\.$/, ''), fr: fr.replace(/\.$/, '') });

/** Asks until all holds, or the patience is over. */
const until = <T extends StepResult | StepResult[]>(ground: Ground, ask: () => Promise<T>): Promise<T> =>
  poll(ask, (found) => [found].flat().every(holds), { every: 1, seconds: ground.patience });

const refusedAs = ({ lab, machines }: Offer, why: Text, fix?: Text): Refused => ({
  labs: [lab.id],
  machines: machines.map(({ machine }) => machine),
  why,
  ...(fix ? { fix } : {}),
});

/** What a step lacks, in a few words. */
function lacks({ findings, cause }: StepResult): Text {
  const finding = findings.find(({ outcome }) => outcome === 'failed' || outcome === 'not-judged');
  if (!finding) return cause?.text ?? { en: 'it does not hold', fr: "elle n'est pas acquise" };
  const found = (language: 'en' | 'fr') => {
    const text = (finding.found?.[language] ?? '').trim().split('\n')[0] ?? '';
    return text === '' ? '' : `${language === 'fr' ? ' ; trouvé : ' : '; found: '}${text.slice(0, 120)}`;
  };
  return { en: `${finding.title.en}${found('en')}`, fr: `${finding.title.fr}${found('fr')}` };
}

function saidOf(step: StepResult): Text {
  const { en, fr } = lacks(step);
  return {
    en: `with them step ${step.id} does not hold (${en})`,
    fr: `avec eux, l'étape ${step.id} n'est pas acquise (${fr})`,
  };
}

function notBegun({ id }: LabGuide, step: StepResult): Text {
  const { en, fr } = lacks(step);
  return {
    en: `with them there is not what lab ${id} begins with (${en})`,
    fr: `avec eux, il n'y a pas ce dont part le lab ${id} (${fr})`,
  };
}

function unproven({ id }: LabGuide, step: StepResult): Text {
  const { en, fr } = lacks(step);
  return {
    en: `what lab ${id} begins with does not hold on this computer with the kit's own files either (${en}), so yours were not tried`,
    fr: `ce dont part le lab ${id} n'est pas là sur cet ordinateur, même avec les fichiers du kit (${fr}) : les vôtres n'ont pas été essayés`,
  };
}

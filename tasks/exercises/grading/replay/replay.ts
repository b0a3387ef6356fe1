import { LabError, messageOf } from '../../../base/errors.ts';
import { poll } from '../../../base/poll.ts';
import { say, type Text } from '../../../base/text.ts';
import type { Facts } from '../../checks/probe.ts';
import type { Outcome } from '../../checks/result.ts';
import { carriedOf } from '../../guides/carried.ts';
import type { LabGuide } from '../../guides/model.ts';
import type { MachineFiles, Placed } from '../../session/place.ts';
import { filesIn } from './files.ts';

/** Whose work of which lab is built again. */
export interface Wanted {
  lab: LabGuide;
  student: string | undefined;
  code?: string | undefined;
  facts: Facts;
  /** Ids of the steps that the bundle's facts show to hold. */
  claimed: string[];
}

/** What a step does; untried: nothing speaks against it before its faults are made. */
export type Seen = Outcome | 'untried';

/** The lab that a student's work is built again in. */
export interface Bench {
  /** Begins the lab with this student's values, and does what its guide says. LabError where that cannot be done. */
  build(wanted: Pick<Wanted, 'lab' | 'student' | 'code'>, tell: (line: string) => void): Promise<void>;
  /**
   * Gives a machine the student's files instead of those that it has, and starts the services that read them again: paths that differed, services
   * that do not run then. `settled` is waited for before anything is changed, and not asked for where nothing is.
   */
  place(machine: MachineFiles, settled: () => Promise<void>): Promise<Placed>;
  /** What each step of the lab does; with `trials`, under its faults. */
  judge(lab: LabGuide, trials: boolean): Promise<Map<string, Seen>>;
  /** Seconds that a lab of this speed may take until it holds. */
  patience: number;
}

/** What came of a student's work when it was built again. */
export interface Replayed {
  /** NN */
  lab: string;
  /** What each step did. */
  steps: Record<string, Seen>;
  /** Steps that hold by the bundle's facts and did not when they were built again. */
  differences: string[];
  /** Files that are not as in the guide, by machine. */
  changed: Record<string, string[]>;
  /** Services that do not run with them, by machine. */
  broken: Record<string, string[]>;
  /** Files in the bundle that this lab has nobody write, by machine. */
  refused: Record<string, string[]>;
  seconds: number;
}

/** Why nothing was built again: says nothing about the student. */
export interface NotReplayed {
  why: Text;
}

export const isReplayed = (result: Replayed | NotReplayed): result is Replayed => 'steps' in result;

/** Why a bundle cannot be built again; undefined when it can. */
export function whyNot({ lab, facts, claimed }: Wanted): Text | undefined {
  const carried = carriedOf(lab);
  if (carried.size === 0)
    return {
      en: `lab ${lab.id} has no configuration written: what is done there is measured or mended`,
      fr: `le lab ${lab.id} ne fait écrire aucune configuration : ce qu'on y fait se mesure ou se répare`,
    };
  if (lab.needs.application === 'nextcloud')
    return {
      en: `lab ${lab.id} is about Nextcloud, which the lab of a replay does not have`,
      fr: `le lab ${lab.id} porte sur Nextcloud, que le lab d'un rejeu n'a pas`,
    };
  if (filesIn(facts, carried).length === 0)
    return {
      en: 'it carries no files: made with an older version of the kit, or no machine answered',
      fr: "il ne contient aucun fichier : fait avec une version plus ancienne du kit, ou aucune machine n'a répondu",
    };
  if (claimed.length === 0)
    return { en: 'none of its steps holds', fr: "aucune de ses étapes n'est acquise" };
  return undefined;
}

/**
 * Builds a student's work again and judges it. The commands of the guide are done as it says; the files that it has its reader write are
 * then the student's, and what reads them starts again.
 */
export async function replay(
  wanted: Wanted,
  bench: Bench,
  tell: (line: string) => void,
): Promise<Replayed | NotReplayed> {
  const reason = whyNot(wanted);
  if (reason) return { why: reason };
  const since = Date.now();
  const { lab, facts, claimed } = wanted;
  try {
    await built(wanted, bench, tell);
    const own = await until(
      bench,
      lab,
      lab.steps.map(({ id }) => id),
    );
    const without = lab.steps.flatMap(({ id }) => (holds(own, id) ? [] : [id])).join(', ');
    if (without !== '') return unproven(without);
    const machines = filesIn(facts, carriedOf(lab));
    tell(say({ en: 'the files of the student', fr: "les fichiers de l'étudiant" }));
    const changed: Record<string, string[]> = {};
    const broken: Record<string, string[]> = {};
    // One machine after the other, each when the one before has settled: as who works on a cluster does. The last one has all the time below.
    const settled = async () => {
      if (Object.keys(changed).length > 0) await until(bench, lab, claimed, bench.patience / SETTLING);
    };
    for (const machine of machines) {
      tell(machine.machine);
      const placed = await bench.place(machine, settled);
      if (placed.changed.length === 0) continue;
      changed[machine.machine] = placed.changed;
      if (placed.broken.length > 0) broken[machine.machine] = placed.broken;
    }
    const steps = await outcomes(wanted, bench, tell);
    return {
      lab: lab.id,
      steps: Object.fromEntries(steps),
      differences: claimed.filter((id) => !holds(steps, id)),
      ...{ changed, broken },
      refused: Object.fromEntries(
        machines.flatMap(({ machine, refused }) => (refused.length > 0 ? [[machine, refused]] : [])),
      ),
      seconds: Math.round((Date.now() - since) / 1000),
    };
  } catch (error) {
    const why = error instanceof LabError ? error.what : { en: messageOf(error), fr: messageOf(error) };
    return { why };
  }
}

/** The lab with the guide's own work in it. What goes wrong once on a busy computer need not do so twice. LabError where it does. */
async function built(wanted: Wanted, bench: Bench, tell: (line: string) => void): Promise<void> {
  try {
    await bench.build(wanted, tell);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    tell(say(error.what));
    await bench.build(wanted, tell);
  }
}

/** What the steps do once those that are claimed hold, or have not in time; then under their faults, a second time if that went wrong. */
async function outcomes({ lab, claimed }: Wanted, bench: Bench, tell: (line: string) => void) {
  tell(say({ en: 'checks', fr: 'vérifications' }));
  const plain = await until(bench, lab, claimed);
  if (claimed.some((id) => !holds(plain, id))) return plain;
  tell(say({ en: 'faults that must be survived', fr: 'pannes à surmonter' }));
  const tried = await bench.judge(lab, true);
  if (claimed.every((id) => tried.get(id) === 'passed')) return tried;
  await until(bench, lab, claimed);
  return bench.judge(lab, true);
}

const holds = (steps: Map<string, Seen>, id: string): boolean =>
  ['passed', 'untried'].includes(steps.get(id) ?? '');

/** Which part of its patience a lab has between two machines: half-way it need not hold. */
const SETTLING = 4;

const until = (bench: Bench, lab: LabGuide, ids: string[], seconds = bench.patience) =>
  poll(
    () => bench.judge(lab, false),
    (steps) => ids.every((id) => holds(steps, id)),
    { every: 1, seconds },
  );

/** What the guide itself does not reach here accuses nobody. */
const unproven = (steps: string): NotReplayed => ({
  why: {
    en: `the guide's own work does not hold on this computer (${steps}), so nothing can be said of the student's`,
    fr: `ce que dit le guide n'aboutit pas lui-même sur cet ordinateur (${steps}) : on ne peut rien dire du travail de l'étudiant`,
  },
});

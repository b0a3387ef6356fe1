import type { Text } from '../../../base/text.ts';
import type { Topology } from '../../../topology/model.ts';
import type { Flag } from '../flag.ts';
import type { Grade, Judged } from '../grade.ts';
import { keepReplay, keptReplay, replayKey } from './kept.ts';
import {
  type Bench,
  isReplayed,
  type NotReplayed,
  type Replayed,
  replay,
  type Wanted,
  whyNot,
} from './replay.ts';

/** A bundle that is to be built again. */
export interface ReplayTask {
  grade: Grade;
  wanted: Wanted;
  topology: Topology;
  /** Names its result where results are kept. */
  key: string;
}

/** What is wanted of a judged bundle; a reason where it is made for no lab, or for several. */
function wantedOf({ grade, content, labs, code }: Judged): Wanted | NotReplayed {
  const [lab, ...others] = labs;
  if (!lab || others.length > 0)
    return {
      why: lab
        ? {
            en: 'it was made for several labs: choose one with --lab',
            fr: 'il a été fait pour plusieurs labs : choisissez-en un avec --lab',
          }
        : { en: 'an exam is not built again', fr: "un examen n'est pas rejoué" },
    };
  const claimed = grade.steps.flatMap(({ id, outcome }) => (outcome === 'passed' ? [id] : []));
  return { lab, student: content.student, code, facts: content.facts, claimed };
}

/** What is to be built again of a class. Bundles of which that is known already, or cannot be done, have their result then. */
export async function replayTasks(judged: Judged[], kit: string): Promise<ReplayTask[]> {
  const tasks: ReplayTask[] = [];
  for (const one of judged) {
    const wanted = wantedOf(one);
    const reason = 'why' in wanted ? wanted.why : whyNot(wanted);
    if ('why' in wanted || reason) {
      note(one.grade, { why: reason as Text });
      continue;
    }
    const { grade, topology } = one;
    const key = replayKey(wanted, topology, kit);
    const kept = await keptReplay(key);
    if (kept) note(grade, kept);
    else tasks.push({ grade, wanted, topology, key });
  }
  return tasks;
}

/** Builds one bundle again, unless another one with the same files was meanwhile; keeps what came of it and flags what differs. */
export async function replayTask(
  { grade, wanted, key }: ReplayTask,
  bench: Bench,
  tell: (line: string) => void,
): Promise<Replayed | NotReplayed> {
  const result = (await keptReplay(key)) ?? (await replay(wanted, bench, tell));
  if (isReplayed(result)) await keepReplay(key, result);
  note(grade, result);
  return result;
}

/** Writes the result beside what the facts say. */
function note(grade: Grade, result: Replayed | NotReplayed): void {
  grade.replay = result;
  const flag = isReplayed(result) ? replayFlag(result) : undefined;
  if (flag) grade.flags.push(flag);
}

const listed = (byMachine: Record<string, string[]>): string =>
  Object.entries(byMachine)
    .map(([machine, names]) => `${machine} (${names.join(', ')})`)
    .join(', ');

/** What the bundle says and its files do not do; undefined when they do it. */
export function replayFlag({ differences, changed, broken }: Replayed): Flag | undefined {
  if (differences.length === 0) return undefined;
  const steps = differences.join(', ');
  const down = listed(broken);
  const other = listed(changed);
  const en = [`the bundle says that ${steps} passed, the replay did not`];
  const fr = [`le paquet dit ${steps} acquis, le rejeu ne l'a pas confirmé`];
  if (down) {
    en.push(`does not run with the student's files: ${down}`);
    fr.push(`ne tourne pas avec les fichiers de l'étudiant : ${down}`);
  }
  if (other) {
    en.push(`other files than the guide's: ${other}`);
    fr.push(`fichiers autres que ceux du guide : ${other}`);
  }
  return { kind: 'replay', text: { en: en.join('; '), fr: fr.join(' ; ') } };
}

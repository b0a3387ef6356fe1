import { type CheckResult, stepsOf } from '../checks/result.ts';
import type { LabGuide } from '../guides/model.ts';
import { CLOCK_SLACK } from '../state/state.ts';
import type { Bundle } from './bundle.ts';
import type { Flag, Report } from './flag.ts';
import { identityFlags, type Known } from './identity.ts';
import { incompleteFlag, type Missing } from './incomplete.ts';
import { checkedAt, recordFlags, solvedFlags } from './record.ts';
import type { Enrolled } from './students.ts';
import type { JudgedWith } from './topology.ts';

/**
 * Signs that a bundle is not what it claims, or not whole, from itself, what was judged again, and the teacher's list. `judgedWith`: the
 * teacher's topology; `missing`: what the checks ask for and the bundle does not have.
 */
export function flagsOf(
  bundle: Bundle,
  judged: Pick<CheckResult, 'labs'>,
  known: {
    enrolled: Enrolled[];
    deadline: string | undefined;
    students: Known[];
    /** Labs that it is judged for. */
    labs: LabGuide[];
    /** The class has a seed of its own. */
    seeded: boolean;
    judgedWith: JudgedWith;
    missing: Missing;
  },
): Flag[] {
  const { content } = bundle;
  const flags: Flag[] = [];
  const flag = (kind: Flag['kind'], en: string, fr: string) => flags.push({ kind, text: { en, fr } });
  if (!bundle.intact)
    flag(
      'signature',
      'the content was changed after it was signed',
      'le contenu a été modifié après la signature',
    );
  const enrolled = known.enrolled.filter((enrolled) => enrolled.student === content.student);
  const keys = enrolled.flatMap(({ key }) => key ?? []);
  if (content.student === undefined) flag('nobody', 'it names no student', 'aucun étudiant n’est nommé');
  else if (known.enrolled.length > 0 && enrolled.length === 0)
    flag('nobody', `${content.student} is not on the list`, `${content.student} n'est pas sur la liste`);
  if (keys.length > 0 && !keys.includes(bundle.key))
    flag(
      'key',
      'signed with another key than the one enrolled',
      'signé avec une autre clé que celle inscrite',
    );

  const now = new Map(stepsOf(judged).map((step) => [step.id, step]));
  const wrong = stepsOf(content.result).filter(
    (step) => now.has(step.id) && now.get(step.id)?.outcome !== step.outcome,
  );
  // A newer kit asks for more, and what waits for such a step is not judged: nothing to accuse anybody of.
  const causes = new Set([...known.missing.answers].map((id) => now.get(id)?.cause?.id ?? id));
  const untried = known.missing.trials;
  const unasked = (id: string) =>
    known.missing.answers.has(id) || untried.has(id) || causes.has(now.get(id)?.cause?.id ?? '');
  const others = wrong.flatMap(({ id }) => (unasked(id) && !untried.has(id) ? [id] : []));
  const other = others.join(', ');
  const own = wrong.flatMap(({ id }) => (unasked(id) ? [] : [id])).join(', ');
  if (own)
    flag(
      'results',
      `its results do not follow from its facts (${own})`,
      `ses résultats ne découlent pas de ses faits (${own})`,
    );
  if (other)
    flag(
      'checks',
      `collected with other checks than these (${other}): have it checked again with this version of the kit`,
      `collecté avec d'autres contrôles que ceux-ci (${other}) : faites vérifier de nouveau avec cette version du kit`,
    );

  topology(known.judgedWith, flag);
  const incomplete = incompleteFlag(content, known.missing, stepsOf(judged), new Set(others));
  if (incomplete) flags.push(incomplete);

  const added = new Set(known.judgedWith.added);
  identityFlags(bundle, known.students, added, flag);
  recordFlags(bundle, known.labs, added, flag);
  clocks(bundle, flag);
  solvedFlags(content, known.labs, flag);
  if (known.seeded && !content.coded)
    flag(
      'code',
      "made without the class's code (`lab start --code`)",
      'fait sans le code de la classe (`lab start --code`)',
    );
  if (known.deadline && content.created > known.deadline)
    flag('late', `handed in after ${known.deadline}`, `remis après ${known.deadline}`);
  return flags;
}

/** Facts of another topology than the teacher's may be easier to have. */
function topology({ topology, differences }: JudgedWith, flag: Report): void {
  if (differences.length === 0) return;
  const [en, fr] = [
    differences.map((difference) => difference.en).join(', '),
    differences.map((difference) => difference.fr).join(', '),
  ];
  flag(
    'topology',
    `it was made on another topology than ${topology.name}: ${en}`,
    `il a été fait sur une autre topologie que ${topology.name} : ${fr}`,
  );
}

/** The machines' own clocks and the computer's, which say when it was really made. */
function clocks({ content }: Bundle, flag: Report): void {
  const collected = Date.parse(content.facts.collected);
  const created = Date.parse(content.created);
  const lastCheck = Date.parse(checkedAt(content) ?? content.created);
  const away = Object.entries(content.facts.machines).filter(
    ([, machine]) =>
      machine.identity.now !== undefined &&
      Math.abs(Number(machine.identity.now) * 1000 - collected) > CLOCK_SLACK,
  );
  if (away.length > 0) {
    const names = away.map(([name]) => name).join(', ');
    flag(
      'clock',
      `the clocks of ${names} tell another time than the bundle`,
      `les horloges de ${names} donnent une autre heure que le paquet`,
    );
  } else if (Math.abs(created - collected) > CLOCK_SLACK || Math.abs(created - lastCheck) > CLOCK_SLACK)
    flag('clock', 'its times do not fit each other', 'ses heures ne concordent pas');
}

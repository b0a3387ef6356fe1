import type { CheckResult } from '../checks/result.ts';
import { stepsOf } from '../checks/result.ts';
import { historyFlaws } from '../labs/history.ts';
import { markOf } from '../labs/start.ts';
import type { Text } from '../ui/text.ts';
import type { Bundle } from './bundle.ts';

/** What a teacher should look at, with the name of what was noticed. */
export interface Flag {
  kind:
    | 'signature'
    | 'key'
    | 'results'
    | 'checks'
    | 'copied'
    | 'mark'
    | 'history'
    | 'clock'
    | 'solved'
    | 'late'
    | 'nobody'
    | 'incomplete';
  text: Text;
}

/** What the teacher knows of a student. */
export interface Enrolled {
  student: string;
  /** Fingerprint of the lab's key, if the teacher collected it. */
  key: string | undefined;
}

/** Reads a list of students: lines `student` or `student,key`; `#` begins a remark. */
export function readEnrolled(text: string): Enrolled[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.split(/[,;]/).map((part) => part.trim()))
    .filter(([student]) => student && !student.startsWith('#') && student !== 'student')
    .map(([student = '', key]) => ({ student: student.toLowerCase(), key: key || undefined }));
}

const MINUTES = 60_000;

/**
 * Signs that a bundle is not what it claims, from itself, what was judged again, and the teacher's list. `unasked`: ids of steps
 * that ask for facts which the bundle does not have.
 */
export function flagsOf(
  bundle: Bundle,
  judged: Pick<CheckResult, 'labs'>,
  known: {
    enrolled: Enrolled[];
    deadline: string | undefined;
    students: string[];
    unasked: ReadonlySet<string>;
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
  const enrolled = known.enrolled.find((one) => one.student === content.student);
  if (content.student === undefined) flag('nobody', 'it names no student', 'aucun étudiant n’est nommé');
  else if (known.enrolled.length > 0 && !enrolled)
    flag('nobody', `${content.student} is not on the list`, `${content.student} n'est pas sur la liste`);
  if (enrolled?.key && enrolled.key !== bundle.key)
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
  const causes = new Set([...known.unasked].map((id) => now.get(id)?.cause?.id ?? id));
  const unasked = (id: string) => known.unasked.has(id) || causes.has(now.get(id)?.cause?.id ?? '');
  const [other, own] = [wrong.filter(({ id }) => unasked(id)), wrong.filter(({ id }) => !unasked(id))].map(
    (steps) => steps.map(({ id }) => id).join(', '),
  );
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

  if (content.student !== undefined) marks(bundle, content.student, known.students, flag);
  const flaws = historyFlaws(content.history);
  if (flaws.length > 0)
    flag('history', `its history was changed: ${flaws[0]}`, `son historique a été modifié : ${flaws[0]}`);
  clocks(bundle, flag);
  solved(bundle, flag);
  if (known.deadline && content.created > known.deadline)
    flag('late', `handed in after ${known.deadline}`, `remis après ${known.deadline}`);
  return flags;
}

type Report = (kind: Flag['kind'], en: string, fr: string) => void;

/** Whose machines the facts are of: each machine carries a mark that belongs to one student. */
function marks({ content }: Bundle, student: string, students: string[], flag: Report): void {
  const answered = Object.entries(content.facts.machines).filter(
    ([, one]) => one.identity.hostname !== undefined,
  );
  const foreign = answered.filter(([name, one]) => one.identity.mark !== markOf(student, name));
  if (foreign.length === 0) return;
  const owner = students.find((other) =>
    foreign.some(([name, one]) => one.identity.mark === markOf(other, name)),
  );
  const names = foreign.map(([name]) => name).join(', ');
  if (owner !== undefined)
    flag(
      'copied',
      `the machines are those of ${owner} (${names})`,
      `les machines sont celles de ${owner} (${names})`,
    );
  else
    flag(
      'mark',
      `the machines do not carry the student's mark (${names})`,
      `les machines ne portent pas la marque de l'étudiant (${names})`,
    );
}

/** What the kit did in the student's place since the lab began: `lab solve`, `lab break --solve`. */
function solved({ content }: Bundle, flag: Report): void {
  const done = content.asked.flatMap((wish) => {
    const id = wish.slice(0, 2);
    const from = content.history.findLastIndex(({ kind, what }) => kind === 'start' && what === id);
    return content.history
      .slice(Math.max(0, from))
      .flatMap(({ kind, what }) => (kind === 'solve' && what.slice(0, 2) === id ? [what] : []));
  });
  const names = [...new Set(done)].join(', ');
  if (names) flag('solved', `the kit did ${names}`, `le kit a fait ${names}`);
}

/** The machines' own clocks and the computer's, which say when it was really made. */
function clocks({ content }: Bundle, flag: Report): void {
  const collected = Date.parse(content.facts.collected);
  const created = Date.parse(content.created);
  const lastCheck = Date.parse(content.history.at(-1)?.at ?? content.created);
  const away = Object.entries(content.facts.machines).filter(
    ([, one]) =>
      one.identity.now !== undefined && Math.abs(Number(one.identity.now) * 1000 - collected) > 10 * MINUTES,
  );
  if (away.length > 0) {
    const names = away.map(([name]) => name).join(', ');
    flag(
      'clock',
      `the clocks of ${names} tell another time than the bundle`,
      `les horloges de ${names} donnent une autre heure que le paquet`,
    );
  } else if (Math.abs(created - collected) > 10 * MINUTES || Math.abs(created - lastCheck) > 10 * MINUTES)
    flag('clock', 'its times do not fit each other', 'ses heures ne concordent pas');
}

/** Bundles of different students that share a key or machines; by the bundle, since files in different folders may have one name. */
export function sharedFlags(bundles: Bundle[]): Map<Bundle, Flag> {
  const flags = new Map<Bundle, Flag>();
  const identities = (bundle: Bundle) => [
    `key ${bundle.key}`,
    ...Object.values(bundle.content.facts.machines).flatMap(({ identity }) =>
      identity.boot ? [`boot ${identity.boot}`] : [],
    ),
  ];
  const owner = new Map<string, Bundle>();
  for (const bundle of bundles)
    for (const identity of identities(bundle)) {
      const first = owner.get(identity);
      if (!first) owner.set(identity, bundle);
      else if (first.content.student !== bundle.content.student)
        flags.set(bundle, {
          kind: 'copied',
          text: {
            en: `shares its key or machines with ${first.file}`,
            fr: `partage sa clé ou ses machines avec ${first.file}`,
          },
        });
    }
  return flags;
}

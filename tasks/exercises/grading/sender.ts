import type { Flag } from './flag.ts';
import type { Participant } from './handed-in.ts';
import type { Enrolled } from './students.ts';

/** What of a grade is looked at here. */
interface Sent {
  participant?: Participant;
  student: string;
  flags: Flag[];
}

/** Who handed a bundle in, as the learning platform has it, is the student that it names. */
export function senderFlags(grades: Sent[], enrolled: Enrolled[]): void {
  for (const grade of grades) {
    const { participant, student } = grade;
    if (!participant || student === '?') continue;
    const names = enrolled.flatMap((other) => (other.student === student && other.name ? [other.name] : []));
    const others = grades.filter(
      (other) => other.student === student && other.participant && other.participant.id !== participant.id,
    );
    if (names.length > 0 && !names.some((name) => sameName(name, participant.name)))
      grade.flags.push({
        kind: 'copied',
        text: {
          en: `${participant.name} handed it in, and ${student} is ${names[0]}`,
          fr: `remis par ${participant.name}, alors que ${student} est ${names[0]}`,
        },
      });
    else if (others.length > 0 && names.length === 0) {
      const also = others.map((other) => other.participant?.name).join(', ');
      grade.flags.push({
        kind: 'copied',
        text: {
          en: `${participant.name} handed it in for ${student}, as did ${also}`,
          fr: `remis par ${participant.name} au nom de ${student}, comme l'a fait ${also}`,
        },
      });
    }
  }
}

/** The same person's name, in whichever order, case and accents. */
function sameName(one: string, other: string): boolean {
  const words = (name: string) =>
    name
      .normalize('NFD')
      .replaceAll(/\p{M}/gu, '')
      .toLowerCase()
      .split(/[^\p{L}\d]+/u)
      .filter(Boolean)
      .sort()
      .join(' ');
  return words(one) === words(other);
}

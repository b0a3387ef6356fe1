import { createHash, createHmac } from 'node:crypto';

/** Letters and digits that are not taken for each other. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
/** Of a code: letters that follow from the class's seed, and those that prove the others. */
const OWN = 12;
const PROOF = 4;

/** So many letters of a digest. */
export const lettersOf = (bytes: Buffer, count: number): string =>
  [...Array(count).keys()].map((at) => LETTERS[(bytes[at % bytes.length] ?? 0) % LETTERS.length]).join('');

/** What a student's values follow from besides his identifier: his code, or what everybody knows. */
export const secretOf = (code: string | undefined): string => code ?? 'ha-lab';

const proofOf = (student: string, own: string) =>
  lettersOf(createHash('sha256').update(`${student}\0${own}`).digest(), PROOF);

/**
 * A student's code in a class with a seed of its own: with it his computer knows his values and marks, and nobody else's. Its last letters
 * tell a mistyped one, and one of another student.
 */
export function codeOf(seed: string, student: string): string {
  const own = lettersOf(createHmac('sha256', seed).update(`code\0${student}`).digest(), OWN);
  return `${own}${proofOf(student, own)}`;
}

/** A code in groups of four letters. */
export const shownCode = (code: string): string => (code.match(/.{1,4}/g) ?? []).join('-');

/** A code as it was typed, if it is this student's; undefined when it is not. */
export function readCode(text: string, student: string): string | undefined {
  const code = text.toLowerCase().replaceAll(/[\s-]/g, '');
  const own = code.slice(0, OWN);
  return code.length === OWN + PROOF && code === `${own}${proofOf(student, own)}` ? code : undefined;
}

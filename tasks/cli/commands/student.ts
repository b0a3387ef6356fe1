import { LabError } from '../../base/errors.ts';
import { readCode } from '../../exercises/guides/student.ts';

/** An identifier that a student cannot mistype into something else: letters, digits, and . _ - @ */
const STUDENT = /^[a-z0-9][a-z0-9._@-]{0,63}$/;

/** A student's identifier as a user wrote it, in lower case. LabError for what cannot be one. */
export function studentNamed(text: string): string {
  const student = text.trim().toLowerCase();
  if (STUDENT.test(student)) return student;
  throw new LabError(
    { en: `"${text}" cannot identify a student.`, fr: `« ${text} » ne peut pas identifier un étudiant.` },
    {
      en: 'use the login or number that the teacher knows: letters, digits, . _ - @.',
      fr: "utilisez l'identifiant ou le numéro connu de l'enseignant : lettres, chiffres, . _ - @.",
    },
  );
}

/** A student and his code as a user wrote them; `known`: whose lab it is. LabError for a code without a student, or that is not his. */
export function ownerNamed(
  asked: { student?: string; code?: string },
  known: string | undefined,
): { student: string; code: string | undefined } {
  const student = asked.student === undefined ? known : studentNamed(asked.student);
  if (student === undefined)
    throw new LabError(
      { en: 'A code needs its student.', fr: 'Un code a besoin de son étudiant.' },
      { en: 'add --student ID.', fr: 'ajoutez --student IDENTIFIANT.' },
    );
  if (asked.code === undefined) return { student, code: undefined };
  const code = readCode(asked.code, student);
  if (code !== undefined) return { student, code };
  throw new LabError(
    { en: `This is not the code of ${student}.`, fr: `Ce n'est pas le code de ${student}.` },
    {
      en: 'copy it as your teacher gave it, 16 letters and digits, with the identifier that he has for you.',
      fr: "recopiez-le tel que l'enseignant l'a donné, 16 lettres et chiffres, avec l'identifiant qu'il connaît.",
    },
  );
}

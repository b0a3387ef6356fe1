import * as z from 'zod';
import { LabError } from '../base/errors.ts';
import { FOLDER } from './places.ts';

export const schoolSchema = z.strictObject({
  /** Address of the provider, as it names itself. */
  issuer: z.url({ protocol: /^https$/ }).max(300),
  clientId: z.string().min(1).max(200),
  /** File with what the provider gave for this client: it is not kept here. */
  secretFile: z.string().regex(FOLDER),
  /** Claim that names a student as the roster does; an address, where the domain is given. */
  claim: z.string().regex(/^[A-Za-z0-9_.:/-]{1,100}$/),
  domain: z
    .string()
    .regex(/^[A-Za-z0-9.-]{1,200}$/)
    .optional(),
  /** Subjects at the provider who are teachers. */
  teachers: z.array(z.string().min(1).max(255)).max(100),
});

/** How students and teachers of a class come in through their school (front/school.ts). */
export type School = z.infer<typeof schoolSchema>;

/** The way in through a school, out of what a user said. LabError for one that cannot be. */
export function schoolFrom(wish: Record<keyof School, unknown>): School {
  const { data, error } = schoolSchema.safeParse(wish);
  if (data) return data;
  const [issue] = error.issues;
  const name = String(issue?.path[0] ?? '');
  throw new LabError(
    {
      en: `This cannot be a sign-in: ${name}: ${issue?.message}.`,
      fr: `Cela ne peut pas être une connexion : ${name} : ${issue?.message}.`,
    },
    {
      en: '`lab class school --help` says what it takes: the https address of the provider, full paths, names of claims.',
      fr: '`lab class school --help` dit ce qu’il attend : adresse https du fournisseur, chemins complets, noms de « claims ».',
    },
  );
}

import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { LabError } from '../../base/errors.ts';
import { writePrivate } from '../../base/files.ts';
import { placesOf } from '../places.ts';

/** Who comes with a personal link; `look`: the teacher, into a lab whose student lets it. */
export type Visitor =
  | { kind: 'student'; student: string }
  | { kind: 'teacher' }
  | { kind: 'look'; student: string };

const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);
const schema = z.strictObject({ teacher: DIGEST.optional(), students: z.record(z.string(), DIGEST) });
/** The digests of links: who reads this file cannot come in with it. */
export type Links = z.infer<typeof schema>;

export const digest = (key: string): string => createHash('sha256').update(key).digest('hex');

/** A new personal key: 256 bits that nobody guesses, so that a plain digest of it is enough. */
const newKey = (): string => randomBytes(32).toString('base64url');

/** LabError when the file is damaged. */
export async function readLinks(folder: string): Promise<Links> {
  const file = placesOf(folder).links;
  if (!existsSync(file)) return { students: {} };
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    throw new LabError(
      { en: `${file} is damaged.`, fr: `${file} est abîmé.` },
      {
        en: 'remove it, and give new links with `lab class links --new`.',
        fr: 'supprimez-le, puis donnez de nouveaux liens avec `lab class links --new`.',
      },
    );
  }
}

export interface NewLink {
  student: string;
  key: string;
}

/**
 * Makes keys for those of the students who have none, or for all of them when `renew`: the earlier ones count no more. Who is not in
 * the class any more has none. They are only ever known here: what is kept is their digests.
 */
export async function giveKeys(
  folder: string,
  wanted: string[],
  all: string[],
  renew: boolean,
): Promise<{ students: NewLink[]; teacher: string | undefined }> {
  const links = await readLinks(folder);
  const students = wanted
    .filter((student) => renew || !Object.hasOwn(links.students, student))
    .map((student) => ({ student, key: newKey() }));
  const teacher = links.teacher === undefined ? newKey() : undefined;
  const kept = Object.entries(links.students).filter(([student]) => all.includes(student));
  const made = students.map(({ student, key }) => [student, digest(key)] as const);
  await writePrivate(
    placesOf(folder).links,
    `${JSON.stringify({ teacher: teacher ? digest(teacher) : links.teacher, students: Object.fromEntries([...kept, ...made]) }, null, 2)}\n`,
  );
  return { students, teacher };
}

/** A new key for the teacher; the earlier one counts no more. */
export async function renewTeacher(folder: string): Promise<string> {
  const key = newKey();
  await writePrivate(
    placesOf(folder).links,
    `${JSON.stringify({ ...(await readLinks(folder)), teacher: digest(key) }, null, 2)}\n`,
  );
  return key;
}

/** Whose key it is; undefined for one that does not count (any more). Digests are compared: how long that takes tells nothing of a key. */
export function visitorOf(links: Links, key: unknown): Visitor | undefined {
  if (typeof key !== 'string') return undefined;
  const wanted = digest(key);
  if (links.teacher === wanted) return { kind: 'teacher' };
  const [student] = Object.entries(links.students).find(([, one]) => one === wanted) ?? [];
  return student === undefined ? undefined : { kind: 'student', student };
}

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { LabError } from '../base/errors.ts';
import { writePrivate } from '../base/files.ts';
import { withLock } from '../base/lock.ts';
import { placesOf } from './places.ts';

/** ms that a student's word lets the teacher look into the lab, and that a link into it counts. */
const LOOK_MS = 3_600_000;
const CODE_MS = 60_000;
/** Messages that are kept. */
const MESSAGES = 20;
/** Characters of one. */
export const MOST_SAID = 500;

const time = z.int().min(0);
const schema = z.strictObject({
  messages: z.array(
    z.strictObject({
      id: z.int().min(1),
      at: time,
      text: z.string().max(MOST_SAID),
      /** Whom it is for; absent: all. */
      to: z.array(z.string()).optional(),
    }),
  ),
  /** Who asks for help, and since when. */
  help: z.record(z.string(), time),
  /** Labs that the teacher wants to look into, and what their students say to it. */
  looks: z.record(
    z.string(),
    z.strictObject({ asked: time, answer: z.enum(['yes', 'no']).optional(), until: time.optional() }),
  ),
  /** Links into a lab, by the digests of their codes; each counts once. */
  codes: z.record(z.string(), z.strictObject({ student: z.string(), until: time })),
});

/** What students and their teacher say to each other; times in ms since 1970. */
export type Talk = z.infer<typeof schema>;
const NOTHING: Talk = { messages: [], help: {}, looks: {}, codes: {} };

/** LabError when the file is damaged. */
export async function readTalk(folder: string): Promise<Talk> {
  const file = placesOf(folder).talk;
  if (!existsSync(file)) return structuredClone(NOTHING);
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    throw new LabError(
      { en: `${file} is damaged.`, fr: `${file} est abîmé.` },
      {
        en: 'remove it: messages and requests for help are lost with it, nothing else.',
        fr: 'supprimez-le : les messages et demandes d’aide sont perdus avec lui, rien d’autre.',
      },
    );
  }
}

/** Changes it, one process at a time; returns what `change` does. */
export function changeTalk<T>(folder: string, change: (talk: Talk) => T): Promise<T> {
  const work = async () => {
    const talk = await readTalk(folder);
    const result = change(talk);
    await writePrivate(placesOf(folder).talk, `${JSON.stringify(talk, null, 1)}\n`);
    return result;
  };
  return withLock(`${placesOf(folder).talk}.lock`, work, () => undefined, { interval: 20 });
}

/** What a terminal or a page would obey is taken out. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for.
const plain = (text: string): string => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '').trim();

/** A message to all, or to some. LabError for one that is empty or too long. Returns what is shown. */
export function say(talk: Talk, wish: string, to: string[] | undefined, now: number): string {
  const text = plain(wish);
  if (text === '' || text.length > MOST_SAID)
    throw new LabError(
      {
        en: `A message has between 1 and ${MOST_SAID} characters.`,
        fr: `Un message a entre 1 et ${MOST_SAID} caractères.`,
      },
      { en: 'say it in fewer words.', fr: 'dites-le en moins de mots.' },
    );
  const id = (talk.messages.at(-1)?.id ?? 0) + 1;
  talk.messages = [...talk.messages, { id, at: now, text, ...(to ? { to } : {}) }].slice(-MESSAGES);
  return text;
}

export function askForHelp(talk: Talk, student: string, wanted: boolean, now: number): void {
  if (wanted) talk.help[student] ??= now;
  else delete talk.help[student];
}

/** How it stands with a look into a lab. */
export type Look = 'none' | 'asked' | 'yes' | 'no';

export function lookAt(talk: Talk, student: string, now: number): Look {
  const look = Object.hasOwn(talk.looks, student) ? talk.looks[student] : undefined;
  if (!look) return 'none';
  if (look.answer === undefined) return 'asked';
  if (look.answer === 'no') return 'no';
  return (look.until ?? 0) > now ? 'yes' : 'none';
}

/** The teacher wants to look: the student is asked, unless there is a word of the student's that counts. */
export function askForLook(talk: Talk, student: string, now: number): Look {
  if (lookAt(talk, student, now) !== 'yes') talk.looks[student] = { asked: now };
  return lookAt(talk, student, now);
}

/** What the student says to it; without having been asked nothing but an end of it. */
export function answerLook(talk: Talk, student: string, yes: boolean, now: number): void {
  const look = Object.hasOwn(talk.looks, student) ? talk.looks[student] : undefined;
  if (!look) return;
  talk.looks[student] = { ...look, answer: yes ? 'yes' : 'no', ...(yes ? { until: now + LOOK_MS } : {}) };
}

/** A code that opens a lab to be looked at, once. `digest`: what is kept of it. */
export function giveCode(talk: Talk, student: string, digest: (code: string) => string, now: number): string {
  const code = randomBytes(32).toString('base64url');
  for (const [name, { until }] of Object.entries(talk.codes)) if (until <= now) delete talk.codes[name];
  talk.codes[digest(code)] = { student, until: now + CODE_MS };
  return code;
}

/** Whose lab a code opens; it does not count a second time. */
export function takeCode(talk: Talk, digest: string, now: number): string | undefined {
  const found = Object.hasOwn(talk.codes, digest) ? talk.codes[digest] : undefined;
  delete talk.codes[digest];
  return found && found.until > now && lookAt(talk, found.student, now) === 'yes' ? found.student : undefined;
}

/** Messages for a student. */
export const messagesFor = ({ messages }: Talk, student: string): Talk['messages'] =>
  messages.filter(({ to }) => to === undefined || to.includes(student));

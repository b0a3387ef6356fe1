import { readFile, stat } from 'node:fs/promises';
import * as z from 'zod';
import type { Text } from '../base/text.ts';
import { LAB_ID } from '../exercises/guides/ids.ts';
import type { FromMine } from '../exercises/session/from-mine.ts';
import { mineLines } from '../exercises/session/mine-text.ts';
import { placesOf } from './places.ts';
import type { ClassRecord } from './record.ts';

/** Characters of it that are read. */
const MOST = 100_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal would obey is taken out.
const plain = z.string().transform((text) => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '').slice(0, 400));
const words = z.array(plain).max(100);
const text = z.object({ en: plain, fr: plain });
const lab = z.string().regex(LAB_ID);
const schema = z.object({
  lab,
  own: z.array(z.object({ lab, machines: z.record(plain, words), done: words })).max(100),
  kit: z
    .array(z.object({ labs: z.array(lab).max(100), machines: words, why: text, fix: text.optional() }))
    .max(100),
});

/** With whose files a student's lab began. */
export interface Began extends FromMine {
  /** NN */
  lab: string;
}

/** What `lab start --from-mine --json` said on a server; undefined for anything else: a lab is its student's own, what it says is data. */
export function beganIn(said: string): Began | undefined {
  if (said.length > MOST) return undefined;
  try {
    const { kit, ...began } = schema.parse(JSON.parse(said));
    return { ...began, kit: kit.map(({ fix, ...refused }) => ({ ...refused, ...(fix ? { fix } : {}) })) };
  } catch {
    return undefined;
  }
}

/** The same for its student, as sentences, with when it was (ms since 1970); undefined where nobody asked for own files. */
export async function readBegan(
  { folder }: Pick<ClassRecord, 'folder'>,
  student: string,
): Promise<{ at: number; lab: string; lines: Text[] } | undefined> {
  const file = placesOf(folder).began(student);
  const said = await readFile(file, 'utf8').catch(() => undefined);
  const began = said === undefined ? undefined : beganIn(said);
  if (!began) return undefined;
  const at = await stat(file).catch(() => undefined);
  return at && { at: Math.floor(at.mtimeMs), lab: began.lab, lines: mineLines(began) };
}

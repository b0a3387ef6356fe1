import { createReadStream, existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { LabError } from '../base/errors.ts';
import type { LabEvent } from './model/event.ts';
import { readEvent, writeEvent } from './model/ndjson.ts';

/** Where events are written to, a line of JSON each. */
export interface Recorder {
  add(event: LabEvent): Promise<void>;
  close(): Promise<void>;
}

/** A new recording; LabError when the file exists or cannot be written. */
export async function record(file: string): Promise<Recorder> {
  const handle = await open(file, 'wx', 0o644).catch((error: NodeJS.ErrnoException) => {
    throw new LabError(
      error.code === 'EEXIST'
        ? { en: `${file} exists already.`, fr: `${file} existe déjà.` }
        : { en: `${file} cannot be written.`, fr: `${file} ne peut pas être écrit.` },
      { en: 'choose another file.', fr: 'choisissez un autre fichier.' },
    );
  });
  return {
    add: async (event) => void (await handle.write(writeEvent(event))),
    close: () => handle.close(),
  };
}

/** The events of a recording; LabError for a file that is none. What broke off at its end is left out. */
export async function* replay(file: string): AsyncGenerator<LabEvent> {
  if (!existsSync(file))
    throw new LabError(
      { en: `There is no file ${file}.`, fr: `Il n'y a pas de fichier ${file}.` },
      {
        en: 'make a recording with `lab watch --record FILE`.',
        fr: 'enregistrez avec `lab watch --record FICHIER`.',
      },
    );
  let number = 0;
  let wrong: number | undefined;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    number += 1;
    if (wrong !== undefined) throw damaged(file, wrong);
    const event = readEvent(line);
    // The last line may be half of one: whoever recorded was ended.
    if (!event || (number === 1 && event.what !== 'snapshot' && event.what !== 'plan')) wrong = number;
    else yield event;
  }
  if (wrong === 1 || number === 0) throw damaged(file, 1);
}

const damaged = (file: string, line: number): LabError =>
  new LabError(
    {
      en: `${file} is no recording of a lab (line ${line}).`,
      fr: `${file} n'est pas l'enregistrement d'un lab (ligne ${line}).`,
    },
    { en: 'give a file of `lab watch --record`.', fr: 'donnez un fichier de `lab watch --record`.' },
  );

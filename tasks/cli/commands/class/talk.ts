import { LabError } from '../../../base/errors.ts';
import { poll } from '../../../base/poll.ts';
import { say } from '../../../base/text.ts';
import { digest } from '../../../class/front/links.ts';
import { existingClass, studentOf } from '../../../class/record.ts';
import * as talk from '../../../class/talk.ts';
import { placeOf } from './links.ts';

/** `lab class say TEXT [STUDENT…]`: a message in the pages of all, or of some. */
export async function message(
  text: string,
  ids: string[],
  options: { class: string; json?: boolean },
): Promise<number> {
  const record = await existingClass(options.class);
  const to = ids.length > 0 ? ids.map((id) => studentOf(record, id).id) : undefined;
  const said = await talk.changeTalk(record.folder, (now) => talk.say(now, text, to, Date.now()));
  if (options.json) console.log(JSON.stringify({ said, to: to ?? 'all' }));
  else
    console.log(
      say({
        en: `Shown in the pages of ${to?.join(', ') ?? 'all'}.`,
        fr: `Affiché dans les pages de ${to?.join(', ') ?? 'tous'}.`,
      }),
    );
  return 0;
}

/** Seconds that the student's word is waited for. */
const WAIT = 300;

/** `lab class look STUDENT`: asks the student, waits, and prints a link into the lab. Exit code 1 without the student's word. */
export async function look(
  wish: string,
  options: { class: string; host?: string; port: string; wait?: string; json?: boolean },
): Promise<number> {
  const record = await existingClass(options.class);
  const { id } = studentOf(record, wish);
  const { host, port } = placeOf(options);
  const seconds = Number(options.wait ?? WAIT);
  if (!(seconds >= 0 && seconds <= 3600))
    throw new LabError({
      en: `"${options.wait}" is no number of seconds.`,
      fr: `« ${options.wait} » n'est pas un nombre de secondes.`,
    });
  const asked = await talk.changeTalk(record.folder, (now) => talk.askForLook(now, id, Date.now()));
  if (asked === 'asked' && !options.json)
    console.error(
      say({ en: `${id} is asked in the page…`, fr: `La question est posée à ${id} dans sa page…` }),
    );
  const answer = await poll(
    async () => talk.lookAt(await talk.readTalk(record.folder), id, Date.now()),
    (how) => how !== 'asked',
    { every: 1, seconds },
  );
  if (answer !== 'yes') {
    if (options.json) console.log(JSON.stringify({ look: answer ?? 'asked' }));
    else
      console.log(
        answer === 'no'
          ? say({ en: `${id} said no.`, fr: `${id} a dit non.` })
          : say({ en: `${id} has not answered yet.`, fr: `${id} n'a pas encore répondu.` }),
      );
    return 1;
  }
  const code = await talk.changeTalk(record.folder, (now) => talk.giveCode(now, id, digest, Date.now()));
  const link = `https://${host}${port === 443 ? '' : `:${port}`}/#code=${code}`;
  if (options.json) console.log(JSON.stringify({ look: 'yes', link }));
  else
    console.log(
      say({
        en: `${link} (counts once, for a minute)`,
        fr: `${link} (valable une fois, pendant une minute)`,
      }),
    );
  return 0;
}

import type { IncomingMessage } from 'node:http';
import type { Assets } from '../../studio/server.ts';
import { jsonOf } from '../../studio/web.ts';
import type { Desk } from './desk.ts';
import { REFUSED, toldOf, whyOf } from './refusal.ts';
import { type Entered, SCHOOL_PATH, type SchoolSignIn } from './school.ts';
import type { Sessions } from './sessions.ts';

/** What the front has for those who come through the school. */
export interface SchoolParts {
  page: Pick<Assets, 'html' | 'script'>;
  signIn: Pick<SchoolSignIn, 'begin' | 'end' | 'wayOut'>;
  /** Whether somebody who came that way is let in still, by what the class says now. */
  counts: () => Promise<(entered: Entered) => boolean>;
}

/** Bytes of what a provider sends a browser back with, at most: some have long codes. */
const MOST = 10_000;

interface Asked {
  url: string;
  request: IncomingMessage;
  origin: string;
  sessions: Sessions;
  desk: Pick<Desk, 'came'>;
}

/** Answers what the page of the sign-in asks: where to go, and who came back. */
export async function bySchool(
  { signIn }: SchoolParts,
  { url, request, origin, sessions, desk }: Asked,
  json: (code: number, body: unknown) => void,
): Promise<void> {
  const words = async (most?: number) => {
    const said = await jsonOf(request, most);
    return (typeof said === 'object' && said !== null ? said : {}) as Record<string, unknown>;
  };
  if (url === `${SCHOOL_PATH}/begin`) {
    try {
      const { anew } = await words();
      return json(200, await signIn.begin(origin, anew === true));
    } catch (error) {
      console.error(toldOf(error));
      const why = whyOf(error);
      return json(REFUSED[why], { why });
    }
  }
  if (url !== `${SCHOOL_PATH}/end`) return json(404, {});
  const { query, ticket } = await words(MOST);
  const entered = await signIn.end(origin, query, ticket);
  if ('why' in entered) return json(REFUSED[entered.why], entered);
  const { visitor, key } = entered;
  if (visitor.kind === 'student') desk.came(visitor.student);
  return json(200, { token: await sessions.begin(visitor, key), teacher: visitor.kind === 'teacher' });
}

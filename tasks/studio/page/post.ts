import { TOKEN } from './connection.ts';
import type { Refusal } from './protocol.ts';

/** What is said when the server does not answer. */
export const NO_ANSWER: Refusal = { what: { en: 'The kit does not answer.', fr: 'Le kit ne répond pas.' } };

/** Asks the server for something, as this page alone can. */
export const post = (path: string, body: unknown): Promise<Response> =>
  fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${sessionStorage.getItem(TOKEN)}` },
    body: JSON.stringify(body),
  });

/** What an answer says no with. */
export const refusalOf = (answer: Response): Promise<Refusal> =>
  answer.json().then(
    (said) => (typeof said === 'object' && said && 'what' in said ? (said as Refusal) : NO_ANSWER),
    () => NO_ANSWER,
  );

/** What the server says to that; a refusal when it says no, or nothing. */
export async function ask<T>(path: string, body: unknown): Promise<T | Refusal> {
  try {
    const answer = await post(path, body);
    return answer.ok ? ((await answer.json()) as T) : await refusalOf(answer);
  } catch {
    return NO_ANSWER;
  }
}

export const isRefusal = (said: unknown): said is Refusal =>
  typeof said === 'object' && said !== null && 'what' in said;

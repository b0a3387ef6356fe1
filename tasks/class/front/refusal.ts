import { messageOf } from '../../base/errors.ts';
import { say } from '../../base/text.ts';

/**
 * Why somebody who comes from the school is not let in. `stale`: begun by another browser or tab, used before, or too late; `denied`: the provider
 * said no, or its user did; `stranger`: nobody of the class; `away`: the provider does not answer; `failed`: its answer cannot be used.
 */
export type Why = 'stale' | 'denied' | 'stranger' | 'away' | 'failed';

export interface Refused {
  why: Why;
  /** What the provider calls a stranger: it is shown to that person alone. */
  account?: string;
}

/** How each is answered. */
export const REFUSED: Record<Why, number> = {
  stale: 400,
  denied: 401,
  stranger: 403,
  failed: 502,
  away: 503,
};

/** Words of a provider (RFC 6749, OpenID Connect) for a person who did not sign in, and for its own trouble. */
const DENIED = ['access_denied', 'login_required', 'consent_required', 'interaction_required'];
const TROUBLE = ['server_error', 'temporarily_unavailable'];

/** Why a question to the provider failed, by what openid-client throws. Pure. */
export function whyOf(error: unknown): Why {
  if (!(error instanceof Error)) return 'failed';
  const { code, error: word, status, cause } = error as Error & Record<string, unknown>;
  // A code that the provider has taken before, or for another flow.
  if (word === 'invalid_grant') return 'stale';
  if (code === 'OAUTH_AUTHORIZATION_RESPONSE_ERROR' && DENIED.includes(String(word))) return 'denied';
  if (TROUBLE.includes(String(word)) || code === 'OAUTH_TIMEOUT' || isTrouble(status)) return 'away';
  if (cause instanceof Response && isTrouble(cause.status)) return 'away';
  // What `fetch` throws where nobody listens, or with a certificate that does not count.
  return error instanceof TypeError && cause instanceof Error ? 'away' : 'failed';
}

const isTrouble = (status: unknown): boolean => typeof status === 'number' && status >= 500;

/** What whoever runs the front is told of it: a cause says more than "fetch failed" does. */
export function toldOf(error: unknown): string {
  const { cause, error_description: said } = (error instanceof Error ? error : {}) as Record<string, unknown>;
  const more = typeof said === 'string' ? said : cause instanceof Error ? cause.message : '';
  return plain(`school: ${messageOf(error)}${more ? ` (${more})` : ''}`);
}

/** So is who is nobody of the class: a teacher's subject is found that way, and a claim that is not what the roster has. */
export const strangerTold = (claim: string, account: unknown, subject: string): string =>
  plain(
    say({
      en: `school: not in this class: ${claim} ${JSON.stringify(account)}, subject ${JSON.stringify(subject)}`,
      fr: `établissement : pas dans cette classe : ${claim} ${JSON.stringify(account)}, sujet ${JSON.stringify(subject)}`,
    }),
  );

/** What a provider says is data: nothing that a terminal would obey. */
const plain = (text: string): string => text.replace(/\p{C}/gu, ' ').slice(0, 500);

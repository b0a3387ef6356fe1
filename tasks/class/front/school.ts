import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Configuration, CustomFetch } from 'openid-client';
import { same } from '../../studio/access.ts';
import type { School } from '../school-settings.ts';
import { digest, type Visitor } from './links.ts';
import { type Refused, strangerTold, toldOf, whyOf } from './refusal.ts';

/** Where the school's provider sends browsers back to, below the front's own address: it must be registered there. */
export const SCHOOL_PATH = '/school';

/** What stands before the key of a session that came through the school. */
const PREFIX = 'school:';

/** ms that somebody may take at the provider, and how many may be there at once. */
const WAIT_MS = 10 * 60_000;
const MOST = 1000;

/** Seconds that the provider may take to answer. */
const SECONDS = 15;

/** ms that what it says of itself counts for a browser that is about to be sent there: one that is gone leads to an error of the browser's. */
const FRESH_MS = 10_000;

/** Somebody who is at the provider. */
interface Flow {
  /** Digest of the ticket that the page of this browser has: nobody else's browser ends the flow. */
  ticket: string;
  nonce: string;
  verifier: string;
  until: number;
}

/** Who signed in, and what the session is known by as long as the school counts. */
export interface Entered {
  visitor: Visitor;
  key: string;
}

/** Digest of somebody at a provider: a subject is one only together with its issuer. */
export const subjectKey = (issuer: string, subject: string): string =>
  `${PREFIX}${digest(`${issuer} ${subject}`)}`;

/** True for the key of a session that came through a school, whatever school. */
export const isSchoolKey = (key: string): boolean => key.startsWith(PREFIX);

/**
 * Whether a session that came through the school counts still: the student is in the class, the teacher's subject is one of
 * the teachers' yet. Undefined: the class has no such way in, and none of them counts. Pure.
 */
export function countsAt(school: School | undefined, students: string[], { visitor, key }: Entered): boolean {
  if (!school || !isSchoolKey(key)) return false;
  if (visitor.kind === 'teacher')
    return school.teachers.some((subject) => subjectKey(school.issuer, subject) === key);
  return visitor.kind === 'student' && students.includes(visitor.student);
}

/**
 * The student that claims name: exactly one of the roster's identifiers. With a domain, the claim is an address in it, which the provider
 * has verified where it says anything of that, and what stands before the @ counts. Pure.
 */
export function studentNamed(
  school: School,
  claims: Record<string, unknown>,
  students: string[],
): string | undefined {
  const claim = claims[school.claim];
  if (typeof claim !== 'string') return undefined;
  if (school.claim === 'email' && claims.email_verified === false) return undefined;
  const value = claim.trim().toLowerCase();
  const end = school.domain === undefined ? '' : `@${school.domain.toLowerCase()}`;
  if (!value.endsWith(end)) return undefined;
  const id = value.slice(0, value.length - end.length);
  return students.includes(id) ? id : undefined;
}

/**
 * Signing in through the school (OpenID Connect, code flow with PKCE). Whoever asks has the state and the nonce of the own flow alone; each
 * flow is ended once, by the browser that began it.
 */
export class SchoolSignIn {
  private readonly flows = new Map<string, Flow>();
  private known: { configuration: Promise<Configuration>; at: number } | undefined;

  constructor(
    private readonly school: School,
    private readonly students: () => Promise<string[]>,
    private readonly now: () => number = Date.now,
    private readonly fetch?: CustomFetch,
  ) {}

  /**
   * Where a browser goes to sign in, and the ticket that its page keeps meanwhile. `anew`: whoever is signed in at the provider does not count, it asks
   * again. Rejects when the provider cannot be reached.
   */
  async begin(origin: string, anew = false): Promise<{ to: string; ticket: string }> {
    const client = await import('openid-client');
    const configuration = await this.provider(FRESH_MS);
    for (const [state, { until }] of this.flows) if (until <= this.now()) this.flows.delete(state);
    // Of too many the oldest go: whoever has been there longest begins again.
    for (const state of this.flows.keys()) {
      if (this.flows.size < MOST) break;
      this.flows.delete(state);
    }
    const [state, nonce, verifier] = [
      client.randomState(),
      client.randomNonce(),
      client.randomPKCECodeVerifier(),
    ];
    const ticket = randomBytes(32).toString('base64url');
    this.flows.set(state, { ticket: digest(ticket), nonce, verifier, until: this.now() + WAIT_MS });
    const to = client.buildAuthorizationUrl(configuration, {
      ...{ redirect_uri: `${origin}${SCHOOL_PATH}`, scope: 'openid profile email', state, nonce },
      ...{ code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
      ...(anew ? { prompt: 'login' } : {}),
    });
    return { to: to.href, ticket };
  }

  /**
   * Ends a flow with what the provider sent the browser back with. Refused when it does not hold: another state, a browser that did not begin
   * it, a code that was used, a token for somebody else or of somebody else, nobody of the class.
   */
  async end(origin: string, query: unknown, ticket: unknown): Promise<Entered | Refused> {
    if (typeof query !== 'string' || typeof ticket !== 'string') return { why: 'stale' };
    const state = new URLSearchParams(query).get('state') ?? '';
    const flow = this.flows.get(state);
    if (!flow || flow.until <= this.now() || !same(flow.ticket, digest(ticket))) return { why: 'stale' };
    this.flows.delete(state);
    try {
      const claims = await this.claimsFor(`${origin}${SCHOOL_PATH}?${query}`, state, flow);
      return claims ? await this.entered(claims) : { why: 'failed' };
    } catch (error) {
      const why = whyOf(error);
      if (why === 'away') this.known = undefined;
      // Somebody who changes their mind is no trouble.
      if (why !== 'denied') console.error(toldOf(error));
      return { why };
    }
  }

  /** Where somebody ends the session at the provider as well; undefined where it has no such place, or was not asked yet what it has. */
  async wayOut(): Promise<string | undefined> {
    const configuration = await this.known?.configuration.catch(() => undefined);
    if (!configuration?.serverMetadata().end_session_endpoint) return undefined;
    const client = await import('openid-client');
    return client.buildEndSessionUrl(configuration).href;
  }

  private async claimsFor(url: string, state: string, { nonce, verifier }: Flow) {
    const client = await import('openid-client');
    const configuration = await this.provider();
    // Signature, issuer, audience, time, nonce and state are looked at in here.
    const tokens = await client.authorizationCodeGrant(configuration, new URL(url), {
      ...{ expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true },
    });
    const claims = tokens.claims();
    if (!claims || this.school.claim in claims) return claims;
    // Many providers tell more of a person only when they are asked.
    return {
      ...(await client.fetchUserInfo(configuration, tokens.access_token, claims.sub)),
      sub: claims.sub,
    };
  }

  private async entered(claims: { sub: string; [name: string]: unknown }): Promise<Entered | Refused> {
    const key = subjectKey(this.school.issuer, claims.sub);
    if (this.school.teachers.includes(claims.sub)) return { visitor: { kind: 'teacher' }, key };
    const student = studentNamed(this.school, claims, await this.students());
    if (student !== undefined) return { visitor: { kind: 'student', student }, key };
    const account = claims[this.school.claim];
    console.error(strangerTold(this.school.claim, account, claims.sub));
    return { why: 'stranger', ...(typeof account === 'string' ? { account: account.slice(0, 100) } : {}) };
  }

  /** What the provider says of itself, as it was asked not longer ago than that (ms); again after it could not be reached. */
  private provider(fresh = Number.POSITIVE_INFINITY): Promise<Configuration> {
    if (this.known && this.now() - this.known.at < fresh) return this.known.configuration;
    const known = { configuration: this.discover(), at: this.now() };
    this.known = known;
    known.configuration.catch(() => {
      if (this.known === known) this.known = undefined;
    });
    return known.configuration;
  }

  private async discover(): Promise<Configuration> {
    const client = await import('openid-client');
    const { issuer, clientId, secretFile } = this.school;
    const secret = (await readFile(secretFile, 'utf8')).trim();
    return client.discovery(new URL(issuer), clientId, undefined, client.ClientSecretBasic(secret), {
      // Without it the signature of a token that came over TLS is taken as it is.
      ...{ timeout: SECONDS, execute: [client.enableNonRepudiationChecks] },
      ...(this.fetch ? { [client.customFetch]: this.fetch } : {}),
    });
  }
}

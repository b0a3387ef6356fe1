import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** ms that a code counts. */
const CODE_MS = 60_000;

/** Whether two secrets are the same, in a time that does not say how far they are. */
export const same = (a: string, b: string): boolean => {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
};

/**
 * Who may look: a code in the link, which counts once and for a minute, is exchanged for a token that the page keeps. No cookies:
 * they are sent to every port of this computer.
 */
export class Access {
  private codes: { code: string; until: number }[] = [];
  private readonly tokens: string[];

  /** `tokens`: those that are known from the beginning, to whoever may come. */
  constructor(
    private readonly now: () => number = Date.now,
    tokens: string[] = [],
  ) {
    this.tokens = [...tokens];
  }

  /** A new code for a link. */
  code(): string {
    const code = randomBytes(16).toString('base64url');
    this.codes.push({ code, until: this.now() + CODE_MS });
    return code;
  }

  /** The token for a code; undefined for one that does not count, or not any more. */
  exchange(code: unknown): string | undefined {
    this.codes = this.codes.filter(({ until }) => until > this.now());
    const found = typeof code === 'string' ? this.codes.find((one) => same(one.code, code)) : undefined;
    if (!found) return undefined;
    this.codes = this.codes.filter((one) => one !== found);
    const token = randomBytes(32).toString('base64url');
    this.tokens.push(token);
    return token;
  }

  /** Whether a token is one of those that were given. */
  knows(token: string | undefined): boolean {
    return token !== undefined && this.tokens.some((one) => same(one, token));
  }
}

import type { IncomingMessage } from 'node:http';

/** Bytes of what a page sends at once, at most. */
export const MOST_SENT = 1000;

/** For every answer with this page: nothing from elsewhere, nothing kept, shown in nobody's frame. `streams`: origins of its streams besides its own. */
export const pageHeaders = (streams: string[]): Record<string, string> => ({
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    ['connect-src', "'self'", ...streams].join(' '),
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cache-Control': 'no-store',
});

/** What was sent; empty when it is more than any page of the kit sends. */
export async function bodyOf(request: IncomingMessage, most = MOST_SENT): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += String(chunk);
    if (body.length > most) return '';
  }
  return body;
}

/** What was sent, as JSON; undefined when it is none. */
export async function jsonOf(request: IncomingMessage, most = MOST_SENT): Promise<unknown> {
  try {
    return JSON.parse(await bodyOf(request, most));
  } catch {
    return undefined;
  }
}

/** The code in what was sent; undefined when there is none. */
export const codeOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'code' in value ? value.code : undefined;

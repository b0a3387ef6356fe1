import { createHash } from 'node:crypto';
import type { ServerMessage } from './page/protocol.ts';
import type { Assets } from './server.ts';

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** JSON that ends no element of the page that it stands in. */
const inside = (value: unknown) => JSON.stringify(value).replaceAll('<', '\\u003c');

/**
 * The page with a recording in it: one file that needs no server and no network, and may have neither. `messages`: what a server would
 * have told the page.
 */
export function exportedPage({ html, script, style }: Assets, messages: ServerMessage[]): string {
  const policy = `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; img-src data:; base-uri 'none'; form-action 'none'`;
  const parts: [of: string, by: string][] = [
    [
      '<meta charset="utf-8">',
      `<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    ],
    ['<link rel="stylesheet" href="/app.css">', `<style>${style}</style>`],
    ['<script type="module" src="/app.js"></script>', `<script type="module">${script}</script>`],
    [
      '<div id="app">',
      `<script type="application/json" id="told">${inside(messages)}</script>\n<div id="app">`,
    ],
  ];
  return parts.reduce((page, [of, by]) => {
    if (!page.includes(of)) throw new Error(`the page has no ${of}`);
    return page.replace(of, () => by);
  }, html);
}

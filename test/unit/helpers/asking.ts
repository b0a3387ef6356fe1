import http from 'node:http';
import https from 'node:https';

/** What a server answered. */
export interface Answer {
  code: number;
  headers: Record<string, unknown>;
  body: string;
}

/** Asks a server; the headers are sent as they are. With `ca` over TLS. */
export const askServer = (options: https.RequestOptions, body: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { request } = options.ca === undefined ? http : https;
    const asked = request(options, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ code: answer.statusCode ?? 0, headers: answer.headers, body: text }));
    });
    asked.on('error', reject);
    asked.end(body);
  });

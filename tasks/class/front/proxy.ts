import { type ClientRequest, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { TOKEN_PREFIX } from '../../studio/page/protocol.ts';

/** What the studio of a lab is called on its socket. */
export const LAB_HOST = 'lab';

/** A connection to a studio, and the token that opens it. */
export interface Connection {
  socket: Duplex;
  token: string;
}

const OWN = { Host: LAB_HOST, Origin: `http://${LAB_HOST}` };

/** A request with a body of JSON, which is still to be sent. */
const post = ({ socket, token }: Connection, path: string, body: string): ClientRequest =>
  request({
    ...{ method: 'POST', path, createConnection: () => socket },
    headers: {
      ...OWN,
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      Connection: 'close',
    },
  });

/** Has a studio answer what a page asked for (a body of JSON). Of what the page sent nothing but that goes on. Rejects when the studio does not answer. */
export function passOn(
  connection: Connection,
  path: string,
  body: string,
  headers: Record<string, string>,
  response: ServerResponse,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = post(connection, path, body).on('error', reject);
    asked.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, {
        ...headers,
        'Content-Type': 'application/json; charset=utf-8',
      });
      answer.pipe(response);
      answer.on('end', resolve);
      answer.on('error', reject);
      response.on('close', () => connection.socket.destroy());
    });
    asked.end(body);
  });
}

/** Bytes of an answer that is read here. */
const MOST_ANSWERED = 64 * 1024;

/** Asks a studio something for the front itself. `said` is undefined when the answer is no JSON. Rejects when the studio does not answer. */
export function askStudio(
  connection: Connection,
  path: string,
  body: unknown,
): Promise<{ code: number; said: unknown }> {
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const asked = post(connection, path, text).on('error', reject);
    asked.on('response', (answer) => {
      let got = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        got += part;
        if (got.length > MOST_ANSWERED) answer.destroy(new Error('too long an answer'));
      });
      answer.on('error', reject);
      answer.on('end', () => resolve({ code: answer.statusCode ?? 502, said: parsed(got) }));
    });
    asked.end(text);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Headers of a WebSocket's beginning that are for the other end. */
const HANDSHAKE = ['upgrade', 'connection', 'sec-websocket-key', 'sec-websocket-version'];

/** Joins a page's stream to a studio: both ends speak with each other, byte for byte, with the studio's token in the place of the page's. */
export function joinStreams(
  { socket, token }: Connection,
  path: string,
  asked: IncomingMessage,
  page: Duplex,
  head: Buffer,
  protocol: string,
): void {
  const lines = [
    `GET ${path} HTTP/1.1`,
    ...Object.entries(OWN).map(([name, value]) => `${name}: ${value}`),
    ...HANDSHAKE.flatMap((name) => {
      const value = asked.headers[name];
      return typeof value === 'string' && !/[\r\n]/.test(value) ? [`${name}: ${value}`] : [];
    }),
    `Sec-WebSocket-Protocol: ${protocol}, ${TOKEN_PREFIX}${token}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (head.length > 0) socket.write(head);
  const end = () => {
    socket.destroy();
    page.destroy();
  };
  for (const one of [socket, page]) {
    one.on('error', end);
    one.on('close', end);
  }
  socket.pipe(page).pipe(socket);
}

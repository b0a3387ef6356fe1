import { readFile } from 'node:fs/promises';
import { performServerHandshake, type ServerHttp2Stream } from 'node:http2';
import { connect } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { overLines } from './lines.ts';

/** Where the studio of a lab keeps the token that opens it, beside its socket. */
export const tokenFile = (socket: string): string => `${socket}.token`;

/**
 * The lab's end of the way to its studio, beside its job: every CONNECT of the one stream becomes a connection to the studio's socket,
 * and GET gives its token. Resolves when the other end has gone.
 */
export function serveBridge(socket: string, input: Readable, output: Writable): Promise<void> {
  const session = performServerHandshake(overLines(input, output));
  session.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    if (headers[':method'] === 'CONNECT') toStudio(stream, socket);
    else void tellToken(stream, socket);
  });
  return new Promise((resolve) => {
    session.on('close', resolve);
    session.on('error', () => undefined);
  });
}

function toStudio(stream: ServerHttp2Stream, socket: string): void {
  const connection = connect(socket);
  const end = () => {
    connection.destroy();
    stream.destroy();
  };
  connection.once('connect', () => {
    stream.respond({ ':status': 200 });
    stream.pipe(connection).pipe(stream);
  });
  connection.on('error', () => {
    if (!stream.headersSent && !stream.destroyed) stream.respond({ ':status': 502 }, { endStream: true });
    else end();
  });
  connection.on('close', () => stream.end());
  stream.on('close', end);
}

async function tellToken(stream: ServerHttp2Stream, socket: string): Promise<void> {
  const token = await readFile(tokenFile(socket), 'utf8').catch(() => undefined);
  if (stream.destroyed) return;
  stream.respond({ ':status': token ? 200 : 503 });
  stream.end(token?.trim() ?? '');
}

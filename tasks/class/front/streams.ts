import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROTOCOL, TOKEN_PREFIX } from '../../studio/page/protocol.ts';
import type { Visitor } from './links.ts';
import { showStream } from './look.ts';
import { type Connection, joinStreams } from './proxy.ts';

/** Streams and terminals of one student at once, and of those who look into the same lab. */
const STREAMS = 40;

/** Addresses of streams: the lab's, and its terminals (studio/server.ts). */
const STREAM = /^\/(?:live|shell\/[0-9a-f]{16}\?from=\d{1,15})$/;

interface StreamParts {
  /** Whether it is for this front and comes from its own page. */
  mayCome: (request: IncomingMessage) => boolean;
  visitorWith: (token: string | undefined) => Promise<Visitor | undefined>;
  connect: (student: string) => Promise<Connection>;
  mayLook: (student: string) => Promise<boolean>;
}

/** Has a server join pages' streams to the labs that they are for. Returns what cuts those of a token, or all. */
export function serveStreams(server: Pick<Server, 'on'>, parts: StreamParts): (token?: string) => void {
  const streams = new Map<string, number>();
  const pages = new Map<Duplex, string | undefined>();

  async function upgrade(request: IncomingMessage, page: Duplex, head: Buffer): Promise<void> {
    const refuse = (status: string) =>
      page.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((word) => word.trim());
    const token = offered.find((word) => word.startsWith(TOKEN_PREFIX))?.slice(TOKEN_PREFIX.length);
    const path = request.url ?? '';
    const mayCome = parts.mayCome(request) && STREAM.test(path) && offered.includes(PROTOCOL);
    const visitor = mayCome ? await parts.visitorWith(token) : undefined;
    if (!visitor || visitor.kind === 'teacher') return void refuse('403 Forbidden');
    const { student, kind } = visitor;
    const who = `${kind} ${student}`;
    const open = streams.get(who) ?? 0;
    if (open >= STREAMS) return void refuse('429 Too Many Requests');
    streams.set(who, open + 1);
    pages.set(page, token);
    page.once('close', () => {
      const left = (streams.get(who) ?? 1) - 1;
      if (left > 0) streams.set(who, left);
      else streams.delete(who);
      pages.delete(page);
    });
    try {
      const connection = await parts.connect(student);
      if (page.destroyed) return void connection.socket.destroy();
      if (kind === 'student') joinStreams(connection, path, request, page, head, PROTOCOL);
      else showStream(connection, path, request, page, head, () => parts.mayLook(student));
    } catch {
      refuse('503 Service Unavailable');
    }
  }

  server.on('upgrade', (request: IncomingMessage, page: Duplex, head: Buffer) => {
    page.on('error', () => undefined);
    upgrade(request, page, head).catch(() => page.destroy());
  });
  return (token) => {
    for (const [page, of] of pages) if (token === undefined || of === token) page.destroy();
  };
}

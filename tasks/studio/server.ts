import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { LabError, messageOf } from '../base/errors.ts';
import { Access } from './access.ts';
import type { Acts } from './acts.ts';
import { answererOf, type Parts } from './answers.ts';
import type { Feed } from './feed.ts';
import { GONE, PROTOCOL, TOKEN_PREFIX } from './page/protocol.ts';
import { codeOf, jsonOf, MOST_SENT, pageHeaders } from './web.ts';

/** What the page consists of. */
export interface Assets {
  html: string;
  script: string;
  style: string;
  /** Of terminals, loaded when one is opened. */
  terminal: string;
}

export interface Studio {
  port: number;
  access: Access;
  /** A link with a new code, for one browser. */
  link(): string;
  close(): Promise<void>;
}

/** A page behind another server (tasks/class/front/): on a socket that its user alone can reach, for who has the token. */
export interface Behind {
  socket: string;
  /** What that server calls this one. */
  host: string;
  token: string;
}

/** Bytes of what is typed in a terminal, at most. */
const MOST_TYPED = 64 * 1024;

/** Address of a terminal, and the place in its output from which on it is wanted. */
const SHELL = /^\/shell\/([0-9a-f]{16})\?from=(\d{1,15})$/;

/**
 * Serves the page on the loopback address (or `wanted` a socket of its user's) and feeds it. Every request must name this server as its host (a foreign name that leads here
 * is refused), and what changes something or opens the stream must come from the page itself. Without `acts` there is no way to change
 * anything, and no terminal. LabError when the port is taken.
 */
export async function startStudio(
  feed: Feed,
  assets: Assets,
  wanted: number | Behind = 0,
  acts?: Acts,
  parts: Parts = {},
): Promise<Studio> {
  const behind = typeof wanted === 'number' ? undefined : wanted;
  const access = new Access(Date.now, behind ? [behind.token] : []);
  if (acts) feed.offers(acts.offer);
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(messageOf(error));
      response.destroy();
    });
  });
  const sockets = new WebSocketServer({
    ...{ noServer: true, maxPayload: MOST_SENT, perMessageDeflate: false },
    handleProtocols: () => PROTOCOL,
  });
  const terminals = new WebSocketServer({
    ...{ noServer: true, maxPayload: MOST_TYPED, perMessageDeflate: false },
    handleProtocols: () => PROTOCOL,
  });
  await listen(server, wanted);
  const address = server.address();
  const port = typeof address === 'object' && address ? (address satisfies AddressInfo).port : 0;
  const hosts = behind ? [behind.host] : [`127.0.0.1:${port}`, `localhost:${port}`];
  const headers = pageHeaders([`ws://127.0.0.1:${port}`, `ws://localhost:${port}`]);

  const isOwn = ({ headers: { host, origin } }: IncomingMessage) => origin === `http://${host}`;
  /** Browsers say where a request comes from; a link from elsewhere may lead to the page, and nothing else may be fetched. */
  const isForeign = (request: IncomingMessage) => {
    const site = request.headers['sec-fetch-site'];
    return site !== undefined && site !== 'same-origin' && site !== 'none' && request.url !== '/';
  };

  const tokenOf = ({ headers: { authorization } }: IncomingMessage) =>
    /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];

  const send = (response: ServerResponse, code: number, type: string, body: string) =>
    response.writeHead(code, { ...headers, 'Content-Type': `${type}; charset=utf-8` }).end(body);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refuse = (code: number) => send(response, code, 'text/plain', 'no\n');
    if (!hosts.includes(request.headers.host ?? '')) return void refuse(421);
    if (isForeign(request)) return void refuse(403);
    switch (`${request.method} ${request.url}`) {
      case 'GET /':
        return void send(response, 200, 'text/html', assets.html);
      case 'GET /app.js':
        return void send(response, 200, 'text/javascript', assets.script);
      case 'GET /app.css':
        return void send(response, 200, 'text/css', assets.style);
      case 'GET /terminal.js':
        return void send(response, 200, 'text/javascript', assets.terminal);
      case 'GET /session': {
        return void (access.knows(tokenOf(request))
          ? send(response, 200, 'text/plain', 'yes\n')
          : refuse(401));
      }
      case 'POST /login': {
        if (!isOwn(request)) return void refuse(403);
        const token = access.exchange(codeOf(await jsonOf(request)));
        if (!token) return void refuse(401);
        return void send(response, 200, 'application/json', JSON.stringify({ token }));
      }
      case 'POST /ask':
      case 'POST /predict':
      case 'POST /act': {
        const answer = answererOf(request.url, acts, parts);
        if (!answer) return void refuse(404);
        if (!isOwn(request)) return void refuse(403);
        if (!access.knows(tokenOf(request))) return void refuse(401);
        // A form of a foreign page can send other types only.
        if (request.headers['content-type'] !== 'application/json') return void refuse(415);
        parts.used?.();
        const [code, said] = await answer(await jsonOf(request));
        return void send(response, code, 'application/json', JSON.stringify(said));
      }
      default:
        return void refuse(404);
    }
  }

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((word) => word.trim());
    const token = offered.find((word) => word.startsWith(TOKEN_PREFIX))?.slice(TOKEN_PREFIX.length);
    // Nobody who may only look sees, or has, a terminal.
    const shell = acts && parts.shells ? SHELL.exec(request.url ?? '') : null;
    const allowed =
      hosts.includes(request.headers.host ?? '') &&
      isOwn(request) &&
      (request.url === '/live' || shell) &&
      offered.includes(PROTOCOL) &&
      access.knows(token);
    socket.on('error', () => undefined);
    if (!allowed)
      return void socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    if (!shell) return sockets.handleUpgrade(request, socket, head, (client: WebSocket) => feed.add(client));
    const [, id = '', from] = shell;
    terminals.handleUpgrade(request, socket, head, (client: WebSocket) => {
      if (!parts.shells?.attach(id, Number(from), client)) client.close(GONE);
    });
  });

  return {
    ...{ port, access },
    link: () => `http://127.0.0.1:${port}/#code=${access.code()}`,
    close: () =>
      new Promise((resolve) => {
        for (const { clients } of [sockets, terminals]) for (const client of clients) client.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, wanted: number | Behind): Promise<void> {
  return new Promise((resolve, reject) => {
    if (typeof wanted !== 'number') {
      server.once('error', reject);
      server.listen(wanted.socket, resolve);
      return;
    }
    const port = wanted;
    server.once('error', () =>
      reject(
        new LabError(
          {
            en: `Port ${port} of this computer is taken.`,
            fr: `Le port ${port} de cet ordinateur est pris.`,
          },
          {
            en: 'choose another one with --port, or none.',
            fr: 'choisissez-en un autre avec --port, ou aucun.',
          },
        ),
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
}

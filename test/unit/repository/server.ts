import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';

/** A static web server for a test. */
export interface StaticServer {
  url: string;
  /** What it was asked for: path, and the range if one was asked for. */
  asked: string[];
  /** It knows ranges (default), or always sends the whole. */
  ranges: boolean;
  /** How many bytes it sends of each file before it breaks the connection, if it does. */
  breaks: ((path: string) => number | undefined) | undefined;
  close(): void;
}

/** Serves a folder on a port of this computer's own. `arrived`: bytes that have arrived of what was sent before a break. */
export async function serveFolder(folder: string, arrived: () => number): Promise<StaticServer> {
  const state: StaticServer = {
    url: '',
    asked: [],
    ranges: true,
    breaks: undefined,
    close: () => undefined,
  };
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const range = request.headers.range;
    state.asked.push(`${path} ${range ?? ''}`.trim());
    // As release pages do: the files are elsewhere.
    if (path.startsWith('/moved/'))
      return void response.writeHead(302, { location: path.slice('/moved'.length) }).end();
    const file = join(folder, normalize(path));
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return void response.writeHead(404).end();
    const body = readFileSync(file);
    const from = state.ranges ? Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0) : 0;
    if (from > 0 && from >= body.length) return void response.writeHead(416).end();
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': body.length - from,
      ...(state.ranges ? { 'accept-ranges': 'bytes' } : {}),
    });
    const some = state.breaks?.(path);
    if (some === undefined) return void response.end(body.subarray(from));
    response.write(body.subarray(from, from + some));
    // Once what was sent has been kept, however slow the computer is.
    const timer = setInterval(() => {
      if (arrived() < from + some) return;
      clearInterval(timer);
      request.socket.destroy();
    }, 20);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  state.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return state;
}

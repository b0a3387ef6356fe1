import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { withLock } from '../base/lock.ts';
import type { Text } from '../base/text.ts';
import { readDrill, writeEvent } from './model/ndjson.ts';
import { socketLines } from './socket-lines.ts';
import type { Watcher } from './watcher.ts';

/** ms that a watcher goes on while nobody looks. */
const ALONE_MS = 10_000;
/** Bytes that may wait for one that reads slowly: then it is let go, and gets a snapshot when it comes again. */
const WAITING = 4 << 20;
/** Characters of a line from a client: some hundred requests of a drill. */
const LONGEST_LINE = 64_000;

/**
 * Serves a watcher at a socket that only its user can open: each client gets a snapshot and then every event, a line of JSON each,
 * and may ask for another snapshot (`{"ask":"snapshot"}`) or put a note (`{"note":{"machine":…,"code":…,"text":…}}`) or what a drill tells (`{"drill":…}`) into the stream.
 * Resolves when it is over: nobody looks any more, or the lab is gone. False: another watcher serves the lab already.
 */
export async function serve(watcher: Watcher, path: string, aloneMs = ALONE_MS): Promise<boolean> {
  const clients = new Set<Socket>();
  let alone: NodeJS.Timeout | undefined;
  let over: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    over = resolve;
  });
  const wait = () => {
    clearTimeout(alone);
    if (clients.size === 0) alone = setTimeout(over, aloneMs);
  };
  const server = createServer((socket) => {
    clients.add(socket);
    wait();
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clients.delete(socket);
      wait();
    });
    socket.write(writeEvent(watcher.snapshot()));
    void hear(watcher, socket);
  });
  // Before anybody can come: whoever gets a snapshot gets every event after it.
  const silence = watcher.listen((event) => {
    const line = writeEvent(event);
    for (const socket of clients) {
      socket.write(line);
      if (socket.writableLength > WAITING) socket.destroy();
    }
    if (event.what === 'end') over();
  });
  const served = await withLock(
    `${path}.lock`,
    () => listen(server, path),
    () => undefined,
  );
  if (!served) {
    silence();
    return false;
  }
  wait();
  await ended;
  clearTimeout(alone);
  silence();
  for (const socket of clients) socket.end();
  await new Promise((resolve) => server.close(resolve));
  return true;
}

async function hear(watcher: Watcher, socket: Socket): Promise<void> {
  for await (const line of socketLines(socket, LONGEST_LINE)) answer(watcher, socket, line);
}

function answer(watcher: Watcher, socket: Socket, line: string): void {
  let value: unknown;
  try {
    value = line.length <= LONGEST_LINE ? JSON.parse(line) : undefined;
  } catch {
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if ('ask' in value && value.ask === 'snapshot') socket.write(writeEvent(watcher.snapshot()));
  const drill = 'drill' in value ? readDrill(value.drill) : undefined;
  if (drill) watcher.drill(drill);
  if (!('note' in value) || typeof value.note !== 'object' || value.note === null) return;
  const { machine, code, text, words } = value.note as Record<string, unknown>;
  if (typeof machine === 'string' && typeof code === 'string' && typeof text === 'string')
    watcher.note(machine, code, text, isText(words) ? words : undefined);
}

const isText = (value: unknown): value is Text =>
  typeof value === 'object' &&
  value !== null &&
  ['en', 'fr'].every((name) => typeof (value as Record<string, unknown>)[name] === 'string');

/** Takes the socket's place, unless somebody answers there. */
async function listen(server: Server, path: string): Promise<boolean> {
  if (await isServed(path)) return false;
  if (process.platform !== 'win32') {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    rmSync(path, { force: true });
  }
  // Nobody else may open it, not even for the moment until its mode is set.
  const before = process.platform === 'win32' ? undefined : process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  } finally {
    if (before !== undefined) process.umask(before);
  }
  if (process.platform !== 'win32') chmodSync(path, 0o600);
  return true;
}

const isServed = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

import { StringDecoder } from 'node:string_decoder';
import type { ServerChannel } from 'ssh2';
import { WebSocket } from 'ws';
import { LabError } from '../../base/errors.ts';
import { PROTOCOL, type ServerMessage, type ShellPlace, TOKEN_PREFIX } from '../../studio/page/protocol.ts';
import { askStudio, type Connection, LAB_HOST } from './proxy.ts';

/** Characters of one message to a studio (studio/server.ts has a limit). */
const MESSAGE = 8000;

/** A stream of a studio, as a page has it. */
function streamOf({ socket, token }: Connection, path: string): WebSocket {
  return new WebSocket(`ws://${LAB_HOST}${path}`, [PROTOCOL, `${TOKEN_PREFIX}${token}`], {
    ...{ perMessageDeflate: false, origin: `http://${LAB_HOST}`, createConnection: () => socket as never },
    headers: { Host: LAB_HOST },
  });
}

/**
 * Opens a terminal on a machine through the studio of its lab, and joins it to a channel of ssh until one of both ends. LabError with what the
 * studio says when it has none; rejects when there is no way to it.
 */
export async function openTerminal(
  connect: () => Promise<Connection>,
  machine: string,
  [cols, rows]: [number, number],
  channel: ServerChannel,
): Promise<{ resize: (size: [number, number]) => void }> {
  const { code, said } = await askStudio(await connect(), '/act', { do: 'shell', machine, cols, rows });
  const { id, what } = (said ?? {}) as { id?: unknown; what?: { en: string; fr: string } };
  if (code !== 200 || typeof id !== 'string' || !/^[0-9a-f]{16}$/.test(id))
    throw new LabError(
      typeof what?.en === 'string'
        ? what
        : { en: `There is no machine ${machine}.`, fr: `Il n'y a pas de machine ${machine}.` },
    );
  const shell = streamOf(await connect(), `/shell/${id}?from=0`);
  // It alone says when the program on the machine has ended.
  const live = streamOf(await connect(), '/live');
  const tell = (word: unknown) => {
    if (shell.readyState === WebSocket.OPEN) shell.send(JSON.stringify(word));
  };
  let place = 0;
  let closed = false;
  let over = false;
  const end = (exit: number) => {
    if (closed) return;
    closed = true;
    live.terminate();
    shell.terminate();
    void connect()
      .then((connection) => askStudio(connection, '/act', { do: 'close-shell', id }))
      .catch(() => undefined);
    if (channel.writable) {
      channel.exit(exit);
      channel.end();
    }
  };
  shell.on('message', (data: Buffer, binary) => {
    if (!binary) {
      place = (JSON.parse(String(data)) as ShellPlace).at;
      return;
    }
    place += data.length;
    const shown = place;
    // Told once ssh has taken it: a slow connection is behind by no more than the studio lets it.
    channel.write(data, () => tell({ got: shown }));
  });
  live.on('message', (data, binary) => {
    const text = binary ? '' : String(data);
    if (!text.startsWith('{"kind":"shells"')) return;
    const message = JSON.parse(text) as Extract<ServerMessage, { kind: 'shells' }>;
    const own = message.shells.find((one) => one.id === id);
    if (own && !own.ended) return;
    over = true;
    // Its last words are on their way.
    setTimeout(() => end(0), 300);
  });
  for (const stream of [shell, live]) {
    stream.on('error', () => end(255));
    stream.on('close', () => over || end(255));
  }
  const decoder = new StringDecoder('utf8');
  channel.on('data', (data: Buffer) => {
    const text = decoder.write(data);
    for (let at = 0; at < text.length; at += MESSAGE) tell({ type: text.slice(at, at + MESSAGE) });
  });
  channel.on('close', () => end(0));
  const early: unknown[] = [];
  shell.once('open', () => early.splice(0).forEach(tell));
  return {
    resize: (size) => (shell.readyState === WebSocket.OPEN ? tell({ size }) : early.push({ size })),
  };
}

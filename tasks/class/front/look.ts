import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import * as z from 'zod';
import { PROTOCOL, TOKEN_PREFIX } from '../../studio/page/protocol.ts';
import { type Connection, LAB_HOST } from './proxy.ts';

/** Bytes that may wait for somebody who looks and reads slowly: then the page begins anew. */
const WAITING = 4 << 20;
/** ms between two looks whether the student still lets it. */
const STILL_EVERY = 1000;

const sockets = new WebSocketServer({
  ...{ noServer: true, maxPayload: 1000, perMessageDeflate: false },
  handleProtocols: () => PROTOCOL,
});

/** All that somebody who only looks may say to a studio: what changes nothing there. */
const harmless = z.union([
  z.strictObject({ ask: z.literal('snapshot') }),
  z.strictObject({ got: z.int().min(0) }),
]);

/** What somebody who only looks says, when it is harmless; written anew, so that nothing else goes on. */
export function harmlessIn(text: string): string | undefined {
  try {
    const { data } = harmless.safeParse(JSON.parse(text));
    return data && JSON.stringify(data);
  } catch {
    return undefined;
  }
}

/** What is shown to somebody who only looks: all but what a page may have done, so that the page offers nothing. */
export const isShown = (text: string): boolean => !text.startsWith('{"kind":"offer"');

/**
 * Shows a stream of a studio to somebody who only looks. Unlike joinStreams it reads what goes through: nothing that is typed or wished for
 * gets to the lab. It ends when `still` is no more.
 */
export function showStream(
  { socket, token }: Connection,
  path: string,
  asked: IncomingMessage,
  page: Duplex,
  head: Buffer,
  still: () => Promise<boolean>,
): void {
  const lab = new WebSocket(`ws://${LAB_HOST}${path}`, [PROTOCOL, `${TOKEN_PREFIX}${token}`], {
    ...{ perMessageDeflate: false, origin: `http://${LAB_HOST}`, createConnection: () => socket as never },
    headers: { Host: LAB_HOST },
  });
  // What the lab says before the page is ready waits.
  const early: [RawData, boolean][] = [];
  let tell = (data: RawData, binary: boolean): void => void early.push([data, binary]);
  lab.on('message', (data, binary) => {
    if (binary || isShown(String(data))) tell(data, binary);
  });
  lab.on('error', () => page.destroy());
  lab.on('close', () => page.destroy());
  lab.once('open', () =>
    sockets.handleUpgrade(asked, page, head, (viewer) => {
      tell = (data, binary) => {
        if (viewer.bufferedAmount > WAITING) viewer.terminate();
        else viewer.send(binary ? data : String(data));
      };
      for (const [data, binary] of early.splice(0)) tell(data, binary);
      viewer.on('message', (data) => {
        const word = harmlessIn(String(data));
        if (word !== undefined && lab.readyState === WebSocket.OPEN) lab.send(word);
      });
      const timer = setInterval(() => {
        still().then(
          (may) => may || viewer.terminate(),
          () => viewer.terminate(),
        );
      }, STILL_EVERY);
      viewer.on('error', () => undefined);
      viewer.on('close', () => {
        clearInterval(timer);
        lab.terminate();
      });
    }),
  );
}

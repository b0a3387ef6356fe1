import type { Socket } from 'node:net';

/**
 * The lines that come through a socket, until it ends, breaks off or is destroyed. (readline would wait for ever for the end of one that
 * was destroyed.) One that says more than `longest` characters without an end of line is destroyed.
 */
export async function* socketLines(
  socket: Socket,
  longest = Number.POSITIVE_INFINITY,
): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const chunk of socket.setEncoding('utf8')) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
      if (rest.length > longest) return;
    }
  } catch {
    // Broken off: what came until then is all there is.
  } finally {
    socket.destroy();
  }
}

import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { EnvHttpProxyAgent, fetch } from 'undici';
import { LabError, messageOf } from '../ui/errors.ts';

/** http_proxy, https_proxy and no_proxy of the environment. */
const dispatcher = new EnvHttpProxyAgent();

/** How often an interrupted download is taken up again. */
const ATTEMPTS = 4;

/** A small text from the network; undefined when the server has none (404). Throws when it cannot be reached. */
export async function fetchText(url: string, seconds: number): Promise<string | undefined> {
  const answer = await fetch(url, { dispatcher, signal: AbortSignal.timeout(seconds * 1000) });
  if (answer.status === 404) {
    await answer.body?.cancel();
    return undefined;
  }
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.text();
}

const sizeOf = async (file: string) => (await stat(file).catch(() => undefined))?.size ?? 0;

/**
 * Downloads into `part`, going on from what an earlier attempt left there. `progress` is told bytes and, if the
 * server says so, how many there will be. LabError when it does not succeed; what has arrived stays for the next time.
 */
export async function download(
  url: string,
  part: string,
  progress: (bytes: number, total: number | undefined) => void,
): Promise<void> {
  let problem: unknown;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      await fetchInto(url, part, progress);
      return;
    } catch (error) {
      problem = error;
      if (error instanceof Refusal || attempt === ATTEMPTS) break;
      await new Promise((resolve) => setTimeout(resolve, attempt * 500));
    }
  }
  const cause = problem instanceof Error ? problem.cause : undefined;
  throw new LabError(
    { en: `${url} could not be downloaded.`, fr: `${url} n'a pas pu être téléchargé.` },
    {
      en: 'check the address, the network and the proxy, and run the command again: it goes on where it stopped.',
      fr: "vérifiez l'adresse, le réseau et le proxy, puis relancez la commande : elle reprend où elle s'est arrêtée.",
    },
    [messageOf(problem), ...(cause ? [messageOf(cause)] : [])],
  );
}

/** An answer that will be the same next time. */
class Refusal extends Error {}

async function fetchInto(
  url: string,
  part: string,
  progress: (bytes: number, total: number | undefined) => void,
): Promise<void> {
  const have = await sizeOf(part);
  const headers = have > 0 ? { range: `bytes=${have}-` } : {};
  const answer = await fetch(url, { dispatcher, headers });
  // Nothing is left to send: the earlier attempt had it all.
  if (answer.status === 416 && have > 0) {
    await answer.body?.cancel();
    return;
  }
  if (!answer.ok || !answer.body) {
    await answer.body?.cancel();
    throw new Refusal(`${answer.status} ${answer.statusText}`);
  }
  const resumed = answer.status === 206;
  let bytes = resumed ? have : 0;
  const length = Number(answer.headers.get('content-length'));
  const total = length > 0 ? bytes + length : undefined;
  await pipeline(
    answer.body,
    async function* count(chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        progress(bytes, total);
        yield chunk;
      }
    },
    createWriteStream(part, { flags: resumed ? 'a' : 'w' }),
  );
  if (total !== undefined && bytes !== total) throw new Error(`${bytes} of ${total} bytes arrived`);
}

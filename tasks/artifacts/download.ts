import { closeSync, openSync, writeSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Dispatcher, EnvHttpProxyAgent, interceptors, request } from 'undici';
import { LabError, messageOf } from '../base/errors.ts';
import { sleep } from '../base/poll.ts';
import { fullDisk, isFull } from './space.ts';

/** http_proxy, https_proxy and no_proxy of the environment; release pages send on to where files are. */
const dispatcher = new EnvHttpProxyAgent().compose(interceptors.redirect({ maxRedirections: 5 }));

/** How often an interrupted download is taken up again. */
const ATTEMPTS = 4;

/** The most that a small text may have. Bytes. */
const SMALL = 4 << 20;

/** A small text from the network; undefined when the server has none (404). Throws when it cannot be reached, or is not small. */
export async function fetchText(url: string, seconds: number): Promise<string | undefined> {
  const answer = await request(url, { dispatcher, signal: AbortSignal.timeout(seconds * 1000) });
  if (answer.statusCode !== 200) {
    await answer.body.dump();
    if (answer.statusCode === 404) return undefined;
    throw new Error(`${url}: ${answer.statusCode}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  await drain(answer.body, (chunk) => {
    bytes += chunk.length;
    if (bytes > SMALL) throw new Error(`${url}: more than ${SMALL} bytes`);
    chunks.push(chunk);
  });
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Gives a body to `take`, piece by piece, without ever letting it wait: undici 7 ends the whole process when a server closes the
 * connection while a body is paused, which is what a slower reader does (undici's issue 5360; fixed in 8, for newer Node only).
 */
function drain(body: Dispatcher.ResponseData['body'], take: (chunk: Uint8Array) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    body.on('end', resolve);
    body.on('error', reject);
    body.on('data', (chunk: Uint8Array) => {
      try {
        take(chunk);
      } catch (error) {
        body.destroy(error as Error);
      }
    });
  });
}

const sizeOf = async (file: string) => (await stat(file).catch(() => undefined))?.size ?? 0;

/** Told how far a download is: bytes, how many there will be if the server says so, and whether it had to begin anew. */
export type DownloadProgress = (bytes: number, total: number | undefined, anew: boolean) => void;

/**
 * Downloads into `part`, going on from what an earlier attempt left there, where the server lets it; otherwise from the
 * beginning. LabError when it does not succeed; what has arrived stays for the next time.
 */
export async function download(url: string, part: string, progress: DownloadProgress): Promise<void> {
  let problem: unknown;
  const server = { resumes: true };
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      await fetchInto(url, part, server, progress);
      return;
    } catch (error) {
      if (isFull(error)) throw fullDisk(dirname(part));
      problem = error;
      if (error instanceof Refusal || attempt === ATTEMPTS) break;
      await sleep(attempt / 2);
    }
  }
  const cause = problem instanceof Error ? problem.cause : undefined;
  throw new LabError(
    { en: `${url} could not be downloaded.`, fr: `${url} n'a pas pu être téléchargé.` },
    server.resumes
      ? {
          en: 'check the address, the network and the proxy, and run the command again: it goes on where it stopped.',
          fr: "vérifiez l'adresse, le réseau et le proxy, puis relancez la commande : elle reprend où elle s'est arrêtée.",
        }
      : {
          en: 'this server cannot resume a download (it knows no ranges), so each try begins anew: check the network, or ask for another server (nginx, Apache).',
          fr: 'ce serveur ne sait pas reprendre un téléchargement (sans « ranges »), chaque essai repart donc de zéro : vérifiez le réseau, ou demandez un autre serveur (nginx, Apache).',
        },
    [messageOf(problem), ...(cause ? [messageOf(cause)] : [])],
  );
}

/** An answer that will be the same next time. */
class Refusal extends Error {}

async function fetchInto(
  url: string,
  part: string,
  server: { resumes: boolean },
  progress: DownloadProgress,
): Promise<void> {
  const have = await sizeOf(part);
  const headers = have > 0 ? { range: `bytes=${have}-` } : {};
  const answer = await request(url, { dispatcher, headers });
  const { statusCode } = answer;
  // 416: nothing is left to send, the earlier attempt had it all.
  if (![200, 206].includes(statusCode)) {
    await answer.body.dump();
    if (statusCode === 416 && have > 0) return;
    throw new Refusal(`HTTP ${statusCode}`);
  }
  const resumed = statusCode === 206;
  server.resumes = resumed || answer.headers['accept-ranges'] === 'bytes';
  let bytes = resumed ? have : 0;
  const length = Number(answer.headers['content-length']);
  const total = length > 0 ? bytes + length : undefined;
  const file = openSync(part, resumed ? 'a' : 'w');
  try {
    await drain(answer.body, (chunk) => {
      for (let done = 0; done < chunk.length; ) done += writeSync(file, chunk, done);
      bytes += chunk.length;
      progress(bytes, total, have > 0 && !resumed);
    });
  } finally {
    closeSync(file);
  }
  if (total !== undefined && bytes !== total) throw new Error(`${bytes} of ${total} bytes arrived`);
}

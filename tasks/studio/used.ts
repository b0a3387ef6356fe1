import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** ms between two times that it is written down. */
const EVERY = 10_000;

/**
 * Writes down that a page behind a socket is used: its class ends labs that nobody uses (class/job/job.sh looks at when this file was
 * changed). Never fails.
 */
export function useFile(socket: string): () => void {
  const file = join(dirname(socket), 'active');
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - last < EVERY) return;
    last = performance.now();
    void writeFile(file, '').catch(() => undefined);
  };
}

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { socketFolder } from '../remote/sockets.ts';

/** Characters of a socket's path that every system takes. */
const LONGEST = 100;

/** Where the watcher of a lab answers. `folder`: the lab's (.lab/NAME), absolute. */
export function watcherSocket(folder: string): string {
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return `\\\\.\\pipe\\ha-lab-${hash}`;
  const path = join(folder, 'run', 'watch.sock');
  return Buffer.byteLength(path) <= LONGEST ? path : join(socketFolder(), `watch-${hash}`);
}

import { lstatSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Folders of this process alone, by the one whose place they take. */
const instead = new Map<string, string>();

/**
 * Folder of the sockets through which later commands reuse the first connection; short, as sockets must be. It is there, and nobody else
 * can put anything into it: whoever has the socket answers as the machine. Its name can be known beforehand and anybody may write
 * to /tmp, so a folder that somebody else made there is not used; this process then has one of its own, until it ends.
 */
export function socketFolder(): string {
  const { uid } = userInfo();
  const folder = join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `ha-lab-${uid}`);
  // OpenSSH on Windows cannot share connections.
  if (process.platform === 'win32') return folder;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (isPrivate(folder, uid)) return folder;
  } catch {
    // A file has its name, or its place cannot be written to.
  }
  const known = instead.get(folder);
  if (known && isPrivate(known, uid)) return known;
  const own = mkdtempSync(join(tmpdir(), 'ha-lab-'));
  instead.set(folder, own);
  process.once('exit', () => rmSync(own, { recursive: true, force: true }));
  return own;
}

/** True for a folder, no link to one, that belongs to the user and that only this user can write to. Throws when there is nothing. */
export function isPrivate(folder: string, uid: number): boolean {
  const found = lstatSync(folder);
  return found.isDirectory() && found.uid === uid && (found.mode & 0o022) === 0;
}

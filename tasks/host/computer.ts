import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { arch, cpus, freemem, platform, totalmem } from 'node:os';
import { dirname } from 'node:path';

const MIB = 1 << 20;

/** Plain facts about the computer that runs the lab. */
export interface Computer {
  platform: NodeJS.Platform;
  arch: string;
  root: boolean;
  /** Name of the operating system, as it calls itself. */
  system: string;
  /** Has apt-get and Debian's package names. */
  debianLike: boolean;
  /** Linux inside Windows. */
  wsl: boolean;
  cpus: number;
  /** MiB, the control group's limit included. */
  memory: { total: number; available: number };
}

/** Fields of os-release(5). */
export function parseOsRelease(text: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const match = /^([A-Z_]+)=(?:"([^"]*)"|'([^']*)'|(.*))$/.exec(line.trim());
    if (match?.[1]) fields[match[1]] = match[2] ?? match[3] ?? match[4] ?? '';
  }
  return fields;
}

/** True for Debian and what is made from it (Ubuntu, Mint, Raspberry Pi OS). */
export function isDebianLike(fields: Record<string, string>): boolean {
  return `${fields.ID ?? ''} ${fields.ID_LIKE ?? ''}`
    .split(/\s+/)
    .some((id) => id === 'debian' || id === 'ubuntu');
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

export function readComputer(): Computer {
  const release = parseOsRelease(read('/etc/os-release'));
  const limit = process.constrainedMemory();
  const limited = limit > 0 && limit < totalmem();
  return {
    platform: platform(),
    arch: arch(),
    root: process.getuid?.() === 0,
    system: release.PRETTY_NAME ?? platform(),
    debianLike: isDebianLike(release),
    wsl: /microsoft/i.test(read('/proc/sys/kernel/osrelease')),
    cpus: cpus().length,
    memory: {
      total: Math.floor((limited ? limit : totalmem()) / MIB),
      available: Math.floor((limited ? Math.min(limit, freemem()) : freemem()) / MIB),
    },
  };
}

/** Free MiB for this user where `folder` is, or would be made. */
export async function freeDisk(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return Math.floor((bavail * bsize) / MIB);
  } catch (error) {
    const parent = dirname(folder);
    if (parent === folder || (error as NodeJS.ErrnoException).code !== 'ENOENT') return 0;
    return freeDisk(parent);
  }
}

/** Identifies this boot of the computer; undefined where there is no such thing. */
export function bootId(): string | undefined {
  return read('/proc/sys/kernel/random/boot_id').trim() || undefined;
}

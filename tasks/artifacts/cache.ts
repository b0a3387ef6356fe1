import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, sha256 } from '../base/digest.ts';
import { isAlive } from '../base/lock.ts';
import { cacheFolder, environmentFolder, ROOT } from '../base/paths.ts';
import { digestsOfEnvironments } from './register.ts';
import { readRelease, readVersions } from './versions.ts';

/** What the uml engine starts machines from. */
export interface BuiltImage {
  kernel: string;
  image: string;
}

/** Things the cache keeps; each entry is a folder named after the digest of what it was made from. */
export const BUILT_KINDS = ['image', 'kernel', 'box', 'box-virtualbox'] as const;
export type BuiltKind = (typeof BUILT_KINDS)[number];
/** Besides what the kit builds: release archives of Nextcloud and the disks made from them, named after their checksum. */
export type CacheKind = BuiltKind | 'nextcloud' | 'nextcloud-code';

/** The main file of each kind's entries. */
export const FILES: Record<CacheKind, string> = {
  image: 'base.ext4',
  kernel: 'linux',
  box: 'package.box',
  'box-virtualbox': 'virtualbox.box',
  nextcloud: 'nextcloud.tar.bz2',
  'nextcloud-code': 'code.ext4',
};

/** What the libvirt box is made from; its disk is the VirtualBox box's, too. */
const BOX = [
  'packages.list',
  'versions.yaml',
  'files',
  'scripts',
  'box',
  'native/build-image.sh',
  'native/pack-ext4.sh',
  'native/resolv.conf',
  'native/build-box.sh',
];

/** Inputs of each kind: when one of these changes, the entry is made anew. */
const INPUTS: Record<BuiltKind, string[]> = {
  image: [
    'packages.list',
    'versions.yaml',
    'files',
    'scripts/configure.sh',
    'native/build-image.sh',
    'native/pack-ext4.sh',
    'native/resolv.conf',
  ],
  kernel: ['kernel'],
  box: BOX,
  'box-virtualbox': [...BOX, 'virtualbox', 'native/build-virtualbox-box.sh'],
};

/** What is known of an entry. */
export interface Manifest {
  digest: string;
  built: string;
  sha256: string;
  /** Bytes, and modification time in whole seconds: the copy-on-write files of machines record both. */
  size: number;
  modified: number;
  /** What else its maker wants to remember. */
  facts?: Record<string, unknown>;
}

/** Digest that names the current entry of a kind; `root` is the folder of the kit. */
export function currentDigest(kind: BuiltKind, root = ROOT): string {
  const packer = join(root, 'packer');
  // versions.yaml is more than the kernel's: another package list must not build the kernel again.
  const extra = kind === 'kernel' ? [JSON.stringify(readVersions().kernel)] : [];
  return digestOf(root, INPUTS[kind].map((path) => join(packer, path)).filter(existsSync), extra);
}

export function entryFolder(kind: CacheKind, digest: string): string {
  return join(cacheFolder(), kind, digest);
}

export function entryFile(kind: CacheKind, digest: string): string {
  return join(entryFolder(kind, digest), FILES[kind]);
}

/**
 * 'good', 'missing' or 'damaged'. Size and modification time are compared at each use, which is free; when they
 * differ, or when `thorough`, the whole content is read and compared with its checksum.
 */
export async function inspect(
  kind: CacheKind,
  digest: string,
  thorough = false,
  folder = entryFolder(kind, digest),
): Promise<'good' | 'missing' | 'damaged'> {
  const file = join(folder, FILES[kind]);
  const manifestFile = join(folder, 'manifest.json');
  if (!existsSync(manifestFile)) return 'missing';
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) return 'damaged';
  let manifest: Manifest;
  try {
    manifest = JSON.parse(await readFile(manifestFile, 'utf8')) as Manifest;
  } catch {
    return 'damaged';
  }
  const same = found.size === manifest.size && Math.floor(found.mtimeMs / 1000) === manifest.modified;
  if (same && !thorough) return 'good';
  if (found.size !== manifest.size || (await sha256(file)) !== manifest.sha256) return 'damaged';
  await utimes(file, manifest.modified, manifest.modified);
  return 'good';
}

/**
 * Makes an entry: `make` writes the file it is given; the entry appears only when whole. `sum`: its SHA-256, where that is known
 * for certain and need not be counted.
 */
export async function store(
  kind: CacheKind,
  digest: string,
  make: (file: string) => Promise<void>,
  facts?: Record<string, unknown>,
  sum?: string,
): Promise<void> {
  const folder = entryFolder(kind, digest);
  // A name of this process's own: a build whose starter was killed may still be writing.
  const part = `${folder}.${process.pid}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true });
  try {
    const file = join(part, FILES[kind]);
    await make(file);
    const found = statSync(file);
    const modified = Math.floor(found.mtimeMs / 1000);
    await utimes(file, modified, modified);
    const manifest: Manifest = {
      digest,
      built: new Date().toISOString(),
      sha256: sum ?? (await sha256(file)),
      size: found.size,
      modified,
      ...(facts ? { facts } : {}),
    };
    await writeFile(join(part, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    await rm(folder, { recursive: true, force: true });
    await rename(part, folder);
  } finally {
    // Gone after the rename; after a failure, gigabytes that nobody would miss.
    await rm(part, { recursive: true, force: true });
  }
}

/** What the manifest of an entry says. Throws when it is not there, or no JSON. */
export async function manifestOf(kind: CacheKind, digest: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(entryFolder(kind, digest), 'manifest.json'), 'utf8')) as Manifest;
}

/** What the maker of an entry wanted to remember. */
export async function factsOf(kind: CacheKind, digest: string): Promise<Record<string, unknown>> {
  return (await manifestOf(kind, digest)).facts ?? {};
}

/** Removes an entry. */
export async function discard(kind: CacheKind, digest: string): Promise<void> {
  await rm(entryFolder(kind, digest), { recursive: true, force: true });
}

export interface CacheEntry {
  kind: CacheKind;
  digest: string;
  built: string;
  /** Bytes really taken on disk by the main file. */
  bytes: number;
}

/** When an entry was built; '?' when its manifest is damaged, so that the entry can still be listed and removed. */
async function builtAt(manifest: string): Promise<string> {
  try {
    return (JSON.parse(await readFile(manifest, 'utf8')) as Manifest).built;
  } catch {
    return '?';
  }
}

/** Everything in the cache. */
export async function listCache(): Promise<CacheEntry[]> {
  const entries: CacheEntry[] = [];
  for (const kind of Object.keys(FILES) as CacheKind[]) {
    const folder = join(cacheFolder(), kind);
    for (const digest of existsSync(folder) ? await readdir(folder) : []) {
      if (digest.endsWith('.part')) continue;
      const manifest = join(folder, digest, 'manifest.json');
      if (!existsSync(manifest)) continue;
      const built = await builtAt(manifest);
      const bytes = (statSync(entryFile(kind, digest), { throwIfNoEntry: false })?.blocks ?? 0) * 512;
      entries.push({ kind, digest, built, bytes });
    }
  }
  return entries;
}

/** True for what this version of the kit would use; a disk with code can be made again from its archive. */
async function isWanted({ kind, digest }: CacheEntry): Promise<boolean> {
  if (kind === 'nextcloud-code') return false;
  if (kind !== 'nextcloud') return digest === currentDigest(kind);
  return (await factsOf(kind, digest).catch(() => undefined))?.release === readRelease().release;
}

/**
 * Removes what neither this version of the kit nor an existing lab of any checkout uses, and unfinished builds that nobody works on.
 * LabError when it is not known what a lab uses: nothing is removed then.
 */
export async function pruneCache(labs = environmentFolder('')): Promise<{
  removed: CacheEntry[];
  kept: { entry: CacheEntry; labs: string[] }[];
}> {
  const used = await digestsOfEnvironments(labs);
  const removed: CacheEntry[] = [];
  const kept: { entry: CacheEntry; labs: string[] }[] = [];
  for (const entry of await listCache()) {
    const by = used.get(entry.digest);
    if (await isWanted(entry)) continue;
    if (by) kept.push({ entry, labs: by });
    else {
      await discard(entry.kind, entry.digest);
      removed.push(entry);
    }
  }
  for (const kind of Object.keys(FILES)) {
    const folder = join(cacheFolder(), kind);
    for (const name of existsSync(folder) ? await readdir(folder) : []) {
      const pid = Number(/\.(\d+)\.part$/.exec(name)?.[1]);
      if (pid && !isAlive(pid)) await rm(join(folder, name), { recursive: true, force: true });
    }
  }
  return { removed, kept };
}

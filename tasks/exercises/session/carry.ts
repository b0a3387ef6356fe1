import tar from 'tar-stream';
import * as z from 'zod';
import { hostNamed, quote, type RemoteOptions, runRemote } from '../../remote/ssh.ts';
import { timeoutFactorOf } from '../../roles/timers.ts';
import type { Facts, MachineFacts } from '../checks/probe.ts';
import { type Carried, carriedOf, isCarried } from '../guides/carried.ts';
import type { LabGuide } from '../guides/model.ts';
import type { LabSession } from './session.ts';

/** Bytes of one file, of all files of a machine, and how many there may be. */
export const CARRY = { file: 64 * 1024, machine: 512 * 1024, count: 200 };

/** Seconds that a machine may take for it. */
const TIMEOUT = 20;

/** Base64 of the largest file. */
const LONGEST = Math.ceil(CARRY.file / 3) * 4;

/** Files by path as they are kept and handed in: written by a student. Where they go is looked at when they are placed. */
export const carriedFiles = z
  .record(
    z.string().max(200),
    z.strictObject({
      mode: z.string().regex(/^0[0-7]{3}$/),
      owner: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}:[a-z_][a-z0-9_-]{0,31}$/),
      data: z.base64().max(LONGEST),
    }),
  )
  .refine((all) => Object.keys(all).length <= CARRY.count, { message: `more than ${CARRY.count} files` });

const NAME = /^[a-z_][a-z0-9_-]{0,31}$/;

/** Keys and certificates belong to the lab that they were made in; a replay makes its own. */
const isKey = (data: Buffer): boolean => data.includes('-----BEGIN ');

/**
 * Prints the files as an archive in base64, then a line `--` and those that are too large. Regular files only: a symbolic link may lead
 * anywhere. `root`: where the files are, for tests.
 */
export function packScript({ files, folders }: Pick<Carried, 'files' | 'folders'>, root = ''): string {
  const list = (paths: ReadonlySet<string>) => [...paths].map((path) => quote(`${root}${path}`)).join(' ');
  return `set +e; shopt -s nullglob dotglob
put=() left=()
look() { local size; [[ -f $1 && ! -L $1 && $1 != *$'\\n'* ]] || return
  size=$(stat -c %s -- "$1") && if ((size <= ${CARRY.file})); then put+=("$1"); else left+=("$1"); fi; }
for folder in ${list(folders)}; do for file in "$folder"/*; do look "$file"; done; done
for file in ${list(files)}; do look "$file"; done
((\${#put[@]} == 0)) || printf '%s\\0' "\${put[@]}" | tar -c -P --no-recursion --null -T - --format=pax | base64 -w 0
printf '\\n--\\n'
for file in "\${left[@]}"; do printf '%s\\n' "$file"; done
`;
}

/** What is carried of a machine. */
export interface Told extends Required<Pick<MachineFacts, 'files' | 'left'>> {
  /** Paths of keys and certificates, which stay where they are. */
  keys: string[];
}

/** What a machine's packScript printed: its files by path, and those that are not carried. Throws for what is no such output. */
export async function unpackFiles(printed: string, carried: Carried, root = ''): Promise<Told> {
  const end = printed.lastIndexOf('\n--\n');
  if (end < 0) throw new Error('the list of files is not whole');
  const left = printed.slice(end + 4).split('\n');
  const own = (path: string) => path.slice(root.length);
  const found: Told = { files: {}, left: left.filter(Boolean).map(own), keys: [] };
  let total = 0;
  const take = (header: tar.Header, data: Buffer) => {
    const path = own(header.name);
    if (header.type !== 'file' || !isCarried(carried, path)) return;
    if (isKey(data)) {
      if (found.keys.length < CARRY.count) found.keys.push(path);
      return;
    }
    total += data.length;
    if (total > CARRY.machine || Object.keys(found.files).length >= CARRY.count) {
      found.left.push(path);
      return;
    }
    const owner = [header.uname, header.gname].map((name) => (name && NAME.test(name) ? name : 'root'));
    const mode = `0${((header.mode ?? 0o644) & 0o777).toString(8).padStart(3, '0')}`;
    found.files[path] = { mode, owner: owner.join(':'), data: data.toString('base64') };
  };
  const archive = Buffer.from(printed.slice(0, end), 'base64');
  if (archive.length === 0) return found;
  const extract = tar.extract();
  extract.end(archive);
  for await (const entry of extract) {
    const parts: Buffer[] = [];
    for await (const part of entry) parts.push(part as Buffer);
    take(entry.header, Buffer.concat(parts));
  }
  return found;
}

type Session = Pick<LabSession, 'engine' | 'environment'>;

/** The files of one machine. Throws when it cannot tell them. */
export async function filesOf(session: Session, machine: string, carried: Carried): Promise<Told> {
  const host = hostNamed(await session.engine.sshHosts(), machine);
  const options: RemoteOptions = {
    timeout: TIMEOUT * timeoutFactorOf(session.environment),
    maxBytes: CARRY.count * CARRY.file * 2,
    // A machine that is slow to answer would be one without files.
    longTimeouts: true,
  };
  const { code, stdout } = await runRemote(host, `bash -c ${quote(packScript(carried))}`, options);
  if (code !== 0) throw new Error(`exit code ${code}`);
  return unpackFiles(stdout, carried);
}

/**
 * Adds to the facts what the students of these labs wrote, as it is on the machines that answered: what `lab grade --replay` builds again. A
 * machine that does not tell has none.
 */
export async function carryFiles(session: Session, labs: LabGuide[], facts: Facts): Promise<void> {
  // What one lab has its student write may be the kit's in another one: with several labs, all of it.
  const wanted = new Map<string, { files: Set<string>; folders: Set<string>; kits: Set<string> }>();
  for (const lab of labs)
    for (const [machine, { files, folders, kits }] of carriedOf(lab)) {
      const all = wanted.get(machine);
      if (!all) {
        wanted.set(machine, { files: new Set(files), folders: new Set(folders), kits: new Set(kits) });
        continue;
      }
      for (const file of files) all.files.add(file);
      for (const folder of folders) all.folders.add(folder);
      for (const path of all.kits) if (!kits.has(path)) all.kits.delete(path);
    }
  await Promise.all(
    [...wanted].map(async ([machine, carried]) => {
      const own = facts.machines[machine];
      if (own?.state !== 'answered') return;
      const told = await filesOf(session, machine, carried).catch(() => undefined);
      if (told) Object.assign(own, { files: told.files, left: told.left });
    }),
  );
}

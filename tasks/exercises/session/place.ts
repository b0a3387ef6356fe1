import tar from 'tar-stream';
import { LabError, messageOf } from '../../base/errors.ts';
import { hostNamed, quote, runRemote } from '../../remote/ssh.ts';
import { timeoutFactorOf } from '../../roles/timers.ts';
import type { CarriedFile } from '../checks/probe.ts';
import { type Carried, isCarried } from '../guides/carried.ts';
import { filesOf } from './carry.ts';
import { runInShell } from './machines.ts';
import type { LabSession } from './session.ts';

/** Seconds, with the fast timers: for files to be there, for a service to start. */
const PLACED = 30;
const STARTED = 120;

/** A student's files of one machine, and what reads them. */
export interface MachineFiles {
  machine: string;
  carried: Carried;
  /** Services that read them, in the order of the guide. */
  units: string[];
  /** What goes to the machine, by path. */
  files: Map<string, CarriedFile>;
  /** Paths that were left out as too large or too many: the machine keeps its own. */
  left: string[];
}

/** Those of a student's files that belong where they say; and paths that no guide of the lab writes: they go nowhere. */
export function belonging(
  own: Record<string, CarriedFile>,
  carried: Carried,
): { files: Map<string, CarriedFile>; refused: string[] } {
  const paths = Object.entries(own);
  return {
    files: new Map(paths.filter(([path]) => isCarried(carried, path))),
    refused: paths.flatMap(([path]) => (isCarried(carried, path) ? [] : [path])),
  };
}

/** In what the files of a machine differ from those that it should have. */
export function differing(
  has: Record<string, CarriedFile>,
  { files, left }: Pick<MachineFiles, 'files' | 'left'>,
): { put: Map<string, CarriedFile>; remove: string[] } {
  const isSame = (a: CarriedFile | undefined, b: CarriedFile) =>
    a?.data === b.data && a.mode === b.mode && a.owner === b.owner;
  return {
    put: new Map([...files].filter(([path, file]) => !isSame(has[path], file))),
    remove: Object.keys(has).filter((path) => !files.has(path) && !left.includes(path)),
  };
}

/** An archive of files as they are to be on a machine. */
export async function archiveOf(files: MachineFiles['files']): Promise<Buffer> {
  const pack = tar.pack();
  for (const [path, { mode, owner, data }] of files) {
    const [uname = 'root', gname = 'root'] = owner.split(':');
    pack.entry(
      { name: path.slice(1), mode: Number.parseInt(mode, 8), uname, gname },
      Buffer.from(data, 'base64'),
    );
  }
  pack.finalize();
  const parts: Buffer[] = [];
  for await (const part of pack) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Stops those of the services that run, and names them. */
export const stopScript = (units: string[]): string => `set +e
ran=()
for unit in ${units.map(quote).join(' ')}; do ! systemctl -q is-active "$unit" || ran+=("$unit"); done
((\${#ran[@]})) || exit 0
printf '%s\\n' "\${ran[@]}"
systemctl stop "\${ran[@]}" >&2
exit 0
`;

/** Starts services, and says which do not run afterwards. */
export const startScript = (units: string[]): string => `set +e
systemctl daemon-reload
systemctl reset-failed ${units.map(quote).join(' ')} 2>/dev/null
systemctl start ${units.map(quote).join(' ')} >&2
sleep 1
for unit in ${units.map(quote).join(' ')}; do systemctl -q is-active "$unit" || echo "down $unit"; done
`;

export interface Placed {
  /** Paths that differed. */
  changed: string[];
  /** Services that do not run with them. */
  broken: string[];
}

/**
 * Takes away what lies below these folders and is of no Debian package: the kit put it there, and a machine whose files are to be a student's
 * must not have half of each. `root`: where the folders are, for tests.
 */
export const clearScript = (folders: ReadonlySet<string>, root = ''): string => `set +e
for folder in ${[...folders].map((folder) => quote(`${root}${folder}`)).join(' ')}; do
  [[ -d $folder ]] || continue
  find "$folder" -mindepth 2 -type f -print0 | while IFS= read -r -d '' file; do
    dpkg-query -S "$file" >/dev/null 2>&1 || rm -f -- "$file"
  done
done
exit 0
`;

/**
 * Gives a machine a student's files instead of those that it has, and starts the services that read them again. The files are data here: only
 * the machine reads them. `settled` is waited for before anything is changed, and not asked for where nothing is; `alone`: what else the kit
 * has below their folders goes; `keys`: paths that get a copy of the key which the kit has in their folder. LabError where the
 * files cannot be placed, or a key has none to be copied from.
 */
export async function placeFiles(
  session: Pick<LabSession, 'engine' | 'environment'>,
  machine: MachineFiles,
  {
    settled = async () => undefined,
    alone = false,
    keys = [],
  }: { settled?: () => Promise<void>; alone?: boolean; keys?: string[] } = {},
): Promise<Placed> {
  const shell = (script: string) =>
    runInShell(session, machine.machine, script, STARTED, { longTimeouts: true });
  const has = await filesOf(session, machine.machine, machine.carried).catch((error: unknown) => {
    throw notPlaced(machine.machine, messageOf(error));
  });
  const copies = copiesOf(machine.machine, keys, has.keys);
  const { put, remove } = differing(has.files, machine);
  const changed = [...put.keys(), ...remove].sort();
  if (changed.length === 0) return { changed, broken: [] };
  await settled();
  // A service may write its own file when it ends: it does so before the student's is there.
  const ran = (await shell(stopScript(machine.units))).stdout.split('\n').filter(Boolean);
  if (alone) await shell(clearScript(machine.carried.folders));
  const host = hostNamed(await session.engine.sshHosts(), machine.machine);
  const gone = remove.length > 0 ? `rm -f -- ${remove.map(quote).join(' ')};` : '';
  const copied = copies.map(([from, to]) => `cp -p --remove-destination -- ${quote(from)} ${quote(to)} &&`);
  const { code, stderr } = await runRemote(
    host,
    `${gone} ${copied.join(' ')} exec tar -x -C / --unlink-first --same-permissions --same-owner -f -`,
    {
      input: await archiveOf(put),
      timeout: PLACED * timeoutFactorOf(session.environment),
      longTimeouts: true,
    },
  );
  if (code !== 0) throw notPlaced(machine.machine, stderr);
  if (ran.length === 0) return { changed, broken: [] };
  const { stdout } = await shell(startScript(ran));
  return { changed, broken: stdout.split('\n').flatMap((line) => /^down (\S+)$/.exec(line)?.[1] ?? []) };
}

const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/'));

/** From where each of a student's keys is copied, and to where: keys are not carried, and the kit's opens the same door. */
function copiesOf(machine: string, wanted: string[], kits: string[]): [from: string, to: string][] {
  return wanted
    .filter((path) => !kits.includes(path))
    .map((path) => {
      const [kit, ...others] = kits.filter((other) => folderOf(other) === folderOf(path));
      if (kit === undefined || others.length > 0) throw noKey(machine, path);
      return [kit, path];
    });
}

const noKey = (machine: string, path: string): LabError =>
  new LabError({
    en: `${path} on ${machine} is a key or a certificate, which is not carried, and the kit has none to put there`,
    fr: `${path} sur ${machine} est une clé ou un certificat, qui n'est pas repris, et le kit n'en a pas à mettre à la place`,
  });

const notPlaced = (machine: string, said: string): LabError =>
  new LabError(
    {
      en: `The files could not be placed on ${machine}.`,
      fr: `Les fichiers n'ont pas pu être placés sur ${machine}.`,
    },
    undefined,
    said.trim().split('\n').slice(-3),
  );

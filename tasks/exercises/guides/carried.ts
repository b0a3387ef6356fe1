import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { ROOT } from '../../base/paths.ts';
import { type Block, parseGuide } from './guide.ts';
import type { LabGuide } from './model.ts';

/**
 * Files of a machine that a student's configuration is made of: some by name, and all that lie in a folder, not below it, but for those
 * that are the kit's.
 */
export interface Carried {
  files: ReadonlySet<string>;
  folders: ReadonlySet<string>;
  kits: ReadonlySet<string>;
}

/** What a lab has its students write, and which services read it; by machine, in the order of the guide. */
export type CarriedByMachine = Map<string, Carried & { units: string[] }>;

/** Where commands write configuration. What they write elsewhere (data, notes of the student, what was measured) is none. */
const BY_COMMAND = ['/etc/', '/usr/local/', '/var/www/'];

/** Where a guide's own files are configuration. */
const BY_GUIDE = [...BY_COMMAND, '/srv/'];

/** Folders that hold much that is nobody's work: of these a file is meant, not the folder. */
const SHARED = new Set([
  ...['/etc', '/etc/default', '/etc/systemd/system', '/root', '/srv', '/usr/local'],
  ...['/usr/local/bin', '/usr/local/sbin'],
]);

/** Folders that nothing is carried from or into, whatever a guide says: who may come in, as whom, and the kit's own secrets. */
const NEVER = /^\/(?:etc\/(?:lab|ssh|sudoers\.d|pam\.d|cron[^/]*|apt|profile\.d)|root\/\.[^/]+)$/;

/** Files that commands write or edit: `>FILE`, `tee FILE`, `sed -i … FILE`. */
const WRITTEN = /(?:>>?\s*|\btee\s+(?:-a\s+)?)(\/[\w./-]+)|^[^#\n]*\bsed\s+-i[^\n]*\s(\/[\w./-]+)\s*$/gm;

/** What a command starts, or has read its configuration again. */
const STARTED = /\bsystemctl(?: -\S+)* (?:enable|start|restart|reload)(?: --[\w-]+)*((?: [a-z][\w@.-]*)+)/g;

/**
 * What students of a lab write, derived from the blocks of its guide. Empty for a lab whose guide has no configuration written: what is
 * done there is measured, or mended.
 */
export function carriedIn(blocks: Block[], kits: ReadonlySet<string> = new Set()): CarriedByMachine {
  const found = new Map<
    string,
    { files: Set<string>; folders: Set<string>; kits: Set<string>; units: string[] }
  >();
  const at = (machine: string) => {
    const own = found.get(machine) ?? {
      files: new Set(),
      folders: new Set(),
      kits: new Set(kits),
      units: [],
    };
    found.set(machine, own);
    return own;
  };
  const add = (machine: string, path: string) => {
    const folder = dirname(path);
    if (NEVER.test(folder)) return;
    at(machine).kits.delete(path);
    if (SHARED.has(folder)) at(machine).files.add(path);
    else at(machine).folders.add(folder);
  };
  // The student's computer is no machine of the lab: what is led through it to one names that one's paths.
  const runs = blocks.filter(({ kind, on }) => kind === 'run' && !on.includes('host'));
  const files = blocks.flatMap(({ kind, on, path }) =>
    kind === 'file' && path !== undefined ? [{ on, path }] : [],
  );
  if (!files.some(({ path }) => BY_GUIDE.some((root) => path.startsWith(root)))) return found;
  for (const { on, path } of files) for (const machine of on) add(machine, path);
  for (const { on, text } of runs)
    for (const [, redirected, edited] of text.matchAll(WRITTEN)) {
      const path = redirected ?? edited ?? '';
      if (BY_COMMAND.some((root) => path.startsWith(root))) for (const machine of on) add(machine, path);
    }
  for (const { on, text } of runs)
    for (const [, units = ''] of text.matchAll(STARTED))
      for (const machine of on) {
        const own = found.get(machine);
        for (const unit of units.trim().split(/\s+/))
          if (own && !own.units.includes(unit)) own.units.push(unit);
      }
  return found;
}

/**
 * Files that these roles install: they are the kit's where a lab begins with them applied, and have passwords of the very lab that they were
 * made in.
 */
function filesOfRoles(roles: string[]): Set<string> {
  const scripts = roles
    .map((role) => join(ROOT, 'roles', role, 'provision.sh'))
    .filter((file) => existsSync(file));
  return new Set(
    scripts.flatMap((file) => readFileSync(file, 'utf8').match(/\/(?:etc|srv|usr\/local)\/[\w./-]+/g) ?? []),
  );
}

/** The same of a lab. LabError for a guide that is not understood. */
export function carriedOf({ folder, needs }: Pick<LabGuide, 'folder' | 'needs'>): CarriedByMachine {
  if (needs.machines === 'none') return new Map();
  // The blocks are the same in both languages.
  const file = join(folder, 'guide.en.md');
  return carriedIn(parseGuide(readFileSync(file, 'utf8'), file).blocks, filesOfRoles(needs.solved));
}

/** Whether a path is one of these: absolute, without detours, of a plain name. Paths come from students. */
export function isCarried({ files, folders, kits }: Carried, path: string): boolean {
  if (!/^\/[\w./@+-]+$/.test(path) || normalize(path) !== path || path.endsWith('/')) return false;
  if (kits.has(path)) return false;
  return files.has(path) || (folders.has(dirname(path)) && !NEVER.test(dirname(path)));
}

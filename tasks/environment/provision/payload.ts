import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import ejs from 'ejs';
import tar from 'tar-stream';
import { filesBelow } from '../../base/digest.ts';
import { type AnyRole, type Role, rolesFor } from '../../roles/roles.ts';
import type { Machine } from '../../topology/model.ts';
import { contextFor, type EnvironmentFacts, type TemplateContext } from './context.ts';

export interface PayloadFile {
  /** Path below the payload's folder, with slashes. */
  path: string;
  content: Buffer;
  executable: boolean;
}

/** One role as it is shipped to one machine. */
export interface RolePayload {
  role: Role;
  files: PayloadFile[];
  /** Of the files and of what every role uses: the machine keeps it when the role was applied. */
  digest: string;
}

/** All that a machine is given: the shared scripts and its roles in the order they are applied. */
export interface MachinePayload {
  machine: Machine;
  shared: PayloadFile[];
  roles: RolePayload[];
}

/** Where the payload is on a machine. */
export const PAYLOAD_FOLDER = '/var/lib/lab/payload';

const slashes = (path: string) => path.split(sep).join('/');

function readFile(file: string, path: string): PayloadFile {
  return {
    path: slashes(path),
    content: readFileSync(file),
    executable: (statSync(file).mode & 0o100) !== 0,
  };
}

/** Renders one role for one machine. Errors of a template name its file and line. */
function renderRole(role: Role, context: TemplateContext): PayloadFile[] {
  const files = [readFile(join(role.folder, 'provision.sh'), `${role.name}/provision.sh`)];
  const templates = join(role.folder, 'templates');
  for (const file of existsSync(templates) ? filesBelow([templates]) : []) {
    const path = slashes(join(role.name, relative(templates, file).replace(/\.ejs$/, '')));
    const content = ejs.render(readFileSync(file, 'utf8'), context, { filename: file, escape: String });
    files.push({ path, content: Buffer.from(content), executable: false });
  }
  const fixed = join(role.folder, 'files');
  for (const file of existsSync(fixed) ? filesBelow([fixed]) : []) {
    files.push(readFile(file, join(role.name, 'files', relative(fixed, file))));
  }
  return files;
}

function digest(files: PayloadFile[]): string {
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(`${file.path}\0${file.executable}\0${file.content.length}\0`).update(file.content);
  }
  return hash.digest('hex').slice(0, 20);
}

export function renderPayload(machine: Machine, facts: EnvironmentFacts): MachinePayload {
  const context = contextFor(machine, facts);
  const shared = ['apply.sh', 'lib.sh', 'pause.sh'].map((name) =>
    readFile(join(facts.root, 'roles', name), name),
  );
  const roles = rolesFor(facts.roles, machine.roles).map((role) => {
    const files = renderRole(role, context);
    return { role, files, digest: digest([...shared, ...files]) };
  });
  return { machine, shared, roles };
}

/** A tar archive of the shared scripts and the named roles. */
export async function packPayload(payload: MachinePayload, names: AnyRole[]): Promise<Buffer> {
  const pack = tar.pack();
  const files = [
    ...payload.shared,
    ...payload.roles.filter((role) => names.includes(role.role.name)).flatMap((role) => role.files),
  ];
  for (const file of files) {
    pack.entry({ name: file.path, mode: file.executable ? 0o700 : 0o600, mtime: new Date(0) }, file.content);
  }
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Writes the payload of a machine as files below `folder` (for plain `vagrant provision`), private to the user. */
export async function writePayload(payload: MachinePayload, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const file of [...payload.shared, ...payload.roles.flatMap((role) => role.files)]) {
    const target = join(folder, file.path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeFile(target, file.content, { mode: file.executable ? 0o700 : 0o600 });
  }
}

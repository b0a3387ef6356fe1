import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { NeededApplication, Nextcloud } from '../artifacts/application/application.ts';
import { codeDisk } from '../artifacts/application/code.ts';
import { BEGUN, registerEnvironment } from '../artifacts/register.ts';
import type { EngineName } from '../base/engine-names.ts';
import { LabError } from '../base/errors.ts';
import { runProgram } from '../base/exec.ts';
import { writeFileAtomic } from '../base/files.ts';
import { environmentFolder, labsFolder, ownTopologyFile, ROOT } from '../base/paths.ts';
import type { Text } from '../base/text.ts';
import type { EnvironmentContext } from '../engines/engine.ts';
import type { Speed } from '../host/speed.ts';
import type { EnvironmentTimers } from '../roles/timers.ts';
import { knownTopologies, loadTopology } from '../topology/load.ts';
import { MACHINE_NAME } from '../topology/model.ts';
import { withSwitches } from '../topology/switches.ts';

/** What a lab remembers between two commands (.lab/NAME/lab.json). */
export interface EnvironmentRecord {
  /** Topology as the user named it: a name of the kit's, or the path of a file. */
  topology: string;
  /**
   * Set when the lab has a topology of its own (ownTopologyFile), made by `lab scale` from the one above: the digest
   * of that one's file as it was then.
   */
  ownOf?: string;
  engine: EngineName;
  driver?: 'kvm' | 'qemu';
  app: string;
  /** Why this application. */
  appWhy?: Text;
  /** The release that this lab runs, when it runs Nextcloud. */
  nextcloud?: Nextcloud;
  /** What the machines serve instead, as long as they hold the lab that needs it (servedApplication). */
  serves?: NeededApplication;
  /** How many switches its machines are plugged into, which stays so; absent in a lab of before there could be two: one. */
  switches?: number;
  /** What this computer's speed was when the timers were chosen or last looked at. */
  speed?: Speed;
  /** Absent in a lab of before they were chosen by speed (timersOf). */
  timers?: EnvironmentTimers;
}

/** A lab that exists, or is about to. */
export interface Environment extends EnvironmentContext {
  record: EnvironmentRecord;
}

const recordFile = (name: string) => join(environmentFolder(name), 'lab.json');

/** The record of a lab of which no machine has started yet: what was chosen may still turn out not to work here. */
const begunFile = (name: string) => join(environmentFolder(name), BEGUN);

/** The record of a lab; undefined when it does not exist. LabError for a name that cannot be one. */
export const readRecord = (name: string): Promise<EnvironmentRecord | undefined> =>
  readFrom(name, recordFile);

/**
 * What was chosen for a lab of which no machine has started yet; undefined when there is none. Such a lab does not exist for any command
 * but `lab up`, which goes on with it or chooses anew, and `lab destroy`.
 */
export const readBegun = (name: string): Promise<EnvironmentRecord | undefined> => readFrom(name, begunFile);

async function readFrom(
  name: string,
  fileOf: (name: string) => string,
): Promise<EnvironmentRecord | undefined> {
  if (!MACHINE_NAME.test(name)) {
    throw new LabError(
      { en: `"${name}" cannot be the name of a lab.`, fr: `« ${name} » ne peut pas être le nom d'un lab.` },
      {
        en: 'use at most 20 lower-case letters, digits and hyphens, starting with a letter.',
        fr: 'utilisez au plus 20 lettres minuscules, chiffres et tirets, en commençant par une lettre.',
      },
    );
  }
  const file = fileOf(name);
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(await readFile(file, 'utf8')) as EnvironmentRecord;
  } catch {
    throw new LabError(
      { en: `${file} is damaged.`, fr: `${file} est abîmé.` },
      {
        en: `remove it and run \`lab up\` again with the options of this lab.`,
        fr: `supprimez-le et relancez \`lab up\` avec les options de ce lab.`,
      },
    );
  }
}

/** How a lab remembers a topology: one of the kit's by its name, a file by its full path, wherever it was named. */
export function recordedTopology(nameOrFile: string): string {
  return knownTopologies(ROOT).includes(nameOrFile) ? nameOrFile : resolve(nameOrFile);
}

/** Names of the labs that exist. */
export async function listEnvironments(): Promise<string[]> {
  const folder = labsFolder();
  if (!existsSync(folder)) return [];
  return (await readdir(folder)).filter((name) => existsSync(recordFile(name)));
}

/** Keeps the record of a lab; as long as the lab is only begun (beginRecord), that stays so. */
export async function writeRecord(name: string, record: EnvironmentRecord): Promise<void> {
  await writeTo(existsSync(begunFile(name)) ? begunFile(name) : recordFile(name), name, record);
}

/** Keeps what was chosen for a new lab until its first machine has started (confirmRecord). */
export async function beginRecord(name: string, record: EnvironmentRecord): Promise<void> {
  await writeTo(begunFile(name), name, record);
}

/** The first machine has started: what was chosen works, and the lab keeps it. Nothing happens to a lab that exists. */
export async function confirmRecord(name: string): Promise<void> {
  // One rename: the lab is either begun or exists, whenever this is interrupted.
  await rename(begunFile(name), recordFile(name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

async function writeTo(file: string, name: string, record: EnvironmentRecord): Promise<void> {
  await mkdir(environmentFolder(name), { recursive: true, mode: 0o700 });
  await registerEnvironment(environmentFolder(name));
  await writeFileAtomic(file, `${JSON.stringify(record, null, 2)}\n`);
}

/** The topology that a lab has now, as loadTopology takes it: the one it was made from, or its own since it was scaled. */
export function topologySource(name: string, record: EnvironmentRecord): string {
  return record.ownOf === undefined ? record.topology : ownTopologyFile(name);
}

/** Opens a lab: its topology read and checked, its SSH key made if this is the first time. */
export async function openEnvironment(name: string, record: EnvironmentRecord): Promise<Environment> {
  const folder = environmentFolder(name);
  const topology = withSwitches(await loadTopology(topologySource(name, record), ROOT), record.switches ?? 1);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const sshKeyFile = join(folder, 'id_ed25519');
  if (!existsSync(`${sshKeyFile}.pub`)) {
    await makeKey(sshKeyFile, `lab-${name}`);
  }
  const sshPublicKey = (await readFile(`${sshKeyFile}.pub`, 'utf8')).trim();
  const code = record.nextcloud ? { codeDisk: codeDisk(record.nextcloud.sha256) } : {};
  const powerSwitchKeyFile = join(folder, 'power-switch.key');
  return {
    ...{ name, folder, root: ROOT, topology, sshKeyFile, sshPublicKey, powerSwitchKeyFile, record },
    ...code,
  };
}

async function makeKey(file: string, comment: string): Promise<void> {
  const made = await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file]);
  if (made.code === 0) return;
  throw new LabError(
    { en: `ssh-keygen could not make ${file}.`, fr: `ssh-keygen n'a pas pu créer ${file}.` },
    made.missing
      ? { en: 'install OpenSSH’s client.', fr: 'installez le client OpenSSH.' }
      : { en: 'check the folder and its free space.', fr: "vérifiez le dossier et l'espace libre." },
    made.stderr.trim().split('\n').slice(-3),
  );
}

/** An existing lab. LabError when there is none of this name. */
export async function existingEnvironment(name: string): Promise<Environment> {
  const record = await readRecord(name);
  if (!record) {
    const others = await listEnvironments();
    if (await readBegun(name)) throw onlyBegun(name);
    throw new LabError(
      { en: `There is no lab named "${name}".`, fr: `Il n'y a pas de lab nommé « ${name} ».` },
      others.length > 0
        ? {
            en: `choose one of ${others.join(', ')} with --name, or create it with \`lab up --name ${name}\`.`,
            fr: `choisissez parmi ${others.join(', ')} avec --name, ou créez-le avec \`lab up --name ${name}\`.`,
          }
        : {
            en: 'create it with `lab up`; before `lab start`, `lab up --no-provision` is enough, and faster.',
            fr: 'créez-le avec `lab up` ; avant `lab start`, `lab up --no-provision` suffit, et va plus vite.',
          },
    );
  }
  return openEnvironment(name, record);
}

function onlyBegun(name: string): LabError {
  return new LabError(
    {
      en: `No machine of the lab "${name}" has started yet.`,
      fr: `Aucune machine du lab « ${name} » n'a encore démarré.`,
    },
    {
      en: `\`lab up --name ${name}\` goes on, with another engine if you name one (--engine); \`lab destroy --name ${name}\` removes it.`,
      fr: `\`lab up --name ${name}\` continue, avec un autre moteur si vous en nommez un (--engine) ; \`lab destroy --name ${name}\` le supprime.`,
    },
  );
}

/** What is asked before a lab is removed. */
export const removalQuestion = ({ name, topology }: Pick<Environment, 'name' | 'topology'>): Text => ({
  en: `Remove the lab "${name}" with its ${topology.machines.length} machines, disks and snapshots?`,
  fr: `Supprimer le lab « ${name} » avec ses ${topology.machines.length} machines, disques et instantanés ?`,
});

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { $ } from 'zx/core';
import type { Nextcloud } from '../app/application.ts';
import { codeDisk } from '../app/code.ts';
import type { EngineName, LabContext } from '../engines/engine.ts';
import { writeWhole } from '../host/files.ts';
import type { Speed } from '../host/speed.ts';
import { registerLab } from '../image/labs.ts';
import { knownTopologies, loadTopology } from '../topology/load.ts';
import { MACHINE_NAME, type Machine, type Topology } from '../topology/model.ts';
import { LabError } from '../ui/errors.ts';
import type { Text } from '../ui/text.ts';
import { labFolder, ownTopologyFile, ROOT } from './paths.ts';
import type { LabTimers } from './timers.ts';

/** What a lab remembers between two commands (.lab/NAME/lab.json). */
export interface LabRecord {
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
  /** What this computer's speed was when the timers were chosen or last looked at. */
  speed?: Speed;
  /** Absent in a lab of before they were chosen by speed (timersOf). */
  timers?: LabTimers;
}

/** A lab that exists, or is about to. */
export interface Lab extends LabContext {
  record: LabRecord;
}

const recordFile = (name: string) => join(labFolder(name), 'lab.json');

/** The record of a lab; undefined when it does not exist. LabError for a name that cannot be one. */
export async function readRecord(name: string): Promise<LabRecord | undefined> {
  if (!MACHINE_NAME.test(name)) {
    throw new LabError(
      { en: `"${name}" cannot be the name of a lab.`, fr: `« ${name} » ne peut pas être le nom d'un lab.` },
      {
        en: 'use at most 20 lower-case letters, digits and hyphens, starting with a letter.',
        fr: 'utilisez au plus 20 lettres minuscules, chiffres et tirets, en commençant par une lettre.',
      },
    );
  }
  const file = recordFile(name);
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(await readFile(file, 'utf8')) as LabRecord;
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
export async function listLabs(): Promise<string[]> {
  const folder = join(ROOT, '.lab');
  if (!existsSync(folder)) return [];
  return (await readdir(folder)).filter((name) => existsSync(recordFile(name)));
}

export async function writeRecord(name: string, record: LabRecord): Promise<void> {
  await mkdir(labFolder(name), { recursive: true, mode: 0o700 });
  await registerLab(labFolder(name));
  await writeWhole(recordFile(name), `${JSON.stringify(record, null, 2)}\n`);
}

/** The topology that a lab has now, as loadTopology takes it: the one it was made from, or its own since it was scaled. */
export function currentTopology(name: string, record: LabRecord): string {
  return record.ownOf === undefined ? record.topology : ownTopologyFile(name);
}

/** Opens a lab: its topology read and checked, its SSH key made if this is the first time. */
export async function openLab(name: string, record: LabRecord): Promise<Lab> {
  const folder = labFolder(name);
  const topology = await loadTopology(currentTopology(name, record), ROOT);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const sshKeyFile = join(folder, 'id_ed25519');
  if (!existsSync(`${sshKeyFile}.pub`)) {
    await $({ quiet: true })`ssh-keygen -q -t ed25519 -N ${''} -C ${`lab-${name}`} -f ${sshKeyFile}`;
  }
  const sshPublicKey = (await readFile(`${sshKeyFile}.pub`, 'utf8')).trim();
  const code = record.nextcloud ? { codeDisk: codeDisk(record.nextcloud.sha256) } : {};
  return { name, folder, root: ROOT, topology, sshKeyFile, sshPublicKey, record, ...code };
}

/** An existing lab. LabError when there is none of this name. */
export async function existingLab(name: string): Promise<Lab> {
  const record = await readRecord(name);
  if (!record) {
    const others = await listLabs();
    throw new LabError(
      { en: `There is no lab named "${name}".`, fr: `Il n'y a pas de lab nommé « ${name} ».` },
      others.length > 0
        ? {
            en: `choose one of ${others.join(', ')} with --name, or create it with \`lab up --name ${name}\`.`,
            fr: `choisissez parmi ${others.join(', ')} avec --name, ou créez-le avec \`lab up --name ${name}\`.`,
          }
        : { en: 'create it with `lab up`.', fr: 'créez-le avec `lab up`.' },
    );
  }
  return openLab(name, record);
}

/** A machine of the topology by name. LabError that lists the known ones. */
export function machineNamed(topology: Topology, name: string): Machine {
  const found = topology.machines.find((machine) => machine.name === name);
  if (found) return found;
  const known = topology.machines.map((machine) => machine.name).join(', ');
  throw new LabError(
    {
      en: `There is no machine named "${name}" in the topology ${topology.name}.`,
      fr: `Il n'y a pas de machine nommée « ${name} » dans la topologie ${topology.name}.`,
    },
    { en: `choose one of ${known}.`, fr: `choisissez parmi ${known}.` },
  );
}

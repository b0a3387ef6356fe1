import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as z from 'zod';
import { LabError } from '../base/errors.ts';
import { writePrivate } from '../base/files.ts';
import { type LockHolder, withLock } from '../base/lock.ts';
import { LAB_ID } from '../exercises/guides/ids.ts';
import { CLASS_DEFAULTS } from './defaults.ts';
import type { ClusterEngine, Limits } from './engine.ts';
import { FOLDER, placesOf } from './places.ts';
import type { Student } from './roster.ts';
import { schoolSchema } from './school-settings.ts';
import { SlurmEngine } from './slurm/engine.ts';

/** Name of a class: it is part of the names of jobs. */
const NAME = /^[a-z][a-z0-9-]{0,19}$/;

const optional = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[A-Za-z0-9._-]+$/)
  .optional();

const settingsSchema = z.strictObject({
  version: z.literal(1),
  name: z.string().regex(NAME),
  engine: z.literal('slurm'),
  partition: optional,
  account: optional,
  qos: optional,
  /** MiB and cores of a lab; cores are shared. */
  memory: z.int().min(256).max(1_000_000),
  cores: z.int().min(1).max(128),
  /** Minutes that a lab runs at most; it saves itself graceSeconds before. */
  minutes: z
    .int()
    .min(2)
    .max(60 * 24 * 14),
  graceSeconds: z.int().min(10).max(3600),
  /** Minutes that may be added to that (`lab class extend`): the cluster is asked for them from the beginning. */
  extraMinutes: z
    .int()
    .min(0)
    .max(60 * 24)
    .default(CLASS_DEFAULTS.extraHours * 60),
  /** Seconds after which a lab that nobody uses saves itself and ends; 0: it stays. */
  idleSeconds: z
    .int()
    .min(0)
    .max(24 * 3600)
    .default(CLASS_DEFAULTS.idleMinutes * 60),
  /** Seconds between two saves. */
  saveSeconds: z
    .int()
    .min(5)
    .max(24 * 3600),
  /** Folder of each server's own, for the disks of machines. */
  scratch: z.string().regex(FOLDER),
  /** The kit's cache of images on the servers. */
  cache: z.string().regex(FOLDER).optional(),
  topology: z.string().max(300).optional(),
  app: z.string().max(50),
  /** What a lab is: uml.sh of the kit, or another program with its verbs. */
  program: z.string().regex(FOLDER),
  school: schoolSchema.optional(),
});

export type Settings = z.infer<typeof settingsSchema>;

const studentsSchema = z.strictObject({
  students: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      /** How often the lab was given to the cluster: what an earlier job does, does not count any more. */
      generation: z.int().min(0),
      /** NN of the lab that was asked for last. */
      lab: z.string().regex(LAB_ID).optional(),
      /** It is to begin with the student's own files of earlier labs, where they fit. */
      fromMine: z.literal(true).optional(),
    }),
  ),
  /** Servers that this class keeps away from. */
  avoid: z.array(z.string()).default([]),
});

export type ClassStudent = z.infer<typeof studentsSchema>['students'][number];

export interface ClassRecord {
  folder: string;
  settings: Settings;
  students: ClassStudent[];
  avoid: string[];
}

/** The folder of a class as a user named it. LabError for one that machines cannot be in. */
export function classFolder(wish: string): string {
  const folder = resolve(wish);
  if (FOLDER.test(folder)) return folder;
  throw new LabError(
    {
      en: `${folder} cannot be the folder of a class.`,
      fr: `${folder} ne peut pas être le dossier d'une classe.`,
    },
    {
      en: 'choose one whose path has only letters without accents, digits and / . _ @ + -.',
      fr: 'choisissez-en un dont le chemin n’a que des lettres sans accents, des chiffres et / . _ @ + -.',
    },
  );
}

/** LabError for a name that no class can have. */
export function className(wish: string): string {
  if (NAME.test(wish)) return wish;
  throw new LabError(
    {
      en: `"${wish}" cannot be the name of a class.`,
      fr: `« ${wish} » ne peut pas être le nom d'une classe.`,
    },
    {
      en: 'use at most 20 lower-case letters, digits and hyphens, starting with a letter.',
      fr: 'utilisez au plus 20 lettres minuscules, chiffres et tirets, en commençant par une lettre.',
    },
  );
}

/** The class in a folder; undefined when there is none. LabError for files that are damaged. */
export async function readClass(folder: string): Promise<ClassRecord | undefined> {
  const places = placesOf(folder);
  if (!existsSync(places.settings)) return undefined;
  const settings = await readJson(places.settings, settingsSchema);
  const { students, avoid } = existsSync(places.students)
    ? await readJson(places.students, studentsSchema)
    : { students: [], avoid: [] };
  return { folder, settings, students, avoid };
}

/** The class that must be there. LabError otherwise. */
export async function existingClass(wish: string): Promise<ClassRecord> {
  const folder = classFolder(wish);
  const record = await readClass(folder);
  if (record) return record;
  throw new LabError(
    { en: `There is no class in ${folder}.`, fr: `Il n'y a pas de classe dans ${folder}.` },
    {
      en: 'make one with `lab class init FOLDER --cluster`, or name its folder with --class (or LAB_CLASS).',
      fr: 'créez-en une avec `lab class init DOSSIER --cluster`, ou indiquez son dossier avec --class (ou LAB_CLASS).',
    },
  );
}

/** Keeps the settings of a class. Both files are their owner's alone: they say who is in the class. */
export async function writeSettings(folder: string, settings: Settings): Promise<void> {
  await mkdir(placesOf(folder).labs, { recursive: true, mode: 0o700 });
  await writePrivate(placesOf(folder).settings, `${JSON.stringify(settings, null, 2)}\n`);
}

/** Keeps who is in the class, and what was given to the cluster. */
export async function writeStudents({ folder, students, avoid }: ClassRecord): Promise<void> {
  await writePrivate(placesOf(folder).students, `${JSON.stringify({ students, avoid }, null, 2)}\n`);
}

/**
 * Puts a roster into a class: who is new is added, names are taken over. Returns those of the class that it does not name: they
 * stay. Pure.
 */
export function mergeRoster(
  before: ClassStudent[],
  roster: Student[],
): { students: ClassStudent[]; absent: ClassStudent[] } {
  const known = new Map(before.map((student) => [student.id, student]));
  const named = roster.map(({ id, name }) => ({ ...(known.get(id) ?? { generation: 0 }), id, name }));
  const absent = before.filter(({ id }) => !roster.some((student) => student.id === id));
  return { students: [...named, ...absent], absent };
}

/** A student of the class. LabError when there is none of this name. */
export function studentOf({ students }: ClassRecord, id: string): ClassStudent {
  const found = students.find((student) => student.id === id.trim().toLowerCase());
  if (found) return found;
  const names = students.map((student) => student.id).join(', ');
  throw new LabError(
    {
      en: `There is no student ${id} in this class.`,
      fr: `Il n'y a pas d'étudiant ${id} dans cette classe.`,
    },
    students.length > 0
      ? { en: `choose one of ${names}.`, fr: `choisissez parmi ${names}.` }
      : {
          en: 'give it a roster: `lab class up ROSTER.csv`.',
          fr: 'donnez-lui une liste : `lab class up LISTE.csv`.',
        },
  );
}

export const limitsOf = ({ memory, cores, minutes, extraMinutes, graceSeconds }: Settings): Limits => ({
  ...{ memory, cores, minutes: minutes + extraMinutes, graceSeconds },
});

/** The cluster of a class. */
export const engineOf = ({ partition, account, qos }: Settings): ClusterEngine =>
  new SlurmEngine({ partition, account, qos });

/** ms that a command waits for another one that changes the class. */
const WAIT_MS = 30_000;

/** Runs `work` while no other command of this computer changes the class. LabError when one is still at it after half a minute. */
export function withClassLock<T>(folder: string, command: string, work: () => Promise<T>): Promise<T> {
  return withLock(placesOf(folder).lock, work, () => undefined, {
    ...{ waitMs: WAIT_MS, command },
    refuse: (holder: LockHolder) =>
      new LabError(
        {
          en: `The class is being changed by \`${holder.command ?? 'lab class'}\` (process ${holder.pid}).`,
          fr: `La classe est en cours de modification par \`${holder.command ?? 'lab class'}\` (processus ${holder.pid}).`,
        },
        {
          en: 'wait until it has ended, and repeat the command.',
          fr: 'attendez qu’elle soit terminée et relancez la commande.',
        },
      ),
  });
}

async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    const why =
      error instanceof z.ZodError
        ? error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
        : [String((error as Error).message)];
    throw new LabError(
      { en: `${file} is damaged.`, fr: `${file} est abîmé.` },
      {
        en: 'mend it (a value was changed by hand?), or take it from a backup; `lab class init` writes the settings anew.',
        fr: 'corrigez-le (une valeur changée à la main ?) ou reprenez une copie ; `lab class init` réécrit les réglages.',
      },
      why.slice(0, 5),
    );
  }
}

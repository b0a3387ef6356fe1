import * as z from 'zod';
import { ROLE_NAMES } from '../../topology/model.ts';
import { STEP_ID } from './ids.ts';

const text = z.strictObject({ en: z.string().min(1), fr: z.string().min(1) });
const name = z.string().regex(/^[a-z][a-z0-9-]{1,39}$/, 'lower-case letters, digits and hyphens');

/** A step of a lab by its number (`2`), or of another lab (`"04.2"`). */
const stepRef = z.union([z.int().min(1), z.string().regex(STEP_ID, 'NN.STEP, for example "04.2"')]);

export const stepSchema = z.strictObject({
  title: text,
  points: z.int().min(0).max(100).default(1),
  /** false: a requirement and its checks; what does it stands in the model answer, if anywhere. */
  recipe: z.boolean().default(true),
  /** Steps that must hold before this one can be judged. */
  after: z.array(stepRef).default([]),
  /** From a nudge to nearly the solution; shown one level at a time. */
  hints: z.array(text).min(1).max(5),
});

/**
 * Something that breaks the lab. `run` and `undo` are scripts of faults/ (NAME.sh) or inline bash, run as root on
 * `machine`; power, cable and freeze are done to the machine from outside and undone the same way.
 */
export const labFaultSchema = z
  .strictObject({
    title: text,
    /** A machine, or `holder:NAME`: the one that holds that floating address when the fault is made. */
    machine: z.string().min(1),
    /** Steps of this lab that it makes fail; no other step may fail but those that wait for them. */
    breaks: z.array(z.int().min(1)).default([]),
    power: z.literal('cut').optional(),
    cable: z.literal('cut').optional(),
    freeze: z.literal(true).optional(),
    /** Of a lab without machines: what becomes of the model dossier. */
    edit: z.strictObject({ from: z.string().min(1), to: z.string() }).optional(),
    run: z.string().optional(),
    undo: z.string().optional(),
    /** Bash on the machine that succeeds once the fault is felt, or once its undoing is; waited for. */
    felt: z.string().optional(),
    healed: z.string().optional(),
    /** An incident: not shown by its name, chosen by `lab break --random`, to be found, mended and reported. */
    secret: z.boolean().default(false),
    /** What a report must name as the part at fault: words that mean it, the usual one first. */
    part: z.array(z.string().min(1)).min(1).optional(),
  })
  .refine(
    ({ power, cable, freeze, edit, run }) => [power, cable, freeze, edit, run].filter(Boolean).length === 1,
    { message: 'a fault has exactly one of power, cable, freeze, edit and run' },
  )
  .refine((fault) => !fault.run || fault.undo, { message: 'a fault with run needs undo' })
  .refine((fault) => !fault.secret || (fault.part && fault.felt && !fault.machine.includes(':')), {
    message: 'a secret fault needs part, felt and the name of a machine',
  });

/** A value that differs from student to student; without a student it is `default`. */
export const varySchema = z.union([
  z.strictObject({ number: z.tuple([z.int(), z.int()]), default: z.int() }),
  z.strictObject({ word: z.string().regex(/^[a-z][a-z0-9-]{0,15}$/), default: z.string() }),
  z.strictObject({ secret: z.int().min(8).max(40), default: z.string() }),
]);

export const labSchema = z.strictObject({
  title: text,
  summary: text,
  /** Its checks are not proven on machines yet (`lab selfcheck`): said to those who open it, left out of the rotation. */
  draft: z.boolean().default(false),
  minutes: z.int().min(5).max(600),
  level: z.enum(['beginner', 'intermediate', 'advanced']),
  needs: z.strictObject({
    /** `none`: nothing is done on machines, and none need exist. */
    machines: z.enum(['all', 'none']).default('all'),
    /** Roles that the kit has applied when the lab begins. */
    solved: z.array(z.enum(ROLE_NAMES)).default([]),
    /** Roles whose place is bare when the lab begins: what the student builds. All other roles are bare too. */
    bare: z.array(z.enum(ROLE_NAMES)).default([]),
    /**
     * What the web machines serve: the application that `lab up` chose, the kit's sample application in any case, or Nextcloud, whose
     * code the student installs and without which the lab cannot begin.
     */
    application: z.enum(['any', 'sample', 'nextcloud']).default('any'),
  }),
  /**
   * What `lab start --from-mine` begins with, of the labs that built the roles of `needs.solved` (continued.ts): for a lab (NN) the steps of
   * it that must hold with its files, or why they do not fit; or why none do. With steps, begins.ts says what must hold besides.
   */
  continues: z
    .union([
      text,
      z.record(z.string().regex(/^\d\d$/, 'NN'), z.union([z.array(z.int().min(1)).min(1), text])),
    ])
    .optional(),
  /** Values that differ from student to student. */
  vary: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/), varySchema).default({}),
  /** The keys are the numbers of the steps: 1, 2, … without a gap. */
  steps: z.record(z.string().regex(/^[1-9]\d?$/), stepSchema),
  faults: z.record(name, labFaultSchema).default({}),
});

export type LabData = z.infer<typeof labSchema>;
export type FaultData = z.infer<typeof labFaultSchema>;
export type Vary = z.infer<typeof varySchema>;

export interface LabStep extends Omit<z.infer<typeof stepSchema>, 'after'> {
  number: number;
  /** NN.S */
  id: string;
  /** Ids of the steps that come first, NN.S. */
  after: string[];
}

/** A lab of the kit: labs/NN-name/. */
export interface LabGuide extends Omit<LabData, 'steps'> {
  /** NN, or NNb where it was put behind another one (ids.ts) */
  id: string;
  /** NN-name */
  name: string;
  folder: string;
  steps: LabStep[];
}

/** A fault with the lab it is of. */
export interface NamedFault {
  guide: LabGuide;
  name: string;
  fault: FaultData;
}

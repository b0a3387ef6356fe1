import * as z from 'zod';
import { ROLE_NAMES } from '../../topology/model.ts';

/**
 * What a student writes of an architecture: dossier.yaml. Everything may be missing while it is being written; what is there must be
 * understood. docs/dossier.md explains every field.
 */

/** What a piece of hardware is. All but machines carry machines: these need at least one of each kind that carries them. */
export const KINDS = ['machine', 'disk', 'switch', 'link', 'power', 'other'] as const;
export type HardwareKind = (typeof KINDS)[number];

/** How a component takes more load: more machines beside, or a bigger one. */
export const GROWTH = ['machines', 'size', 'no'] as const;

/** What the exercise asks to be covered. */
export const CONCERNS = ['https', 'sessions', 'files', 'database'] as const;
export type Concern = (typeof CONCERNS)[number];

export const ELEMENT_NAME = /^[a-z][a-z0-9-]{0,30}$/;
const name = z.string().regex(ELEMENT_NAME);

/** One name or a list of them. */
const names = z.union([name, z.array(name)]).transform((value) => (Array.isArray(value) ? value : [value]));

/** Words by which a student says that nothing takes over, or that it never ends. */
const NOTHING = ['nothing', 'nobody', 'rien', 'personne'];
const FOREVER = ['forever', 'toujours'];

/** Who goes on; empty: nothing does. */
const takers = names.transform((value) => value.filter((word) => !NOTHING.includes(word)));

/** Seconds that the service is felt to be out; `forever`: until somebody mends it. */
const outage = z.union([
  z.number().min(0),
  // As people write it: 3 s, or 2,5.
  z
    .string()
    .regex(/^\d+([.,]\d+)?\s*s?$/)
    .transform((text) => Number(text.replace(',', '.').replace(/\s*s$/, ''))),
  z.literal(FOREVER).transform(() => 'forever' as const),
]);
export type Outage = number | 'forever';

/** What is said of the loss of something. */
const loss = {
  'takes-over': takers.optional(),
  noticed: z.string().optional(),
  outage: outage.optional(),
};

export const hardwareSchema = z.strictObject({
  kind: z.enum(KINDS).optional(),
  address: z.ipv4().optional(),
  /** Machines that hang on it; without it every one. */
  carries: names.optional(),
  ...loss,
});
export type Hardware = z.infer<typeof hardwareSchema>;

export const componentSchema = z.strictObject({
  role: z.enum(ROLE_NAMES).optional(),
  software: z.string().optional(),
  /** The hardware that it runs on. */
  on: names.optional(),
  /** Components that it asks for something. */
  uses: names.optional(),
  /** The address that moves between its machines. */
  address: z.ipv4().optional(),
  /** The group in which it has a vote on each of its machines. */
  votes: name.optional(),
  // `non` as well: next to `rien` and `toujours` nobody expects an English word.
  grows: z.preprocess((value) => (value === 'non' ? 'no' : value), z.enum(GROWTH)).optional(),
  ...loss,
});
export type Component = z.infer<typeof componentSchema>;

export const dossierSchema = z.strictObject({
  title: z.string().optional(),
  /** Single points of failure of the drawing that the exercise gives, with the reason. */
  'single-points': z.record(name, z.string()).default({}),
  hardware: z.record(name, hardwareSchema).default({}),
  components: z.record(name, componentSchema).default({}),
  /** Components that take care of what the exercise asks for. */
  covers: z
    .strictObject(Object.fromEntries(CONCERNS.map((concern) => [concern, names.optional()])))
    .default({}),
});

export interface Dossier extends Omit<z.infer<typeof dossierSchema>, 'covers'> {
  covers: Partial<Record<Concern, string[]>>;
}

/** What is said of the loss of an element, whichever it is. */
export type Loss = Pick<Hardware, 'takes-over' | 'noticed' | 'outage'>;

/** A role that only has a vote: the service goes on without it as long as the others are a majority. */
export const ONLY_VOTES: readonly string[] = ['arbitrator', 'quorum-device', 'sentinel'];

/** What is said in sentences, in the order of the file. */
export const sentencesOf = (dossier: Dossier): string[] => [
  ...Object.values(dossier['single-points']),
  ...[...Object.values(dossier.hardware), ...Object.values(dossier.components)].flatMap(({ noticed }) =>
    noticed === undefined || noticed.trim() === '' ? [] : [noticed.trim()],
  ),
];

import * as z from 'zod';
import { HOLDERS } from '../../inspect/holders.ts';
import { SWITCH_NAMES } from '../../topology/model.ts';
import { effectSchema } from './signs.ts';

/**
 * The result of a drill, as kept in .lab/NAME/drills/ID/result.json. All times are seconds since the sampler began
 * (`begun`), on one axis: what the machines' clocks say is converted before it gets here. Texts for people are not
 * kept: `what` and `why` are codes or plain English facts, shown in the reader's language by whoever renders them.
 */

/** What is measured. `new`: a connection for each request; `kept`: connections that stay open between requests. */
export const KINDS = [
  'page.new',
  'page.kept',
  'session',
  'row',
  'upload',
  'download',
  /** One upload that takes seconds, always under way. */
  'large',
] as const;
export type Kind = (typeof KINDS)[number];

/** What can be done to a machine, or to what the machines share. */
export const FAULTS = [
  'none',
  'power',
  'stop',
  'cable',
  /** The cable to one of two switches. */
  'one-cable',
  /** The power of a switch. */
  'switch',
  /** The cable between the switches. */
  'link',
  /** The power switch with which the storage machines fence each other. */
  'power-switch',
  'pair',
  'freeze',
  'kill',
  'disk',
  'loss',
  'delay',
  'clock',
  /** The power of several machines at the same moment. */
  'several',
  /** First its connection to the machines of the same roles breaks, a second later its power. */
  'fading',
] as const;
export type FaultKind = (typeof FAULTS)[number];

export const VERDICTS = ['pass', 'fail', 'unknown'] as const;
export type Verdict = (typeof VERDICTS)[number];

const seconds = z.number();
const kind = z.enum(KINDS);

export const faultSchema = z.object({
  kind: z.enum(FAULTS),
  /** The machine it is done to; empty for `none`, and for what is done to the room's equipment (ofEquipment). */
  machine: z.string(),
  /** Set when the machine was chosen as the holder of something. */
  holder: z.enum(HOLDERS).optional(),
  /** Everything of HOLDERS that the machine held when the fault came. */
  held: z.array(z.enum(HOLDERS)),
  /** `pair`: the machine it is cut from. */
  peer: z.string().optional(),
  /** `several`: machines that lose their power with it. */
  with: z.array(z.string()).optional(),
  /** `kill`: the unit whose main process is killed. */
  service: z.string().optional(),
  /** `switch`, `one-cable`: which switch. */
  switch: z.enum(SWITCH_NAMES).optional(),
});
export type Fault = z.infer<typeof faultSchema>;

/** Whether a fault is done to equipment that the machines share, and to no machine. */
export const ofEquipment = (kind: FaultKind): boolean => ['switch', 'link', 'power-switch'].includes(kind);

/** An outage: from the start of the first request that was not served well to the start of the next that was. */
export const windowSchema = z.object({
  start: seconds,
  /** null: it had not ended when the sampler stopped. */
  end: seconds.nullable(),
  failed: z.int(),
  /** Answered, but later than the kind's limit. */
  slow: z.int(),
  /** How many by cause, e.g. { "503 database": 4, "timeout": 2, "slow": 3 }. */
  causes: z.record(z.string(), z.int()),
  /** The client or the computer stood still during it: it may be longer than it was, or none. */
  doubtful: z.boolean(),
});
export type Window = z.infer<typeof windowSchema>;

export const kindResultSchema = z.object({
  kind,
  /** Seconds between two starts. */
  interval: seconds,
  /** Seconds after which an answer counts as not served in time. */
  limit: seconds,
  requests: z.int(),
  failed: z.int(),
  slow: z.int(),
  windows: z.array(windowSchema),
  /** Longest window, from the fault on; 0 when there is none. */
  longest: seconds,
  /** Sum of the windows from the fault on. */
  total: seconds,
  /** Longest time from the fault on in which no request was answered well. */
  silence: seconds,
  /** Answer times of served requests: before the fault, and from it on. */
  before: z.object({ p50: seconds, p99: seconds, max: seconds }).nullable(),
  after: z.object({ p50: seconds, p99: seconds, max: seconds }).nullable(),
  /** Which web machine served how many. */
  servedBy: z.record(z.string(), z.int()),
});
export type KindResult = z.infer<typeof kindResultSchema>;

/** Writes after everything was read back (jepsen's terms). */
export const writesSchema = z.object({
  kind,
  attempted: z.int(),
  /** The application said it is done. */
  acknowledged: z.int(),
  /** Acknowledged, and not there or not as written. */
  lost: z.array(z.string()),
  /** Not acknowledged, and there all the same (allowed). */
  recovered: z.array(z.string()),
  /** There, and never written by this drill or there twice. */
  unexpected: z.array(z.string()),
  /** false: reading back failed, so that nothing is known of what was lost. */
  readBack: z.boolean(),
});
export type Writes = z.infer<typeof writesSchema>;

/** An outage computed from the timers that the machines run with. */
export const predictionSchema = z.object({
  kind,
  seconds,
  /** The least that it can be, when chance decides between that and `seconds`. */
  atLeast: seconds,
  formula: z.string(),
  terms: z.array(
    z.object({
      name: z.string(),
      value: z.number(),
      unit: z.string(),
      /** Where it was read: machine and file, or machine and command. */
      from: z.string(),
    }),
  ),
  /** Standard, manual or measurement that the formula is from. */
  source: z.string(),
  measured: seconds.nullable(),
  /** Measured is far from predicted. */
  far: z.boolean(),
});
export type Prediction = z.infer<typeof predictionSchema>;

/** serves: it goes on, after a failover; stops: until machines are back, and nothing is lost. */
export const OUTCOMES = ['serves', 'stops'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Of `several`: what the design says of a kind of request, and what came. */
export const outcomeSchema = z.object({
  kind,
  design: z.enum(OUTCOMES),
  measured: z.enum(OUTCOMES).nullable(),
  verdict: z.enum(VERDICTS),
});
export type OutcomeOf = z.infer<typeof outcomeSchema>;

/** One budget, judged. */
export const judgementSchema = z.object({
  /** Name of the budget in roles/budgets.yaml. */
  budget: z.string(),
  what: z.enum(['outage', 'failed', 'lost', 'redundancy']),
  kind: kind.optional(),
  limit: z.number(),
  unit: z.enum(['s', 'requests', 'writes']),
  measured: z.number().nullable(),
  verdict: z.enum(VERDICTS),
  /** Why it is unknown, or what it was measured from. */
  why: z.string().optional(),
});
export type Judgement = z.infer<typeof judgementSchema>;

/** Something a machine said, or that the drill did. */
export const eventSchema = z.object({
  at: seconds,
  /** Empty: the drill itself. */
  machine: z.string(),
  /** Short code, e.g. fault, undone, address-taken, view-changed, promoted. */
  what: z.string(),
  text: z.string(),
});
export type DrillEvent = z.infer<typeof eventSchema>;

export const drillResultSchema = z.object({
  version: z.literal(1),
  /** Also the name of its folder. */
  id: z.string(),
  lab: z.string(),
  engine: z.string(),
  topology: z.string(),
  /** sample or nextcloud. */
  app: z.string(),
  /** Version of the kit and of the lab's timers: what was measured. */
  kit: z.string(),
  /** The lab's timer factor (docs/slow-computers.md), which the budgets go by; absent: 1. */
  factor: z.number().optional(),
  fault: faultSchema,
  /** The longest outage that whoever drilled said beforehand. */
  said: seconds.optional(),
  /** Whether the fault was felt; absent: nothing was done, or the drill is of before this was looked at. */
  effect: effectSchema.optional(),
  /** Of a random sequence. */
  seed: z.int().optional(),
  /** ISO 8601: the zero of all times. */
  begun: z.string(),
  times: z.object({
    /** Right before the fault was asked for, and right after the engine or machine had done it. */
    fault: seconds,
    faultDone: seconds,
    /** The same of its undoing; null when that failed. */
    undo: seconds.nullable(),
    undone: seconds.nullable(),
    /** Full redundancy again; null when it did not come in time. */
    redundant: seconds.nullable(),
    /** The last request started. */
    end: seconds,
  }),
  kinds: z.array(kindResultSchema),
  writes: z.array(writesSchema),
  predictions: z.array(predictionSchema),
  outcomes: z.array(outcomeSchema).optional(),
  judgements: z.array(judgementSchema),
  verdict: z.enum(VERDICTS),
  /** What was missing to full redundancy when waiting for it ended; empty when it was reached. */
  missing: z.array(z.string()),
  /** The client machine and the computer, so that a busy host is not taken for an outage. */
  conditions: z.object({
    /** One-minute load when the drill began, processors of the computer. */
    load: z.number(),
    processors: z.int(),
    /** Share of the processors that was busy, in each second. */
    busy: z.array(z.object({ at: seconds, share: z.number() })),
    /** The client (its program was not run) or the computer stood still. */
    stalls: z.array(z.object({ at: seconds, seconds: z.number(), where: z.enum(['client', 'computer']) })),
    /** The client's clock moved against its own monotonic clock. */
    jumps: z.array(z.object({ at: seconds, seconds: z.number() })),
  }),
  events: z.array(eventSchema),
});
export type DrillResult = z.infer<typeof drillResultSchema>;

/**
 * One request, a line of samples.ndjson beside result.json:
 * [kind, number, start, took, cause, machine, connection]; cause "" when answered well, machine "" when unknown,
 * connection 1 when it was opened for this request. Times in seconds, start on the axis of the result.
 */
export const sampleSchema = z.tuple([
  kind,
  z.int(),
  seconds,
  seconds,
  z.string(),
  z.string(),
  z.union([z.literal(0), z.literal(1)]),
]);
export type SampleLine = z.infer<typeof sampleSchema>;

/** Files of one drill, in .lab/NAME/drills/ID/. */
export const RESULT_FILE = 'result.json';
export const SAMPLES_FILE = 'samples.ndjson';

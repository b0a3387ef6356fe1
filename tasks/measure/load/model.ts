import * as z from 'zod';

/** What a visitor does: look at the page, or store a file. */
export const LOADS = ['page', 'upload', 'mixed'] as const;
export type LoadKind = (typeof LOADS)[number];

/** One kind of request at a rate of its own, as roles/client/files/lab-load.mjs takes it. */
export interface StreamPlan {
  name: 'page' | 'upload';
  /** Requests a second. */
  rate: number;
  /** At most so many at work at a time. */
  connections: number;
  method: 'GET' | 'PUT';
  /** {slot}: number of the connection. */
  path: string;
  headers?: Record<string, string>;
  /** Bytes of a request's body. */
  size?: number;
  /** Header that tells the body's SHA-256. */
  checksum?: string;
  /** Remove what was stored, at the end. */
  cleanup?: boolean;
}

const seconds = z.number();
const latency = z
  .object({ p50: seconds, p90: seconds, p99: seconds, p999: seconds, mean: seconds, max: seconds })
  .nullable();
export type Latency = z.infer<typeof latency>;

const streamSchema = z.object({
  name: z.enum(['page', 'upload']),
  /** Asked for, a second. */
  rate: z.number(),
  requests: z.int(),
  sent: z.int(),
  served: z.int(),
  failed: z.int(),
  bytes: z.int(),
  seconds,
  /** Answered well, a second. */
  throughput: z.number(),
  /** Requests at work on average. */
  busy: z.number(),
  causes: z.record(z.string(), z.int()),
  servedBy: z.record(z.string(), z.int()),
  /** From the moment a request was due: corrected for coordinated omission. */
  latency,
  /** From the moment it was sent. */
  service: latency,
  /** How late the generator itself was. */
  lateness: latency,
});
export type StreamResult = z.infer<typeof streamSchema>;

/** What the generator prints last. */
export const generatedSchema = z.object({
  result: z.object({
    seconds,
    /** Share of one processor that the generator took. */
    generator: z.number(),
    streams: z.array(streamSchema).min(1),
  }),
});
export type Generated = z.infer<typeof generatedSchema>['result'];

/** How much of a machine was used while the load ran. */
export interface MachineUse {
  machine: string;
  roles: string[];
  /** Share of its processors that was busy, as the machine itself sees it: 0 to 1. */
  busy: number;
  /** Its one-minute load at the end. */
  load: number;
  /** Processors of the computer that it took, on average; undefined where the engine cannot tell. */
  taken: number | undefined;
}

/** A web machine as the load balancers saw it. */
export interface ServerUse {
  server: string;
  requests: number;
  /** Requests at work on it on average, and how many may be. */
  working: number;
  room: number;
  /** Most that waited for it at a time, since HAProxy started. */
  queued: number;
}

/** Something of which there is a limited amount, and the share of it that was used. */
export interface Resource {
  kind: 'computer' | 'machine' | 'connections' | 'generator' | 'visitors';
  /** Machine or server; empty for the computer and the generator. */
  name: string;
  share: number;
}

/** One measurement. */
export interface LoadRun {
  /** Web machines in service. */
  web: string[];
  generated: Generated;
  machines: MachineUse[];
  servers: ServerUse[];
  computer: { processors: number; busy: number };
  /** Whether machines share the computer's processors with each other. */
  resources: Resource[];
  /** What was used up first; undefined when nothing was. */
  bottleneck: Resource | undefined;
}

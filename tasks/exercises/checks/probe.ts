import { createHash } from 'node:crypto';

/**
 * What can be asked of a machine. A check declares its probes before anything is collected, so that all of them come
 * back in one round trip; equal probes of different checks are asked once. The answer is kept raw and judged later.
 */
export type Probe =
  | { kind: 'unit'; name: string }
  | { kind: 'sockets' }
  | { kind: 'addresses' }
  | { kind: 'mounts' }
  | { kind: 'file'; path: string }
  | { kind: 'package'; name: string }
  | ({ kind: 'http'; url: string } & HttpOptions)
  | ({ kind: 'sql'; query: string } & SqlTarget)
  | { kind: 'tcp'; host: string; port: number }
  | { kind: 'command'; command: string; as?: string; timeout?: number }
  /** A fault is made while a visitor asks for `url` all the time; only with `lab check --trials`. */
  | { kind: 'trial'; fault: string; url: string; seconds: number }
  /** A fault is made while the command `watch` looks for what follows from it; what it printed until it ended, or until `seconds` were over. */
  | { kind: 'trial'; fault: string; watch: string; seconds: number }
  /** What the kit itself recorded since lab NN was started last, and the student's dossier; asked of HOST. */
  | { kind: 'kit'; what: 'started' | 'passed' | 'incidents' | 'drills' | 'loads' | 'dossier'; lab: string };

/** Stands where a machine's name does, for what the computer that runs the lab knows. */
export const HOST = 'host';

export interface HttpOptions {
  method?: string;
  headers?: string[];
  body?: string;
  /** user:password */
  user?: string;
  /** Accept any certificate. */
  insecure?: boolean;
  /** Follow redirections. */
  follow?: boolean;
  /** The same request so many times (1). */
  times?: number;
  /** host:port:address: what is asked of this host goes there, as with curl's --resolve; for this request alone. */
  resolve?: string;
}

export interface SqlTarget {
  /** Without it the local server is asked as root. */
  host?: string;
  port?: number;
  user?: string;
  password?: string;
  database?: string;
}

export interface Need {
  machine: string;
  probe: Probe;
}

/** One probe's answer. */
export interface Answer {
  /** Exit code; null: no answer in time. */
  code: number | null;
  out: string;
  /** Error output. */
  err?: string;
}

/** Name of a probe in saved facts: the same question has the same name. */
export function probeKey(probe: Probe): string {
  const { kind, ...rest } = probe as Probe & Record<string, unknown>;
  const parts = Object.keys(rest)
    .filter((name) => rest[name] !== undefined)
    .sort()
    .map((name) => `${name}=${JSON.stringify(rest[name])}`);
  return [kind, ...parts].join(' ');
}

/** answered; off: does not run; silent: runs, no ssh in time; late: began to answer, ended by the time limit; garbled: not understood. */
export type MachineState = 'answered' | 'off' | 'silent' | 'late' | 'garbled';

/** A file of a machine, as it is carried to a teacher. */
export interface CarriedFile {
  /** Four octal digits, never with the bits that lend rights. */
  mode: string;
  /** user:group */
  owner: string;
  /** base64 */
  data: string;
}

/** What was collected of one machine. */
export interface MachineFacts {
  state: MachineState;
  /** Milliseconds from the question to the last answer. */
  took: number;
  /** What the machine says of itself with every collection. */
  identity: Record<string, string>;
  answers: Record<string, Answer>;
  /** What the student wrote (session/carry.ts), by path; only in facts that are handed in. */
  files?: Record<string, CarriedFile>;
  /** Paths of such files that were too large, or too many. */
  left?: string[];
}

/** What was collected of a lab, at one moment; can be saved and judged elsewhere. */
export interface Facts {
  /** ISO 8601, by the clock of the computer that collected. */
  collected: string;
  machines: Record<string, MachineFacts>;
}

/** Names facts in the record of the check that judged them: 32 hexadecimal digits of SHA-256. */
export const factsDigest = (facts: Facts): string =>
  createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);

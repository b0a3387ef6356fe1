/** What a lab may take on a server. */
export interface Limits {
  /** MiB. */
  memory: number;
  /** Cores, which it shares with other labs where the cluster lets it. */
  cores: number;
  /** Minutes until the cluster ends it; it is told graceSeconds before, and saves itself. */
  minutes: number;
  graceSeconds: number;
}

/** A lab to be run. */
export interface Order {
  /** Class and student: what the job is called and found by. */
  className: string;
  student: string;
  limits: Limits;
  /** File that takes what the job prints, without its number and ending. */
  log: string;
  /** Servers that it must not run on. */
  avoid: string[];
  /** The job script and its words; the engine tells it where it runs (LAB_JOB, LAB_RESTARTS, LAB_SERVER). */
  script: string[];
  /** Variables that it has besides. */
  env: Record<string, string>;
}

/**
 * What the cluster says of a lab. `waiting`: for a place; `delayed`: for a time that the cluster has set, after its server was lost;
 * `held`: somebody, or the cluster after several failures, keeps it from running.
 */
export type Phase = 'waiting' | 'delayed' | 'held' | 'running' | 'ending';

export interface Job {
  id: string;
  student: string;
  phase: Phase;
  /** Undefined as long as it has none. */
  server: string | undefined;
  /** Why it waits, in the cluster's own words; empty when it does not. */
  reason: string;
}

export interface ServerState {
  name: string;
  /** Takes labs now. */
  usable: boolean;
  /** In the cluster's own words. */
  state: string;
  cores: number;
  /** MiB. */
  memory: number;
}

/** A setting of the cluster that a class depends on. */
export interface Finding {
  status: 'ok' | 'warn' | 'fail';
  text: { en: string; fr: string };
  /** What the administrator must change. */
  fix?: { en: string; fr: string };
}

/** A program of this computer with its words. */
export interface CommandLine {
  program: string;
  args: string[];
}

/** `save`: the lab saves itself and goes on; `end`: it saves itself and ends. */
export type Wish = 'save' | 'end';

/**
 * A cluster that runs labs as jobs. Nothing above knows which one it is. Methods throw a LabError with what the cluster's
 * own program said when it refuses; what concerns a job that is gone by now is no error.
 */
export interface ClusterEngine {
  readonly name: string;
  /** Gives a lab to the cluster, which chooses the server, and runs it again elsewhere when that one is lost. Returns the job's identifier. */
  submit(order: Order): Promise<string>;
  /** Jobs of this user's class that wait or run. */
  list(className: string): Promise<Job[]>;
  /** Tells the script of a running job what to do; it does so in its own time. */
  signal(job: string, wish: Wish): Promise<void>;
  /** Ends a job at once: nothing is saved. */
  cancel(job: string): Promise<void>;
  /** A job that the cluster delays or holds may start. */
  release(job: Job): Promise<void>;
  /** Keeps jobs that wait from servers. */
  avoid(job: string, servers: string[]): Promise<void>;
  /** How a command is run beside a job's own processes, within its limits; `terminal`: with a terminal. */
  attach(job: string, command: string[], options: { terminal: boolean }): CommandLine;
  /** How a command is run for a moment as a job of its own on one server; it gives up when there is no place within some seconds. */
  probe(server: string, limits: Limits, command: string[]): CommandLine;
  servers(): Promise<ServerState[]>;
  /** What the cluster's settings mean for a class. */
  judge(limits: Limits): Promise<Finding[]>;
}

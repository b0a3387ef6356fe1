/**
 * What a machine, or the kit itself, did for a while. turn: waited for its turn to start; boot: from power-on until it answered over
 * ssh; ask: answered, as it ran already; ship: was given files; role: a role was applied; kit: work of the kit for the whole lab.
 */
export type SpanKind = 'turn' | 'boot' | 'ask' | 'ship' | 'role' | 'kit';

/** All times are seconds since the recording began. */
export interface Span {
  /** Undefined: the kit itself. */
  machine?: string;
  kind: SpanKind;
  /** The role, or what the kit did. */
  name: string;
  from: number;
  to: number;
  failed?: boolean;
  /** Roles that had to be done before, as ROLE@MACHINE. */
  after?: string[];
}

/** Something that a role printed. */
export interface Line {
  machine: string;
  role: string;
  at: number;
  text: string;
}

/** Processor seconds of the computer that each machine had taken so far. */
export interface Sample {
  at: number;
  taken: Record<string, number>;
}

/** What systemd says of a unit. Seconds since the recording began; `cpu`: by the machine's own clock. */
export interface Unit {
  name: string;
  from: number;
  to: number;
  cpu?: number;
}

/** What a machine says of its boot. */
export interface BootFacts {
  /** When its kernel began, when systemd did, and when all units of the boot were done; seconds since the recording began. */
  kernel: number;
  systemd?: number;
  done?: number;
  units: Unit[];
}

/** Everything that was recorded. */
export interface Recording {
  /** ISO 8601. */
  began: string;
  seconds: number;
  spans: Span[];
  lines: Line[];
  samples: Sample[];
  boots: Record<string, BootFacts>;
  /** Processor seconds of the whole computer, whatever it did, and of the kit's own process; undefined where it cannot tell. */
  computer?: number;
  kit: number;
}

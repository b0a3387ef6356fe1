import type { Text } from '../../base/text.ts';
import type { DrillState } from './drill.ts';
import type { LabPlan, Power, Replica, VoteGroup, WebServer } from './plan.ts';

/** Bytes since the machine's start, when they were told, and bytes a second as of then. */
export interface Flow {
  received: number;
  sent: number;
  at: number;
  receiving: number;
  sending: number;
}

/** What is known of a machine. What it believes counts only while `unknownSince` is absent. */
export interface MachineState {
  /** Undefined: the engine has not been asked yet. */
  power?: Power;
  /** ms since 1970 from when on nothing is known of what the machine believes; absent while it is heard, and when it is off. */
  unknownSince?: number;
  /** When it was last heard; ms since 1970. */
  heard?: number;
  addresses: string[];
  /** Of the last minute, as Linux counts it. */
  load?: number;
  /** As the machine tells it. */
  traffic?: Flow;
  /** Of its cable, counted at the switch: also while nobody hears the machine. Not every engine can tell. */
  cable?: Flow;
  /** Share of a processor of the computer that it took lately, counted outside it. Not every engine can tell. */
  busy?: number;
  services: Record<string, string>;
  galera?: string;
  replica?: Replica;
  session?: { role: 'master' | 'replica'; linked: boolean };
  votes: Partial<Record<VoteGroup, { votes: number; quorate: boolean; at: number }>>;
  requests?: { rate: number; servers: Record<string, WebServer> };
}

/** An event that is worth a line. */
export interface Line {
  seq: number;
  t: number;
  machine: string;
  /** Of inspect/journal/words.ts or words.ts here. */
  code: string;
  text: string;
  /** Instead of the text, where it is not one for all languages. */
  words?: Text;
}

/** A fault that somebody made and nobody has undone. */
export interface Broken {
  /** Empty: which one is a secret. */
  machine: string;
  /** ms since 1970. */
  since: number;
  words: Text;
  /** `drill`: its drill undoes it; `user`: `lab fault`; `lab`: `lab break`; `incident`: to be found and mended by hand. */
  by: 'drill' | 'user' | 'lab' | 'incident';
}

/** A lab as far as it is known. Plain JSON: a snapshot is this. */
export interface LabState {
  seq: number;
  /** The latest time heard of; ms since 1970. */
  t: number;
  plan?: LabPlan;
  machines: Record<string, MachineState>;
  /** The latest lines, by time. */
  lines: Line[];
  /** The command that changes the lab now. */
  command?: string;
  /** What is broken on purpose, oldest first; absent: nothing. */
  broken?: Broken[];
  /** The drill that is under way, or was the last one. */
  drill?: DrillState;
  /** An event is missing: a new snapshot is needed. */
  missed: boolean;
  /** Nobody watches any more: nothing is known from `t` on. */
  ended: boolean;
}

/** Before anything is known. */
export const NOTHING: LabState = { seq: 0, t: 0, machines: {}, lines: [], missed: false, ended: false };

/** Nothing is known of a machine since `t`. */
export const unheard = (t: number): MachineState => ({
  unknownSince: t,
  addresses: [],
  services: {},
  votes: {},
});

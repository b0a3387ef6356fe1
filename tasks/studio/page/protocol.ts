import type { Places } from '../../architecture/places.ts';
import type { Language, Text } from '../../base/text.ts';
import type { Expected, Fault, Holder, Target } from '../../measure/drill/names.ts';
import type { LabEvent } from '../../watch/model/event.ts';

/** What the server says, as JSON. */
export type ServerMessage =
  /** Where machines stand, for each language: words have their lengths. */
  | { kind: 'places'; places: Record<Language, Places> }
  /** What has happened since the last message; at first a snapshot. */
  | { kind: 'events'; events: LabEvent[] }
  /** A whole recording. */
  | { kind: 'recording'; name: string; events: LabEvent[] }
  /** The lab is not there any more. */
  | { kind: 'gone' }
  /** What this page may break; a page that is never told so only shows. */
  | { kind: 'offer'; offer: Offer }
  /** What a page had the kit do, and what became of it. */
  | { kind: 'work'; work: Work }
  /** What the checks of a lab find while somebody works, or found last. */
  | { kind: 'checks'; checks: Checks }
  /** What commands of a guide's block print on this computer, or printed last. */
  | { kind: 'output'; output: Output }
  /** The shells that are open on machines. */
  | { kind: 'shells'; shells: Shell[] };

/** What a page says in its stream. What is to be done it asks for elsewhere. */
export interface PageMessage {
  ask: 'snapshot';
}

/** What can be broken. */
export interface Offer {
  targets: Target[];
  /** What the machine may be chosen by. */
  holders: Holder[];
  door: Door;
}

/** What can be done with the lab as a whole. */
export interface Door {
  /** Name of the lab. */
  lab: string;
  exists: boolean;
  /** Of which it can be made; the first one is the usual one. */
  topologies: string[];
  /** Labs (NN) that can be started in its machines. */
  labs: string[];
  /** Of these, those that may begin with a student's own files, and of which labs (NN) these are. */
  continues: Record<string, string[]>;
  /** What the kit asks before it removes the lab. */
  question?: Text;
}

/** What a page can ask for (POST /act). `language`: of what the kit says about it. */
export type Act =
  | { do: 'fault'; target: Target; language: Language }
  | { do: 'drill'; target: Target; language: Language; expect?: number }
  | { do: 'undo' | 'stop'; language: Language }
  /** The lab is made, or its machines are started. */
  | { do: 'up'; topology?: string; language: Language }
  /** A lab of the kit from its beginning, with the student's own files of earlier labs if he wants, or where it was left. */
  | {
      do: 'start';
      lab: string;
      resume: boolean;
      fromMine?: boolean;
      student?: string;
      code?: string;
      language: Language;
    }
  | { do: 'halt'; language: Language }
  /** `lab`: its name, said once more. */
  | { do: 'destroy'; lab: string; language: Language }
  | { do: 'snapshot'; action: 'save' | 'restore' | 'delete'; snapshot: string; language: Language };

/** What a page can ask for (POST /act) that is no work of the kit's commands. */
export type Wish =
  /** Checks again and again while somebody works in a lab; without `lab` no more. */
  | { do: 'check'; lab?: string; language: Language }
  /** The next hint of a step (NN.S). */
  | { do: 'hint'; step: string; language: Language }
  /** The commands of a block of a lab's guide for this computer, as the block has them; and no more of them. */
  | { do: 'run'; lab: string; text: string; language: Language }
  | { do: 'stop-run' }
  /** A terminal of this size on a machine; its name is the answer. */
  | { do: 'shell'; machine: string; cols: number; rows: number }
  | { do: 'close-shell'; id: string };

/** A command of the kit that a page began. */
export interface Work {
  /** As it would be typed. */
  command: string;
  what: Exclude<Act['do'], 'stop'>;
  state: 'running' | 'done' | 'failed';
  /** What it says: while it runs the last line, when it failed all of it. */
  said: string[];
}

/** What commands of a guide's block print. */
export interface Output {
  lab: string;
  /** The block. */
  text: string;
  running: boolean;
  /** The latest lines, and how many came before them. */
  lines: string[];
  left: number;
  /** With which the last command ended; absent while it runs. */
  code?: number;
}

/** What the design says of a fault (POST /predict). */
export interface Forecast {
  fault: Fault;
  /** What visitors will wait, by the timers; empty where no timer decides it. */
  expected: Expected[];
  /** Seconds that a drill lets it last. */
  hold: number;
  /** Seconds after which the machine undoes it by itself; absent where it does not. */
  undoes?: number;
}

/** What a page asks to be told (POST /ask): nothing is changed by it. */
export type Ask = { ask: 'labs' } | { ask: 'snapshots' } | { ask: 'guide'; lab: string; language: Language };

/** A lab of the kit, and how far the user is in it. */
export interface LabTold {
  /** NN */
  id: string;
  title: Text;
  minutes: number;
  /** Nothing is done on machines. */
  paper: boolean;
  steps: StepTold[];
}
export interface StepTold {
  /** NN.S */
  id: string;
  title: Text;
  points: number;
  /** How many there are. */
  hints: number;
  /** It was found to hold at least once. */
  passed: boolean;
}

/** The labs (`ask: 'labs'`). */
export interface LabsTold {
  labs: LabTold[];
  /** The lab that was started last, and whose work it is. */
  current?: string;
  student?: string;
}

/** The snapshots of the lab (`ask: 'snapshots'`), the latest last. */
export interface SnapshotTold {
  name: string;
  /** ISO 8601 */
  taken: string;
}

/** A guide (`ask: 'guide'`): HTML that the kit made of it, in which nothing runs. */
export interface GuideTold {
  lab: string;
  sections: { step: number; html: string }[];
  /** Hints that were read, by step (NN.S), as HTML. */
  hints: Record<string, string[]>;
  /** Steps whose model answers show once they hold. */
  later: number[];
}

/** What checks found, one step after the other. */
export interface Checks {
  lab: string;
  /** They are made again and again. */
  running: boolean;
  /** ms since 1970 of the latest change; absent: nothing was found yet. */
  at?: number;
  steps: StepFound[];
  /** Why they are not made any more. */
  problem?: string[];
}
export interface StepFound {
  id: string;
  outcome: 'passed' | 'failed' | 'not-judged';
  cause?: Text;
  /** What does not hold. */
  missing: { title: Text; expected?: Text; found?: Text; look?: Text }[];
}

/** A shell on a machine. */
export interface Shell {
  id: string;
  machine: string;
  /** It has ended. */
  ended: boolean;
}

/** What is said instead when it cannot be told or done. */
export interface Refusal {
  what: Text;
  fix?: Text;
}

/** The subprotocols of the page's WebSocket: the kit's, and the page's token after a prefix. */
export const PROTOCOL = 'ha-lab';
export const TOKEN_PREFIX = 'token.';

/** Code with which the server closes the WebSocket of a terminal that there is not. */
export const GONE = 4404;

/** What the server says of a terminal between its bytes: what follows begins at `at`, and is a repetition up to `until`. */
export interface ShellPlace {
  at: number;
  until: number;
}

/**
 * What the page says in the WebSocket of a terminal: what is typed, how far it has shown, how large it is; and that the program in it
 * shall draw its screen again, of which this page has seen the end alone.
 */
export type ShellSaid =
  | { type: string }
  | { got: number }
  | { size: [cols: number, rows: number] }
  | { redraw: true };

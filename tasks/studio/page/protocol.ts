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
  /** What this page may break; a page that is never told so only shows. */
  | { kind: 'offer'; offer: Offer }
  /** What a page had the kit do, and what became of it. */
  | { kind: 'work'; work: Work };

/** What a page says in its stream. What is to be done it asks for elsewhere. */
export interface PageMessage {
  ask: 'snapshot';
}

/** What can be broken. */
export interface Offer {
  targets: Target[];
  /** What the machine may be chosen by. */
  holders: Holder[];
}

/** What a page can ask for (POST /act). `language`: of what the kit says about it. */
export type Act =
  | { do: 'fault'; target: Target; language: Language }
  | { do: 'drill'; target: Target; language: Language; expect?: number }
  | { do: 'undo' | 'stop'; language: Language };

/** A command of the kit that a page began. */
export interface Work {
  /** As it would be typed. */
  command: string;
  what: 'fault' | 'drill' | 'undo';
  state: 'running' | 'done' | 'failed';
  /** What it says: while it runs the last line, when it failed all of it. */
  said: string[];
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

/** What is said instead when it cannot be told or done. */
export interface Refusal {
  what: Text;
  fix?: Text;
}

/** The subprotocols of the page's WebSocket: the kit's, and the page's token after a prefix. */
export const PROTOCOL = 'ha-lab';
export const TOKEN_PREFIX = 'token.';

import type { Text } from '../../base/text.ts';
import type { DrillHead, Visit } from './drill.ts';
import type { LabPlan, Power, Replica, VoteGroup, WebServer } from './plan.ts';
import type { Broken, LabState } from './state.ts';

/**
 * What happens in a lab, one event after the other: a watcher makes them, everything that shows a lab is fed with them, and a
 * recording is their lines of JSON. Nothing in this folder imports from Node: the browser runs the same code.
 */
export type LabEvent = Place & Happening;

export interface Place {
  /** From 1 on, without a gap; a snapshot has the number of the last event in it. */
  seq: number;
  /** When it happened: ms since 1970 on the computer that runs the lab. */
  t: number;
  /** Empty: the lab as a whole. */
  machine: string;
}

export type Happening =
  | { source: 'watch'; what: 'snapshot'; state: LabState }
  | { source: 'watch'; what: 'plan'; plan: LabPlan }
  | { source: 'watch'; what: 'end' }
  | { source: 'engine'; what: 'power'; power: Power }
  /** Bytes over the cable of each machine that runs since it was plugged in, counted at the switch; once a second. */
  | { source: 'engine'; what: 'cables'; cables: Record<string, { received: number; sent: number }> }
  /** Seconds of a processor that each machine that runs took in each second, counted outside it. */
  | { source: 'engine'; what: 'busy'; busy: Record<string, number> }
  /** Nothing was heard since `since` (ms since 1970): what the machine believes from then on is not known. */
  | { source: 'channel'; what: 'silent'; since: number }
  /** Once a second; `received` and `sent`: bytes on the lab network since the machine's start. */
  | { source: 'beat'; what: 'beat'; load: number; received: number; sent: number }
  /** All IPv4 addresses of the machine. */
  | { source: 'address'; what: 'addresses'; addresses: string[] }
  | { source: 'address'; what: 'address-added'; address: string }
  | { source: 'address'; what: 'address-removed'; address: string }
  /** What a database tells the others of itself: `primary synced`, `waiting`… */
  | { source: 'galera'; what: 'member'; state: string }
  | { source: 'drbd'; what: 'replica'; replica: Replica }
  | { source: 'redis'; what: 'session'; role: 'master' | 'replica'; linked: boolean }
  /** What a member believes of its group. */
  | { source: 'votes'; what: 'votes'; group: VoteGroup; votes: number; quorate: boolean }
  | { source: 'haproxy'; what: 'requests'; rate: number; servers: Record<string, WebServer> }
  | { source: 'systemd'; what: 'services'; services: Record<string, string> }
  /** A line of the journal that matters (inspect/journal/rules.ts). */
  | { source: 'journal'; what: 'said'; code: string; text: string }
  /** A command of the kit changes the lab, or has ended. */
  | { source: 'kit'; what: 'command'; command: string; begun: boolean }
  /** What a command puts into the stream itself: a fault, its undoing. */
  | { source: 'kit'; what: 'note'; code: string; text: string; words?: Text }
  /** All that is broken on purpose. */
  | { source: 'kit'; what: 'broken'; broken: Broken[] }
  | DrillHappening;

/** What a drill tells, which says it itself (watch/telling.ts). */
export type DrillHappening =
  | { source: 'drill'; what: 'drill'; drill: DrillHead }
  /** Requests that were answered, or given up, since the last ones. */
  | { source: 'drill'; what: 'visits'; visits: Visit[] };

export type What = Happening['what'];

export type Power = 'running' | 'frozen' | 'off' | 'absent';
export type VoteGroup = 'galera' | 'corosync' | 'sentinel';

/** What a lab consists of, for those who have no topology at hand. */
export interface LabPlan {
  lab: string;
  engine: string;
  topology: string;
  machines: { name: string; address: string; roles: string[]; services: string[] }[];
  floating: { name: string; address: string; role: string }[];
  votes: { group: VoteGroup; voters: { machine: string; role: string }[]; majority: number }[];
}

/** A replicated disk as one of its two machines sees it, in DRBD's words. */
export interface Replica {
  connection: string;
  role: string;
  peerRole: string;
  disk: string;
  peerDisk: string;
  /** Percent of a copy that is under way. */
  synced?: number;
}

export interface WebServer {
  /** UP, DOWN, DRAIN, MAINT… */
  status: string;
  /** Requests a second. */
  rate: number;
}

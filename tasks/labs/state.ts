import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writePrivate } from '../lab/secrets.ts';

/** One check that was made, as the lab remembers it; each entry holds the digest of the one before. */
export interface HistoryEntry {
  /** ISO 8601. */
  at: string;
  kind: 'start' | 'check' | 'hint' | 'solve' | 'break' | 'undo' | 'restore' | 'student';
  /** NN or NN.S, or a name. */
  what: string;
  /** Of a check: earned and possible points, steps passed. */
  earned?: number;
  possible?: number;
  passed?: string[];
  /** Digest of the entry before (the first one: 64 zeros). */
  before: string;
}

/** A fault that was made by `lab break` and not undone yet. */
export interface OpenFault {
  lab: string;
  name: string;
  /** The machine it was made on. */
  machine: string;
  at: string;
}

/** What a lab remembers of its labs: .lab/NAME/labs.json. */
export interface LabsState {
  student?: string;
  /** NN of the lab that was started last. */
  current?: string;
  startedAt?: string;
  /** Levels of hints that were shown, by step. */
  hints: Record<string, number>;
  faults: OpenFault[];
  /** Cached start states: name of the snapshot, roles it holds, timer factor that they have (absent: 1), when it was last used. */
  starts: { snapshot: string; roles: string[]; factor?: number; used: string }[];
  history: HistoryEntry[];
}

const fileOf = (folder: string) => join(folder, 'labs.json');

export async function readState(folder: string): Promise<LabsState> {
  const empty: LabsState = { hints: {}, faults: [], starts: [], history: [] };
  if (!existsSync(fileOf(folder))) return empty;
  return { ...empty, ...(JSON.parse(await readFile(fileOf(folder), 'utf8')) as Partial<LabsState>) };
}

export async function writeState(folder: string, state: LabsState): Promise<void> {
  await writePrivate(fileOf(folder), `${JSON.stringify(state, null, 2)}\n`);
}

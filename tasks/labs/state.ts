import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '../host/lock.ts';
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
  /** Set while the machines are on their way to a lab (moves.ts): where to, from which snapshot, where the work of before is. */
  moving?: { to: string; from?: string; saved?: string };
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

/**
 * Changes what is remembered: reads it, changes it and writes it, alone. Commands that read machines for minutes do not lock the
 * lab, so that what they read at their beginning may be old. `session.state` is what was written then.
 */
export async function changeState(
  session: { lab: { folder: string }; state: LabsState },
  change: (state: LabsState) => void,
): Promise<void> {
  const { folder } = session.lab;
  const work = async () => {
    const state = await readState(folder);
    change(state);
    await writeState(folder, state);
    for (const key of Object.keys(session.state) as (keyof LabsState)[]) delete session.state[key];
    Object.assign(session.state, state);
  };
  await withLock(`${fileOf(folder)}.lock`, work, () => undefined, { interval: 20 });
}

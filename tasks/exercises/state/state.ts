import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writePrivate } from '../../base/files.ts';
import { withLock } from '../../base/lock.ts';
import { fingerprint, publicHalf, signingKey } from './key.ts';

/**
 * What a lab writes down of itself, in the order in which it happened: `record` begins it, with the fingerprint of the lab's key;
 * `start`, `restore` (`lab start --resume`), `save` and `snapshot` (saved, brought back) say where the machines come from, `replace` that the
 * next save is of a name that is there already; `begin` that a
 * lab without machines was started, which leaves them alone; `solve`, `up`, `apply`, `scale` and `selfcheck` what the kit did on them in the
 * student's place.
 */
type HistoryKind =
  | 'record'
  | 'student'
  | 'start'
  | 'begin'
  | 'restore'
  | 'save'
  | 'replace'
  | 'snapshot'
  | 'check'
  | 'hint'
  | 'answer'
  | 'break'
  | 'undo'
  | 'solve'
  | 'up'
  | 'apply'
  | 'scale'
  | 'selfcheck';

/** One thing that happened, as the lab remembers it; each entry holds the digest of the one before. */
export interface HistoryEntry {
  /** ISO 8601. */
  at: string;
  kind: HistoryKind;
  /** NN or NN.S, or a name; of an answer NN.S.K, the question. */
  what: string;
  /** Of an answer: what the student wrote. */
  text?: string;
  /** Of a check: earned and possible points, steps passed. */
  earned?: number;
  possible?: number;
  passed?: string[];
  /** Of a check: digest of the facts that it judged (factsDigest). */
  facts?: string;
  /** Of a check: digest of what each report of an incident accuses, by NN/NUMBER (reportDigest). */
  reports?: Record<string, string>;
  /** Of a restore: the snapshot that the machines come from. */
  from?: string;
  /**
   * Of a start: labs (NN) whose files of the student's took the place of the kit's, each with what the kit had done in his place in it then; nothing
   * where he had done all of it.
   */
  own?: Record<string, string[]>;
  /** Roles that the kit applied. */
  roles?: string[];
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
  /** The student's code, where the class has a seed of its own (guides/student.ts). */
  code?: string;
  /** NN of the lab that was started last. */
  current?: string;
  startedAt?: string;
  /**
   * Set while the machines are on their way (moves.ts): to which lab, from which snapshot, where the work of before is; `mine` with the
   * student's own files; `touched` once a student may have worked on them since.
   */
  moving?: { to?: string; from?: string; saved?: string; mine?: true; touched?: true };
  /** Levels of hints that were shown, by step. */
  hints: Record<string, number>;
  faults: OpenFault[];
  /**
   * Cached start states: name of the snapshot, roles it holds, what its web machines serve (absent: it is not known), timer factor that
   * they have (absent: 1), when it was last used.
   */
  starts: { snapshot: string; roles: string[]; app?: string; factor?: number; used: string }[];
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
  session: { environment: { folder: string }; state: LabsState },
  change: (state: LabsState) => void,
): Promise<void> {
  const { folder } = session.environment;
  // A lab without machines may be the first thing that is remembered.
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const work = async () => {
    const state = await readState(folder);
    // A lab of before there were records has one from here on.
    if (!state.history.some(({ kind }) => kind === 'record'))
      remember(state, { kind: 'record', what: fingerprint(publicHalf(await signingKey(folder))) });
    change(state);
    await writeState(folder, state);
    for (const key of Object.keys(session.state) as (keyof LabsState)[]) delete session.state[key];
    Object.assign(session.state, state);
  };
  await withLock(`${fileOf(folder)}.lock`, work, () => undefined, { interval: 20 });
}

/** Writes down what the kit did to a lab, by the lab's folder: for commands that have no session. */
export async function writeDown(
  folder: string,
  entry: Omit<HistoryEntry, 'at' | 'before'>,
): Promise<HistoryEntry[]> {
  const session = { environment: { folder }, state: await readState(folder) };
  await changeState(session, (state) => remember(state, entry));
  return session.state.history;
}

const FIRST = '0'.repeat(64);

const digestOf = (entry: HistoryEntry) => createHash('sha256').update(JSON.stringify(entry)).digest('hex');

/** Hexadecimal digits of an entry's digest that machines keep. */
const ANCHOR = 16;

/** What names an entry on the machines, where it cannot be taken out of the record without being missed there. */
export const anchorOf = (entry: HistoryEntry): string => digestOf(entry).slice(0, ANCHOR);

/** Adds an entry, chained to the one before. */
export function remember(
  state: Pick<LabsState, 'history'>,
  entry: Omit<HistoryEntry, 'at' | 'before'>,
  at = new Date().toISOString(),
): void {
  const last = state.history.at(-1);
  state.history.push({ at, ...entry, before: last ? digestOf(last) : FIRST });
}

/** Milliseconds that a clock may be put back without the history being in doubt. */
export const CLOCK_SLACK = 10 * 60_000;

/** What is wrong with a history: a link that does not fit, or time that goes backwards by more than clocks are put right by. */
export function historyFlaws(history: HistoryEntry[]): string[] {
  const flaws: string[] = [];
  history.forEach((entry, index) => {
    const last = history[index - 1];
    if (entry.before !== (last ? digestOf(last) : FIRST))
      flaws.push(`entry ${index + 1} does not follow the one before`);
    if (last && Date.parse(entry.at) < Date.parse(last.at) - CLOCK_SLACK)
      flaws.push(`entry ${index + 1} is older than the one before`);
  });
  return flaws;
}

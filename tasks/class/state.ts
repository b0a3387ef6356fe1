import { readFile } from 'node:fs/promises';
import { LAB_ID } from '../exercises/guides/ids.ts';
import type { ClusterEngine, Job, Phase } from './engine.ts';
import { placesOf } from './places.ts';
import type { ClassRecord } from './record.ts';
import type { Told } from './tell.ts';

/** What a job says of its lab (job/job.sh, tell). */
const STATES = ['waiting', 'starting', 'restoring', 'running', 'saving', 'ended', 'failed', 'idle'] as const;
type JobState = (typeof STATES)[number];

/** The file `state` of a lab; times in seconds since 1970. */
export interface LabState extends Told {
  state?: JobState;
  since?: number;
  /** When it was written. */
  beat?: number;
  job?: string;
  restarts?: number;
  generation?: number;
  server?: string;
  saved?: number;
  restored?: string;
  note?: string;
  /** When its time is over. */
  ends?: number;
  /** When somebody used it last. */
  used?: number;
}

const NUMBERS = [
  ...['since', 'beat', 'restarts', 'generation', 'saved', 'ends', 'used'],
  ...['passed', 'steps', 'progressed', 'checked', 'faults', 'hints'],
] as const;
const WORDS: Record<string, RegExp> = {
  state: new RegExp(`^(${STATES.join('|')})$`),
  job: /^\d{1,20}$/,
  server: /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/,
  restored: /^[0-9-]{1,40}$/,
  lab: LAB_ID,
};

/** Reads such a file: what it has that is none of this is left out. A job is the student's own: what it says is data. */
export function stateIn(text: string): LabState {
  const found: Record<string, string | number> = {};
  for (const line of text.slice(0, 4000).split('\n')) {
    const [, key = '', value = ''] = /^([a-z]+) (.*)$/.exec(line) ?? [];
    if ((NUMBERS as readonly string[]).includes(key) && /^\d{1,12}$/.test(value)) found[key] = Number(value);
    else if (WORDS[key]?.test(value)) found[key] = value;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal would obey is taken out.
    else if (key === 'note') found[key] = value.replace(/[\u0000-\u001f\u007f-\u009f]/g, '').slice(0, 200);
  }
  return found as LabState;
}

/**
 * How a lab is: what the cluster says of its job and what the job says of itself, in one word. `absent`: no job; `idle`: nobody used it, and it
 * starts again when its student opens it; `lost`: no job, and the last
 * one did not end by itself (out of time or memory, or ended by somebody).
 */
export type Condition =
  | Exclude<Phase, 'running'>
  | 'turn'
  | 'starting'
  | 'running'
  | 'saving'
  | 'ended'
  | 'failed'
  | 'idle'
  | 'lost'
  | 'absent';

export interface LabStatus extends Told {
  student: string;
  name: string;
  condition: Condition;
  server?: string;
  job?: string;
  restarts?: number;
  /** Since when it is in this condition, as far as its job has told. */
  since?: number;
  /** When its work was saved last. */
  saved?: number;
  /** When its time is over, and when somebody used it last. */
  ends?: number;
  used?: number;
  /** Why it is as it is: the cluster's reason, or what the job noted. */
  note?: string;
}

/** One word for both. Pure. */
export function conditionOf(job: Job | undefined, said: LabState): Condition {
  if (!job) {
    if (said.state === undefined) return 'absent';
    return said.state === 'ended' || said.state === 'failed' || said.state === 'idle' ? said.state : 'lost';
  }
  if (job.phase !== 'running') return job.phase;
  // What an earlier job wrote, or an earlier run of this one on another server, is no news of this one.
  if (said.job !== job.id || (said.server !== undefined && said.server !== job.server)) return 'starting';
  if (said.state === 'waiting') return 'turn';
  if (said.state === 'running' || said.state === 'saving') return said.state;
  // It has written its last word, and the cluster has not noticed yet.
  if (said.state === 'ended' || said.state === 'failed' || said.state === 'idle') return 'ending';
  return 'starting';
}

/** Puts together what is known of a lab. Pure. */
export function statusOf(
  student: { id: string; name: string },
  job: Job | undefined,
  said: LabState,
): LabStatus {
  const condition = conditionOf(job, said);
  const { lab, passed, steps, progressed, checked, faults, hints, saved } = said;
  const { ends, used } = job === undefined || said.job === job.id ? said : {};
  const own = job === undefined || said.job === job.id;
  const note = job?.reason || (own ? said.note : undefined);
  const server = job?.server;
  const all = {
    ...{ student: student.id, name: student.name, condition, server, job: job?.id, note },
    ...{ restarts: own ? said.restarts : undefined, since: own ? said.since : undefined },
    ...{ lab, passed, steps, progressed, checked, faults, hints, saved, used },
    // Of a lab that does not run it would be no news.
    ends: job ? ends : undefined,
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined && value !== ''),
  ) as unknown as LabStatus;
}

/** The jobs of a class by student. Of two of one student (the older one is about to find that its lease is gone) the newer one. */
export function jobsByStudent(jobs: Job[]): Map<string, Job> {
  const found = new Map<string, Job>();
  for (const job of jobs) {
    const other = found.get(job.student);
    if (!other || Number(job.id) > Number(other.id)) found.set(job.student, job);
  }
  return found;
}

/** What the job of a student's lab said last; nothing when it has said nothing. */
export const readState = async (
  { folder }: Pick<ClassRecord, 'folder'>,
  student: string,
): Promise<LabState> => stateIn(await readFile(placesOf(folder).state(student), 'utf8').catch(() => ''));

/** What is known of every lab of a class now, in the order of its roster. LabError when the cluster does not answer. */
export async function readStatus(
  record: ClassRecord,
  engine: ClusterEngine,
  known: Job[] | undefined = undefined,
): Promise<LabStatus[]> {
  const jobs = jobsByStudent(known ?? (await engine.list(record.settings.name)));
  return Promise.all(
    record.students.map(async (student) =>
      statusOf(student, jobs.get(student.id), await readState(record, student.id)),
    ),
  );
}

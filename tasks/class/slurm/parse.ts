import { LabError } from '../../base/errors.ts';
import type { Job, Phase, ServerState } from '../engine.ts';

/** What stands between class and student in the name of a job: in neither of them. */
const BETWEEN = ':';

export const jobName = (className: string, student: string): string =>
  ['lab', className, student].join(BETWEEN);

/** Columns asked of squeue: number, state, server, reason, name. A reason may have anything in it but a line feed, a name no `|`. */
export const JOB_FORMAT = '%i|%T|%N|%j|%r';

/** Columns asked of sinfo. */
export const SERVER_FORMAT = '%N|%T|%c|%m';

const ID = /^\d+$/;
const SERVER = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** LabError that quotes what a program printed and was not understood. */
export const strange = (program: string, line: string): LabError =>
  new LabError(
    {
      en: `What ${program} printed was not understood: "${line.slice(0, 200)}".`,
      fr: `Ce que ${program} a affiché n'a pas été compris : « ${line.slice(0, 200)} ».`,
    },
    {
      en: 'the kit knows Slurm 22.05 to 24.11; is this another program, or another version?',
      fr: 'le kit connaît Slurm 22.05 à 24.11 ; est-ce un autre programme, ou une autre version ?',
    },
  );

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');

/** The job's number out of `sbatch --parsable`: `NUMBER[;CLUSTER]`. LabError for anything else. */
export function submittedJob(text: string): string {
  // A site's own script may greet first.
  const line = linesOf(text).at(-1) ?? '';
  const id = /^(\d+)(?:;[A-Za-z0-9._-]+)?$/.exec(line.trim())?.[1];
  if (id === undefined) throw strange('sbatch', line);
  return id;
}

/** States of a job that has a place. */
const RUNNING = new Set(['RUNNING', 'SUSPENDED', 'STOPPED', 'SIGNALING', 'RESIZING', 'CONFIGURING']);
/** States in which a job waits. */
const WAITING = new Set([
  'PENDING',
  'REQUEUED',
  'REQUEUE_FED',
  'SPECIAL_EXIT',
  'REQUEUE_HOLD',
  'RESV_DEL_HOLD',
]);

function phaseOf(state: string, reason: string): Phase | undefined {
  if (RUNNING.has(state)) return 'running';
  if (state === 'COMPLETING' || state === 'STAGE_OUT') return 'ending';
  if (!WAITING.has(state)) return undefined;
  // After its server was lost; "launch failed" when it was lost before the job had begun there.
  if (/BeginTime|launch.failed/i.test(reason)) return 'delayed';
  return /held/i.test(reason) || /HOLD|SPECIAL_EXIT/.test(state) ? 'held' : 'waiting';
}

/** Jobs of a class in squeue's answer to JOB_FORMAT; others, and those that are over, are left out. LabError for a line that is none. */
export function jobsIn(text: string, className: string): Job[] {
  const prefix = jobName(className, '');
  return linesOf(text).flatMap((line) => {
    const [id = '', state = '', nodes = '', name, ...rest] = line.split('|');
    if (name === undefined || rest.length === 0 || !/^[A-Z_]+$/.test(state)) throw strange('squeue', line);
    // An array of somebody else's has numbers of another form.
    if (!name.startsWith(prefix)) return [];
    if (!ID.test(id) || (nodes !== '' && !SERVER.test(nodes))) throw strange('squeue', line);
    const reason = rest.join('|').trim();
    const phase = phaseOf(state, reason);
    if (phase === undefined) return [];
    const server = nodes === '' || phase !== 'running' ? undefined : nodes;
    const waits = phase !== 'running' && phase !== 'ending' && reason !== 'None';
    return [{ id, student: name.slice(prefix.length), phase, server, reason: waits ? reason : '' }];
  });
}

/** Servers in sinfo's answer to SERVER_FORMAT, each once. LabError for a line that is none. */
export function serversIn(text: string): ServerState[] {
  const found = new Map<string, ServerState>();
  for (const line of linesOf(text)) {
    const [name = '', state = '', cores = '', memory = ''] = line.trim().split('|');
    // A figure may have a + behind it where servers differ.
    const [coreCount, mebibytes] = [Number.parseInt(cores, 10), Number.parseInt(memory, 10)];
    if (!SERVER.test(name) || state === '' || Number.isNaN(coreCount + mebibytes))
      throw strange('sinfo', line);
    // An asterisk: the server does not answer.
    const usable = /^(idle|mixed|allocated|completing)$/.test(state);
    found.set(name, { name, usable, state, cores: coreCount, memory: mebibytes });
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** `Key = value` of `scontrol show config`, by key. */
export function configIn(text: string): Map<string, string> {
  return new Map(
    linesOf(text).flatMap((line) => {
      const [, key, value] = /^(\S+)\s+=\s?(.*)$/.exec(line.trim()) ?? [];
      return key === undefined ? [] : [[key, (value ?? '').trim()] as const];
    }),
  );
}

/** `Key=value` words of `scontrol show partition`. */
export function wordsIn(text: string): Map<string, string> {
  return new Map(
    text
      .split(/\s+/)
      .flatMap((word) =>
        word.includes('=')
          ? [[word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const]
          : [],
      ),
  );
}

import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { writePrivate } from '../../base/files.ts';
import { ROOT } from '../../base/paths.ts';
import type { Topology } from '../../topology/model.ts';
import { type CarriedByMachine, carriedOf } from '../guides/carried.ts';
import { continuedLabs } from '../guides/continued.ts';
import { readLabs } from '../guides/load.ts';
import type { LabGuide } from '../guides/model.ts';
import { variedValue } from '../guides/values.ts';
import { doneByKit, provenanceOf } from '../state/provenance.ts';
import type { LabsState } from '../state/state.ts';
import { CARRY, carriedFiles, filesOf } from './carry.ts';
import type { LabSession } from './session.ts';

/**
 * What a student wrote in a lab, kept when it is left for a later one that begins with it (`lab start N --from-mine`): snapshots hold disks, of
 * which nothing can be read without starting them. It is what his latest work has, which `--resume` would bring back.
 */
const keptSchema = z.strictObject({
  /** ISO 8601. */
  at: z.iso.datetime(),
  /** The student's own values of then. */
  values: z.record(z.string(), z.string()),
  /** What the kit had done in his place, and faults of `lab break` that were open. */
  done: z.array(z.string()),
  faults: z.array(z.string()),
  machines: z.record(
    z.string(),
    z.strictObject({
      files: carriedFiles,
      /** Paths of files that were too large or too many, and of keys. */
      left: z.array(z.string()).max(CARRY.count),
      keys: z.array(z.string()).max(CARRY.count),
    }),
  ),
  /** Machines that did not tell. */
  silent: z.array(z.string()),
});

export type KeptFiles = z.infer<typeof keptSchema>;

const fileOf = (folder: string, id: string): string => join(folder, 'own-files', `${id}.json`);

/** What was kept of a lab; `unusable` where the file is not what the kit wrote. */
export async function keptFiles(folder: string, id: string): Promise<KeptFiles | 'unusable' | undefined> {
  const file = fileOf(folder, id);
  if (!existsSync(file)) return undefined;
  try {
    return keptSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return 'unusable';
  }
}

/** The values of a lab that are a student's own. */
export const ownValues = (
  { id, vary }: Pick<LabGuide, 'id' | 'vary'>,
  { student, code }: Pick<LabsState, 'student' | 'code'>,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(vary).map(([name, value]) => [name, variedValue(value, id, name, student, code)]),
  );

/** Of what a lab has its students write, what lies on the machines that have one of the roles that it builds. */
export function builtOn(lab: LabGuide, topology: Topology): CarriedByMachine {
  const machines = topology.machines.filter(({ roles }) =>
    roles.some((role) => lab.needs.bare.includes(role)),
  );
  const names = new Set(machines.map(({ name }) => name));
  return new Map([...carriedOf(lab)].filter(([machine]) => names.has(machine)));
}

/** The labs whose files are kept. Read once: it is asked whenever a lab is left. */
let kept: LabGuide[] | undefined;
const keptLabs = (): LabGuide[] => {
  kept ??= continuedLabs(readLabs(ROOT));
  return kept;
};

type Session = Pick<LabSession, 'engine' | 'environment' | 'state'>;

/** The lab that the machines are in, if a later one may begin with its files; undefined otherwise. */
export const keptLab = ({ current }: LabsState): LabGuide | undefined =>
  current === undefined ? undefined : keptLabs().find(({ id }) => id === current);

/**
 * Keeps what the student wrote in the lab that the machines are in, in place of what was kept of it before: for its end. Nothing in a lab
 * whose files no later one begins with. Never stops anything: a machine that does not tell is noted.
 */
export async function keepOwnFiles(session: Session): Promise<void> {
  const { environment, engine, state } = session;
  const lab = keptLab(state);
  if (!lab) return;
  const file = fileOf(environment.folder, lab.id);
  // Should this break off, nothing is kept of it rather than an earlier work.
  await rm(file, { force: true });
  const { topology } = environment;
  const found: KeptFiles = {
    at: new Date().toISOString(),
    values: ownValues(lab, state),
    done: doneByKit(provenanceOf(state.history), lab.id, lab.needs.bare).map(({ en }) => en),
    faults: state.faults.map(({ lab, name }) => `${lab}/${name}`),
    machines: {},
    silent: [],
  };
  const states = await engine.states();
  await Promise.all(
    [...builtOn(lab, topology)].map(async ([machine, carried]) => {
      const told =
        states.get(machine) === 'running'
          ? await filesOf(session, machine, carried).catch(() => undefined)
          : undefined;
      if (told) found.machines[machine] = told;
      else found.silent.push(machine);
    }),
  );
  await writePrivate(file, `${JSON.stringify(found)}\n`);
}

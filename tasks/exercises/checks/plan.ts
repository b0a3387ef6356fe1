import { join } from 'node:path';
import { LabError, messageOf } from '../../base/errors.ts';
import type { Topology } from '../../topology/model.ts';
import type { LabGuide } from '../guides/model.ts';
import type { LabChecks } from './judge.ts';
import { loadChecks } from './load.ts';
import { Vocabulary } from './vocabulary/index.ts';

/** What checks are made for. */
export interface CheckContext {
  topology: Topology;
  student: string | undefined;
  /** The student's code, where the class has a seed of its own. */
  code?: string | undefined;
  /** Name of the front address. */
  host: string;
  /** The lab's timer factor (roles/timers.ts); 1 by default. */
  factor?: number;
}

/**
 * The expectations of a lab on this topology; with `wanted`, of the steps with these ids alone. LabError when check.ts and
 * lab.yaml do not fit, or it names what is not there.
 */
export async function checksOf(
  lab: LabGuide,
  context: CheckContext,
  file = join(lab.folder, 'check.ts'),
  wanted?: Set<string>,
): Promise<LabChecks> {
  const make = await loadChecks(file);
  const vocabulary = new Vocabulary(
    context.topology,
    lab,
    context.student,
    context.host,
    context.factor,
    context.code,
  );
  const wrong = (details: string[]) =>
    new LabError(
      { en: `${file} does not fit this lab.`, fr: `${file} ne convient pas à ce lab.` },
      {
        en: 'mend it, or use the topology it was written for; docs/checks.md has the vocabulary.',
        fr: 'corrigez-le, ou utilisez la topologie pour laquelle il est écrit ; docs/checks.md donne le vocabulaire.',
      },
      details,
    );
  try {
    const made = make(vocabulary);
    const details = lab.steps
      .filter((step) => (made[step.number] ?? []).length === 0)
      .map((step) => `step ${step.number} has no check`);
    for (const number of Object.keys(made))
      if (!lab.steps.some((step) => String(step.number) === number))
        details.push(`there is no step ${number} in lab.yaml`);
    if (details.length > 0) throw wrong(details);
    const steps = lab.steps.filter((step) => !wanted || wanted.has(step.id));
    return {
      lab: { ...lab, steps },
      expectations: new Map(steps.map((step) => [step.number, made[step.number] ?? []])),
    };
  } catch (error) {
    if (error instanceof LabError && error.what.en.endsWith('does not fit this lab.')) throw error;
    throw wrong([messageOf(error)]);
  }
}

/**
 * The labs and steps to judge for what was asked. `wanted`: ids of the asked steps and, through `after`, of all that they wait
 * for; `shown`: of the asked steps; `labs`: whole labs that have wanted steps.
 */
export function closure(
  labs: LabGuide[],
  asked: { lab: LabGuide; step: number | undefined }[],
): { labs: LabGuide[]; wanted: Set<string>; shown: Set<string> } {
  const byId = new Map(labs.flatMap((lab) => lab.steps.map((step) => [step.id, step] as const)));
  const shown = new Set(
    asked.flatMap(({ lab, step }) =>
      lab.steps.filter((other) => step === undefined || other.number === step).map((step) => step.id),
    ),
  );
  const wanted = new Set<string>();
  const add = (id: string) => {
    if (wanted.has(id)) return;
    wanted.add(id);
    for (const before of byId.get(id)?.after ?? []) add(before);
  };
  for (const id of shown) add(id);
  return {
    shown,
    wanted,
    labs: labs.filter((lab) => lab.steps.some((step) => wanted.has(step.id))),
  };
}

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { judge, type LabChecks } from '../checks/judge.ts';
import { type CheckContext, checksOf, closure } from '../checks/plan.ts';
import { type Facts, type Need, probeKey } from '../checks/probe.ts';
import { pointsOf, type StepResult, stepsOf } from '../checks/result.ts';
import { shownOnly } from '../checks/run.ts';
import { stepsNamed } from '../labs/load.ts';
import type { LabGuide } from '../labs/model.ts';
import { LabError, messageOf } from '../ui/errors.ts';
import { type Bundle, unpackBundle } from './bundle.ts';
import { type Enrolled, type Flag, flagsOf, sharedFlags } from './suspicion.ts';

/** One student's line. */
export interface Grade {
  /** The file's name, or its path where several have that name. */
  file: string;
  student: string;
  created: string;
  key: string;
  earned: number;
  possible: number;
  hints: number;
  steps: StepResult[];
  flags: Flag[];
}

export interface GradeOptions {
  /** ISO 8601. */
  deadline?: string | undefined;
  enrolled?: Enrolled[];
  host: string;
  /** Judge this exam instead of what the bundles were asked for. */
  exam?: { lab: LabGuide; file: string };
}

/** Judges bundles again with this kit's checks; what cannot be read is told beside. */
export async function grade(
  files: string[],
  labs: LabGuide[],
  options: GradeOptions,
): Promise<{ grades: Grade[]; unreadable: { file: string; why: string }[] }> {
  const bundles: Bundle[] = [];
  const isAlone = (name: string) => files.filter((file) => basename(file) === name).length === 1;
  const unreadable: { file: string; why: string }[] = [];
  for (const file of files) {
    try {
      const bundle = unpackBundle(file, readFileSync(file));
      bundles.push(isAlone(bundle.file) ? bundle : { ...bundle, file });
    } catch (error) {
      unreadable.push({ file, why: error instanceof LabError ? error.render() : messageOf(error) });
    }
  }
  const shared = sharedFlags(bundles);
  const students = [
    ...new Set([
      ...(options.enrolled ?? []).map((one) => one.student),
      ...bundles.flatMap((one) => one.content.student ?? []),
    ]),
  ];
  const grades: Grade[] = [];
  for (const bundle of bundles) {
    try {
      grades.push(await gradeOne(bundle, labs, students, shared.get(bundle), options));
    } catch (error) {
      unreadable.push({ file: bundle.file, why: messageOf(error) });
    }
  }
  grades.sort((one, other) => one.student.localeCompare(other.student));
  return { grades, unreadable };
}

/** Ids of steps that ask a machine which answered for something that is not among its answers. */
function unaskedSteps(checks: LabChecks[], facts: Facts): Set<string> {
  const missing = ({ machine, probe }: Need) => {
    const found = facts.machines[machine];
    return probe.kind !== 'trial' && found?.state === 'answered' && !(probeKey(probe) in found.answers);
  };
  return new Set(
    checks.flatMap(({ lab, expectations }) =>
      lab.steps
        .filter((step) => (expectations.get(step.number) ?? []).some((one) => one.needs.some(missing)))
        .map((step) => step.id),
    ),
  );
}

async function gradeOne(
  bundle: Bundle,
  labs: LabGuide[],
  students: string[],
  shared: Flag | undefined,
  options: GradeOptions,
): Promise<Grade> {
  const { content } = bundle;
  const { exam } = options;
  const plan = exam
    ? closure([exam.lab], [{ lab: exam.lab, step: undefined }])
    : closure(
        labs,
        content.asked.map((wish) => stepsNamed(labs, wish)),
      );
  const context: CheckContext = {
    ...{ topology: content.topology, student: content.student, host: options.host },
    ...(content.factor === undefined ? {} : { factor: content.factor }),
  };
  const checks = await Promise.all(plan.labs.map((lab) => checksOf(lab, context, exam?.file, plan.wanted)));
  const trials = Object.values(content.facts.machines).some(({ answers }) =>
    Object.keys(answers).some((key) => key.startsWith('trial ')),
  );
  const judged = shownOnly(await judge(checks, content.facts, { trials }), plan.shown);
  const steps = stepsOf({ labs: judged });
  const flags = flagsOf(
    bundle,
    { labs: judged },
    {
      enrolled: options.enrolled ?? [],
      deadline: options.deadline,
      students,
      unasked: unaskedSteps(checks, content.facts),
    },
  );
  if (shared && !flags.some((flag) => flag.kind === 'copied')) flags.push(shared);
  return {
    file: bundle.file,
    student: content.student ?? '?',
    created: content.created,
    key: bundle.key,
    ...pointsOf(steps),
    hints: Object.values(content.hints).reduce((total, one) => total + one, 0),
    steps,
    flags,
  };
}

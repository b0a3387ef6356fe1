import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { LabError, messageOf } from '../../base/errors.ts';
import type { Topology } from '../../topology/model.ts';
import { EXAM } from '../checks/exam.ts';
import { judge } from '../checks/judge.ts';
import { type CheckContext, checksOf, closure } from '../checks/plan.ts';
import { pointsOf, type StepResult, stepsOf, sum } from '../checks/result.ts';
import { shownOnly } from '../checks/run.ts';
import { stepsNamed } from '../guides/load.ts';
import type { LabGuide } from '../guides/model.ts';
import { codeOf } from '../guides/student.ts';
import { type Answered, answered, type Marks, marked, questionsIn } from './answers.ts';
import { type Bundle, unpackBundle } from './bundle.ts';
import type { BundleContent } from './content.ts';

import type { Flag } from './flag.ts';
import type { HandedIn, Participant } from './handed-in.ts';
import { type Known, sharedFlags } from './identity.ts';
import { missingInBundle } from './incomplete.ts';
import { factsOfRecord, hintsIn } from './record.ts';
import type { NotReplayed, Replayed } from './replay/replay.ts';
import { senderFlags } from './sender.ts';
import type { Enrolled } from './students.ts';
import { flagsOf } from './suspicion.ts';
import type { JudgedWith } from './topology.ts';

/** One student's line. */
export interface Grade {
  /** The file's name, or its path where several have that name. */
  file: string;
  /** Whom the learning platform says that it came from. */
  participant?: Participant;
  student: string;
  created: string;
  key: string;
  /** Name of the topology that it was judged with. */
  topology: string;
  earned: number;
  possible: number;
  hints: number;
  steps: StepResult[];
  /** To the questions of the guides that it is judged for. */
  answers: Answered[];
  flags: Flag[];
  /** What came of building it again, where that was asked for. */
  replay?: Replayed | NotReplayed;
}

export interface GradeOptions {
  /** ISO 8601. */
  deadline?: string | undefined;
  enrolled?: Enrolled[];
  host: string;
  /** What a bundle that was made on this topology is judged with. */
  topologyOf: (sent: Topology) => Promise<JudgedWith>;
  /** Judge this exam instead of what the bundles were asked for. */
  exam?: { lab: LabGuide; file: string };
  /** Judge this lab, whatever the bundles were asked for. */
  lab?: LabGuide;
  /** What the codes of the class's students follow from. */
  seed?: string;
  /** The teacher's points for answers. */
  marks?: Marks;
  /** Told of each bundle that was judged, for what is done with it besides. */
  judged?: (judged: Judged) => void;
}

/** A bundle that was judged, and what with. */
export interface Judged {
  grade: Grade;
  content: BundleContent;
  labs: LabGuide[];
  /** The student's, in a class with a seed. */
  code: string | undefined;
  topology: JudgedWith['topology'];
}

/** What a class handed in, judged. */
export interface Graded {
  grades: Grade[];
  unreadable: { file: string; why: string }[];
  /** Students of the list of whom nothing was handed in. */
  missing: string[];
}

const whyOf = (error: unknown): string => (error instanceof LabError ? error.render() : messageOf(error));

/** Judges bundles again with this kit's checks; what cannot be read is told beside. */
export async function grade(files: HandedIn[], labs: LabGuide[], options: GradeOptions): Promise<Graded> {
  const bundles: Bundle[] = [];
  const isAlone = (name: string) => files.filter(({ file }) => basename(file) === name).length === 1;
  const from = new Map<Bundle, Participant>();
  const unreadable: { file: string; why: string }[] = [];
  for (const { file, participant } of files) {
    try {
      const read = unpackBundle(file, readFileSync(file));
      const bundle = isAlone(read.file) ? read : { ...read, file };
      bundles.push(bundle);
      if (participant) from.set(bundle, participant);
    } catch (error) {
      unreadable.push({ file, why: whyOf(error) });
    }
  }
  const enrolled = options.enrolled ?? [];
  const ids = [
    ...enrolled.map(({ student }) => student),
    ...bundles.flatMap(({ content }) => content.student ?? []),
  ];
  const { seed } = options;
  const students = [...new Set(ids)].map(
    (student): Known => (seed === undefined ? { student } : { student, code: codeOf(seed, student) }),
  );
  const grades = new Map<Bundle, Grade>();
  for (const bundle of bundles) {
    try {
      grades.set(bundle, await gradeOne(bundle, labs, students, from.get(bundle), options));
    } catch (error) {
      unreadable.push({ file: bundle.file, why: whyOf(error) });
    }
  }
  const doubtful = bundles.filter((bundle) =>
    grades.get(bundle)?.flags.some(({ kind }) => ORIGIN.has(kind) || !bundle.intact),
  );
  for (const [bundle, flag] of sharedFlags([...grades.keys()], new Set(doubtful)))
    if (!grades.get(bundle)?.flags.some(({ kind }) => kind === 'copied'))
      grades.get(bundle)?.flags.push(flag);
  senderFlags([...grades.values()], enrolled);
  const sorted = [...grades.values()].sort((a, b) => a.student.localeCompare(b.student));
  const missing = [...new Set(enrolled.map(({ student }) => student))].filter(
    (student) => !sorted.some((grade) => grade.student === student),
  );
  return { grades: sorted, unreadable, missing };
}

/** Flags that put in doubt whose machines a bundle is of. */
const ORIGIN: ReadonlySet<Flag['kind']> = new Set(['copied', 'mark', 'key', 'signature', 'history', 'code']);

/**
 * What a bundle is judged for: the whole labs that it was made for, so that the points of a class are out of the same number, or the
 * exam. LabError where that is nothing that can be judged.
 */
function wishesOf(
  { asked }: BundleContent,
  labs: LabGuide[],
  { exam, lab }: Pick<GradeOptions, 'exam' | 'lab'>,
) {
  const wish = exam?.lab ?? lab;
  if (wish) return [{ lab: wish, step: undefined }];
  if (asked.includes(EXAM))
    throw new LabError(
      { en: 'It was made by `lab exam`.', fr: 'Il a été fait par `lab exam`.' },
      {
        en: 'judge it with the file of the exam: `lab grade --exam FILE`.',
        fr: "évaluez-le avec le fichier de l'examen : `lab grade --exam FICHIER`.",
      },
    );
  const wanted = new Set(asked.map((wish) => stepsNamed(labs, wish).lab));
  return [...wanted].map((lab) => ({ lab, step: undefined }));
}

async function gradeOne(
  bundle: Bundle,
  labs: LabGuide[],
  students: Known[],
  participant: Participant | undefined,
  options: GradeOptions,
): Promise<Grade> {
  const { content } = bundle;
  const { exam, seed } = options;
  if (content.coded && seed === undefined) throw needsSeed();
  const wishes = wishesOf(content, labs, options);
  const plan = closure(exam ? [exam.lab] : labs, wishes);
  const judgedWith = await options.topologyOf(content.topology);
  const code = students.find(({ student }) => student === content.student)?.code;
  const context: CheckContext = {
    ...{ topology: judgedWith.topology, student: content.student, code, host: options.host },
    ...(content.factor === undefined ? {} : { factor: content.factor }),
  };
  const checks = await Promise.all(plan.labs.map((lab) => checksOf(lab, context, exam?.file, plan.wanted)));
  const facts = factsOfRecord(content, checks);
  // What was not tried is not known: it earns no points.
  const judged = shownOnly(judge(checks, facts, { trials: true }), plan.shown);
  const steps = stepsOf({ labs: judged });
  const flags = flagsOf(
    bundle,
    { labs: judged },
    {
      enrolled: options.enrolled ?? [],
      deadline: options.deadline,
      students,
      labs: exam ? [] : wishes.map(({ lab }) => lab),
      seeded: seed !== undefined,
      judgedWith,
      missing: missingInBundle({ ...content, facts }, checks, plan.shown),
    },
  );
  const given = answered(exam ? [] : questionsIn(wishes.map(({ lab }) => lab)), content.history);
  const answers = options.marks ? marked(given, content.student ?? '?', options.marks) : given;
  const grade: Grade = {
    file: bundle.file,
    ...(participant ? { participant } : {}),
    student: content.student ?? '?',
    created: content.created,
    key: bundle.key,
    topology: judgedWith.topology.name,
    ...pointsWith(steps, answers),
    hints: hintsIn(content.history),
    steps,
    answers,
    flags,
  };
  const asked = exam ? [] : wishes.map(({ lab }) => lab);
  options.judged?.({ grade, content, labs: asked, code, topology: judgedWith.topology });
  return grade;
}

/** Of the steps, and of the answers that a teacher gave points for. */
function pointsWith(steps: StepResult[], answers: Answered[]): { earned: number; possible: number } {
  const { earned, possible } = pointsOf(steps);
  const points = answers.flatMap((answer) => answer.points ?? []);
  const total = (of: 'earned' | 'possible') => sum(points.map((point) => point[of]));
  return { earned: earned + total('earned'), possible: possible + total('possible') };
}

const needsSeed = () =>
  new LabError(
    { en: 'It was made with a code of a class.', fr: "Il a été fait avec le code d'une classe." },
    {
      en: "judge it with the class's seed: `lab grade --seed FILE`.",
      fr: 'évaluez-le avec la graine de la classe : `lab grade --seed FICHIER`.',
    },
  );

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Text } from '../../base/text.ts';
import type { RoleName } from '../../topology/model.ts';
import type { LabGuide } from './model.ts';

/** An earlier lab whose student's files another lab may begin with. */
export interface Continued {
  lab: LabGuide;
  /** Roles that were built there, and that the kit has applied here. */
  roles: RoleName[];
  /** Ids of its steps that must hold with these files. */
  steps: string[];
}

/** Earlier labs whose files a lab cannot begin with. */
export interface NotContinued {
  labs: LabGuide[];
  why: Text;
}

/** Where a lab says what it begins with, beside its check.ts: checks of that alone. */
export const beginsFile = ({ folder }: Pick<LabGuide, 'folder'>): string => join(folder, 'begins.ts');

/**
 * The labs that built what a lab begins with, in order: of each role that is solved there the last one before that had it built. One that had
 * the same built earlier is not among them: its work was done again since.
 */
function buildersOf(labs: LabGuide[], { id, needs }: LabGuide): { lab: LabGuide; roles: RoleName[] }[] {
  const built = new Map<LabGuide, RoleName[]>();
  for (const role of needs.solved) {
    const lab = labs.findLast((other) => other.id < id && other.needs.bare.includes(role));
    if (lab) built.set(lab, [...(built.get(lab) ?? []), role]);
  }
  return [...built].map(([lab, roles]) => ({ lab, roles })).sort((a, b) => a.lab.id.localeCompare(b.lab.id));
}

const isText = (value: object): value is Text => 'en' in value;

/** Which of a student's files a lab may begin with, and why not the others. Nothing in a lab that begins with nothing of an earlier one. */
export function continuedBy(labs: LabGuide[], guide: LabGuide): { may: Continued[]; not: NotContinued[] } {
  const { continues = {}, needs } = guide;
  const may: Continued[] = [];
  const not: NotContinued[] = [];
  const refuse = (lab: LabGuide, why: Text) => {
    const same = not.find((other) => other.why.en === why.en);
    if (same) same.labs.push(lab);
    else not.push({ labs: [lab], why });
  };
  for (const { lab, roles } of buildersOf(labs, guide)) {
    const said = isText(continues) ? continues : continues[lab.id];
    if (Array.isArray(said)) may.push({ lab, roles, steps: said.map((step) => `${lab.id}.${step}`) });
    else if (said) refuse(lab, said);
    else if (needs.application === 'sample' && roles.every((role) => role === 'web')) refuse(lab, SAMPLE);
    else refuse(lab, UNSAID);
  }
  return { may, not };
}

const SAMPLE: Text = {
  en: "this lab asks for pages of the kit's own application",
  fr: "ce lab demande des pages de l'application du kit",
};

const UNSAID: Text = {
  en: 'the lab does not say that such files would fit (`continues` in its lab.yaml)',
  fr: 'le lab ne dit pas que de tels fichiers conviendraient (`continues` dans son lab.yaml)',
};

/** What is wrong with what a lab says of it. */
export function continuedFlaws(labs: LabGuide[], guide: LabGuide): string[] {
  const { continues = {} } = guide;
  if (isText(continues)) return [];
  const builders = buildersOf(labs, guide);
  const found = Object.entries(continues).flatMap(([id, said]): string[] => {
    const lab = builders.find((builder) => builder.lab.id === id)?.lab;
    if (!lab) return [`continues.${id}: it is not the lab before that built a role of needs.solved last`];
    if (!Array.isArray(said)) return [];
    return said
      .filter((step) => !lab.steps.some(({ number }) => number === step))
      .map((step) => `continues.${id}: there is no step ${id}.${step}`);
  });
  if (Object.values(continues).some(Array.isArray) && !existsSync(beginsFile(guide)))
    found.push('continues: begins.ts is missing, which says what must hold when the lab begins');
  return found;
}

/** Labs whose files a later lab may begin with: what students write there is kept when they leave it. */
export const continuedLabs = (labs: LabGuide[]): LabGuide[] => {
  const ids = new Set(labs.flatMap((guide) => continuedBy(labs, guide).may.map(({ lab }) => lab.id)));
  return labs.filter(({ id }) => ids.has(id));
};

import { basename, join } from 'node:path';
import * as z from 'zod';
import { NEXTCLOUD_ROLES } from '../../artifacts/application/application.ts';
import { LabError, messageOf } from '../../base/errors.ts';
import { readYaml } from '../../base/yaml.ts';
import { continuedFlaws } from './continued.ts';
import { LAB_FOLDER, labIdOf, labIn } from './ids.ts';
import { type LabData, type LabGuide, labSchema } from './model.ts';
import { labNames } from './names.ts';

function invalid(file: string, details: string[]): LabError {
  return new LabError(
    { en: `${file} does not describe a lab.`, fr: `${file} ne décrit pas un lab.` },
    {
      en: 'mend what is listed; docs/writing-labs.md explains every field.',
      fr: 'corrigez ce qui est listé ; docs/writing-labs.md explique chaque champ.',
    },
    details,
  );
}

/** Rules that a schema of single fields cannot express. */
function inconsistencies(data: LabData, id: string): string[] {
  const numbers = Object.keys(data.steps).map(Number);
  const found: string[] = [];
  if (numbers.length === 0) found.push('steps: there is none');
  numbers.forEach((number, index) => {
    if (number !== index + 1) found.push(`steps: ${index + 1} is missing before ${number}`);
  });
  for (const [number, step] of Object.entries(data.steps))
    for (const ref of step.after) {
      const own =
        typeof ref === 'number' ? ref : labIn(ref) === id ? Number(ref.slice(id.length + 1)) : undefined;
      if (own !== undefined && !(own < Number(number) && numbers.includes(own)))
        found.push(`steps.${number}.after: ${ref} is not an earlier step`);
      if (typeof ref === 'string' && (labIn(ref) ?? '') > id)
        found.push(`steps.${number}.after: ${ref} is a later lab`);
    }
  for (const [name, fault] of Object.entries(data.faults))
    for (const step of fault.breaks)
      if (!numbers.includes(step)) found.push(`faults.${name}.breaks: there is no step ${step}`);
  for (const role of data.needs.solved)
    if (data.needs.bare.includes(role)) found.push(`needs: ${role} is both solved and bare`);
  found.push(...applicationFlaws(data.needs));
  const paper = data.needs.machines === 'none';
  for (const [name, { edit }] of Object.entries(data.faults))
    if ((edit !== undefined) !== paper)
      found.push(`faults.${name}: edit is for labs without machines, and nothing else is there`);
  return found;
}

/** Nextcloud cannot be installed before what it stores in: a lab that begins without says that it takes the sample application. */
function applicationFlaws({ solved, application }: LabData['needs']): string[] {
  const missing = NEXTCLOUD_ROLES.filter((role) => !solved.includes(role));
  if (application === 'sample' || !solved.includes('web') || missing.length === 0) return [];
  return [
    `needs.application: web machines without ${missing.join(', ')} cannot serve Nextcloud; write application: sample`,
  ];
}

/** Reads one lab from its folder. LabError that lists everything wrong with its lab.yaml. */
export function readLab(folder: string): LabGuide {
  const file = join(folder, 'lab.yaml');
  const name = basename(folder);
  const id = LAB_FOLDER.exec(name)?.[1];
  if (!id) throw invalid(file, [`${name}: the folder of a lab is named NN-name, for example 14-monitoring`]);
  let raw: unknown;
  try {
    raw = readYaml(file);
  } catch (error) {
    throw invalid(file, [messageOf(error)]);
  }
  const result = labSchema.safeParse(raw);
  if (!result.success) throw invalid(file, z.prettifyError(result.error).split('\n'));
  const { steps, ...data } = result.data;
  const wrong = inconsistencies(result.data, id);
  if (wrong.length > 0) throw invalid(file, wrong);
  return {
    ...data,
    id,
    name,
    folder,
    steps: Object.entries(steps).map(([number, step]) => ({
      ...step,
      number: Number(number),
      id: `${id}.${number}`,
      after: step.after.map((ref) => (typeof ref === 'number' ? `${id}.${ref}` : ref)),
    })),
  };
}

/** All labs, in order. LabError for one that is wrong, or for a dependency on a step that is not there. */
export function readLabs(root: string): LabGuide[] {
  const labs = labNames(root).map((name) => readLab(join(root, 'labs', name)));
  const known = new Set(labs.flatMap((lab) => lab.steps.map((step) => step.id)));
  for (const lab of labs)
    for (const step of lab.steps)
      for (const ref of step.after)
        if (!known.has(ref)) throw invalid(join(lab.folder, 'lab.yaml'), [`${step.id}: no step ${ref}`]);
  for (const lab of labs) {
    const wrong = continuedFlaws(labs, lab);
    if (wrong.length > 0) throw invalid(join(lab.folder, 'lab.yaml'), wrong);
  }
  return labs;
}

/** The lab that a user named: 4, 04, 04-keepalived, keepalived; 7b. LabError that lists the labs. */
export function labNamed(labs: LabGuide[], wish: string): LabGuide {
  const id = labIdOf(wish);
  const found = labs.find((lab) => lab.id === id || lab.name === wish || lab.name === `${lab.id}-${wish}`);
  if (found) return found;
  throw new LabError(
    { en: `There is no lab "${wish}".`, fr: `Il n'y a pas de lab « ${wish} ».` },
    {
      en: `choose one of ${labs.map((lab) => lab.name).join(', ')}.`,
      fr: `choisissez parmi ${labs.map((lab) => lab.name).join(', ')}.`,
    },
  );
}

/** What a user means by N or N.S: a lab, and one of its steps or all. */
export function stepsNamed(labs: LabGuide[], wish: string): { lab: LabGuide; step: number | undefined } {
  const [, first = wish, second] = /^([^.]+)\.(\d+)$/.exec(wish) ?? [];
  const lab = labNamed(labs, first);
  if (second === undefined) return { lab, step: undefined };
  if (lab.steps.some((step) => step.number === Number(second))) return { lab, step: Number(second) };
  throw new LabError(
    {
      en: `Lab ${lab.id} has no step ${second}.`,
      fr: `Le lab ${lab.id} n'a pas d'étape ${second}.`,
    },
    { en: `its steps are 1 to ${lab.steps.length}.`, fr: `ses étapes vont de 1 à ${lab.steps.length}.` },
  );
}

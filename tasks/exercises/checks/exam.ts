import * as z from 'zod';
import { LabError } from '../../base/errors.ts';
import type { LabGuide } from '../guides/model.ts';
import { importChecks } from './load.ts';

const text = z.union([
  z.strictObject({ en: z.string(), fr: z.string() }),
  z.string().transform((both) => ({ en: both, fr: both })),
]);

/** What a teacher's file exports beside its checks: `export const exam = {…}`. */
const examSchema = z.strictObject({
  title: text,
  steps: z.record(
    z.string().regex(/^[1-9]\d?$/),
    z.strictObject({
      title: text,
      points: z.number().int().min(0).default(1),
      after: z.array(z.number().int()).default([]),
    }),
  ),
});

/** An exam's number: above that of every lab. */
export const EXAM = '99';

/** An exam as a lab that has no guide: one file, anywhere. LabError when it is none. */
export async function readExam(file: string): Promise<LabGuide> {
  const module = await importChecks(file);
  const result = examSchema.safeParse(module.exam);
  if (!result.success)
    throw new LabError(
      { en: `${file} does not describe an exam.`, fr: `${file} ne décrit pas un examen.` },
      {
        en: 'export `exam` with title and steps beside the checks (docs/grading.md).',
        fr: 'exportez `exam` avec title et steps à côté des vérifications (docs/grading.md).',
      },
      z.prettifyError(result.error).split('\n'),
    );
  const { title, steps } = result.data;
  return {
    id: EXAM,
    name: `${EXAM}-exam`,
    folder: '',
    title,
    summary: title,
    minutes: 60,
    draft: false,
    level: 'advanced',
    needs: { solved: [], bare: [], machines: 'all', application: 'any' },
    vary: {},
    faults: {},
    steps: Object.entries(steps).map(([number, step]) => ({
      ...step,
      number: Number(number),
      id: `${EXAM}.${number}`,
      after: step.after.map((value) => `${EXAM}.${value}`),
      hints: [],
      recipe: true,
    })),
  };
}

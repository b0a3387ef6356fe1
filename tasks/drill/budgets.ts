import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROLE_NAMES } from '../topology/model.ts';
import { FAULTS, HOLDERS, KINDS } from './model.ts';

const seconds = z.number().positive();

const budgetSchema = z.strictObject({
  name: z.string(),
  faults: z.array(z.enum(FAULTS)).optional(),
  holder: z.enum(HOLDERS).optional(),
  role: z.enum(ROLE_NAMES).optional(),
  service: z.string().optional(),
  kinds: z.array(z.enum(KINDS)).default([]),
  outage: z.number().min(0).optional(),
  failed: z.int().min(0).optional(),
  failedOnReturn: z.int().min(0).optional(),
  lost: z.int().min(0).optional(),
  redundancy: seconds.optional(),
  hold: seconds.optional(),
});
export type Budget = z.infer<typeof budgetSchema>;

const schema = z.strictObject({
  kinds: z.record(
    z.enum(KINDS),
    z
      .strictObject({ interval: seconds, limit: seconds, timeout: seconds })
      .refine((one) => one.limit < one.timeout, {
        error: 'limit must be below timeout',
      }),
  ),
  size: z.int().positive(),
  largeSize: z.int().positive(),
  largeRate: z.int().positive(),
  budgets: z.array(budgetSchema),
  prediction: z.strictObject({ share: seconds, seconds }),
  steady: z.strictObject({ seconds, share: z.number().min(0).max(1) }),
  busy: seconds,
  hold: seconds,
  redundancyWait: seconds,
});

/** roles/budgets.yaml: how a drill measures and what it is judged by. */
export type Budgets = z.infer<typeof schema>;

export function readBudgets(root: string): Budgets {
  return schema.parse(parse(readFileSync(join(root, 'roles', 'budgets.yaml'), 'utf8')));
}

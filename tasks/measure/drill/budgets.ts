import { join } from 'node:path';
import * as z from 'zod';
import { readYaml } from '../../base/yaml.ts';
import { HOLDERS } from '../../inspect/holders.ts';
import { between, FAST } from '../../roles/timers.ts';
import { ROLE_NAMES } from '../../topology/model.ts';
import { FAULTS, KINDS, type Kind } from './model.ts';

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
  slow: z.strictObject({ outage: z.number().min(0) }).optional(),
  /** Both outages where the engine has no power switch. */
  selfFencing: z.strictObject({ outage: z.number().min(0), slow: z.number().min(0) }).optional(),
});
export type Budget = z.infer<typeof budgetSchema>;

const schema = z.strictObject({
  kinds: z.record(
    z.enum(KINDS),
    z
      .strictObject({ interval: seconds, limit: seconds, timeout: seconds })
      .refine((settings) => settings.limit < settings.timeout, {
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
  slow: z.strictObject({ pace: seconds, interval: seconds }),
  applications: z.record(
    z.string(),
    z.strictObject({ limit: seconds, interval: z.partialRecord(z.enum(KINDS), seconds) }),
  ),
});

/** roles/budgets.yaml: how a drill measures and what it is judged by. */
export type Budgets = z.infer<typeof schema>;

/** The budgets of a lab with this timer factor (roles/timers.ts) and application; without `powerSwitch` a lost machine fences itself. */
export function readBudgets(
  root: string,
  { factor = FAST, app = '', powerSwitch }: { factor?: number; app?: string; powerSwitch?: number } = {},
): Budgets {
  const all = schema.parse(readYaml(join(root, 'roles', 'budgets.yaml')));
  const budgets = asked(powerSwitch === undefined ? selfFenced(all) : all, app);
  return factor > FAST ? slowed(budgets, factor) : budgets;
}

const selfFenced = (budgets: Budgets): Budgets => ({
  ...budgets,
  budgets: budgets.budgets.map((budget) => {
    const { selfFencing } = budget;
    return selfFencing
      ? { ...budget, outage: selfFencing.outage, slow: { outage: selfFencing.slow } }
      : budget;
  }),
});

/** Every kind with another pace: its interval, and what it may take, times a factor. */
const paced = (kinds: Budgets['kinds'], interval: (kind: Kind) => number, pace: number): Budgets['kinds'] => {
  const all = { ...kinds };
  for (const kind of KINDS) {
    const { interval: every, limit, timeout } = kinds[kind];
    all[kind] = { interval: every * interval(kind), limit: limit * pace, timeout: timeout * pace };
  }
  return all;
};

/** As often, and for as long, as the application's requests allow. What is allowed in a drill stays the same. */
function asked(budgets: Budgets, app: string): Budgets {
  const factor = budgets.applications[app];
  if (!factor) return budgets;
  const interval = (kind: Kind) => factor.interval[kind] ?? 1;
  return { ...budgets, kinds: paced(budgets.kinds, interval, factor.limit) };
}

/** For slow machines: everything may take longer, and less is asked of them in the same time. */
function slowed(budgets: Budgets, factor: number): Budgets {
  const pace = between(1, budgets.slow.pace, factor);
  const interval = between(1, budgets.slow.interval, factor);
  const outageOf = ({ outage = 0, slow }: Budget) =>
    hundredths(slow ? between(outage, slow.outage, factor) : outage * pace);
  return {
    ...budgets,
    kinds: paced(budgets.kinds, () => interval, pace),
    largeRate: Math.ceil(budgets.largeRate / pace),
    budgets: budgets.budgets.map((budget) => ({
      ...budget,
      ...(budget.outage === undefined ? {} : { outage: outageOf(budget) }),
      ...(budget.redundancy === undefined ? {} : { redundancy: budget.redundancy * pace }),
      ...(budget.hold === undefined ? {} : { hold: budget.hold * pace }),
    })),
    steady: { ...budgets.steady, seconds: budgets.steady.seconds * pace },
    hold: budgets.hold * pace,
    redundancyWait: budgets.redundancyWait * pace,
  };
}

const hundredths = (value: number) => Math.round(value * 100) / 100;

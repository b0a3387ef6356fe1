import * as z from 'zod';
import type { Topology } from '../../topology/model.ts';
import type { Facts } from '../checks/probe.ts';
import type { CheckResult } from '../checks/result.ts';
import { carriedFiles } from '../session/carry.ts';
import type { HistoryEntry } from '../state/state.ts';

/** Everything a teacher needs to judge a lab again, elsewhere. */
export interface BundleContent {
  format: 1;
  kit: string;
  student: string | undefined;
  /** His values follow from a code of his class, which is not in here. */
  coded?: boolean;
  lab: string;
  /** ISO 8601, by the student's computer. */
  created: string;
  /** The student's: compared with the teacher's, never judged with. */
  topology: Topology;
  /** The lab's timer factor, which some limits go by; absent: 1. */
  factor?: number;
  /** What was asked: NN or NN.S. */
  asked: string[];
  facts: Facts;
  result: CheckResult;
  hints: Record<string, number>;
  history: HistoryEntry[];
}

const words = z.record(z.string(), z.string());

/**
 * What is read of a content: it comes from a student, and one that is malformed must not stop the grading of a class. Parts
 * that only the student's own kit reads are left open.
 */
const contentSchema = z.looseObject({
  format: z.literal(1),
  student: z.string().optional(),
  coded: z.boolean().optional(),
  created: z.iso.datetime(),
  topology: z.looseObject({
    name: z.string(),
    network: z.looseObject({ cidr: z.string(), host: z.string() }),
    floating: z.record(z.string(), z.looseObject({ address: z.string() })),
    machines: z.array(z.looseObject({ name: z.string(), address: z.string(), roles: z.array(z.string()) })),
  }),
  factor: z.number().min(1).max(10).optional(),
  asked: z.array(z.string()).min(1),
  facts: z.looseObject({
    collected: z.iso.datetime(),
    machines: z.record(
      z.string(),
      z.looseObject({
        state: z.enum(['answered', 'off', 'silent', 'late', 'garbled']),
        identity: words,
        answers: z.record(z.string(), z.looseObject({ code: z.number().nullable(), out: z.string() })),
        files: carriedFiles.optional(),
        left: z.array(z.string()).optional(),
      }),
    ),
  }),
  result: z.looseObject({
    labs: z.array(z.looseObject({ steps: z.array(z.looseObject({ id: z.string(), outcome: z.string() })) })),
  }),
  hints: z.record(z.string(), z.number()),
  history: z.array(
    z.looseObject({
      ...{ at: z.iso.datetime(), kind: z.string(), what: z.string(), before: z.string() },
      ...{ facts: z.string().optional(), from: z.string().optional() },
      roles: z.array(z.string()).optional(),
      passed: z.array(z.string()).optional(),
      reports: words.optional(),
      text: z.string().optional(),
    }),
  ),
});

/** The content as read from its text, untouched: digests are made of it. Throws when it is none. */
export function parseContent(text: string): BundleContent {
  const content: unknown = JSON.parse(text);
  const { error } = contentSchema.safeParse(content);
  if (error) throw new Error(z.prettifyError(error).split('\n').slice(0, 2).join(' '));
  return content as BundleContent;
}

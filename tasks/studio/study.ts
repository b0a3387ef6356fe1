import * as z from 'zod';
import { LAB_ID, STEP_ID } from '../exercises/guides/ids.ts';
import { MACHINE_NAME } from '../topology/model.ts';
import type { Ask, GuideTold, LabsTold, SnapshotTold, Wish } from './page/protocol.ts';

/** What a page is told of the labs of students. */
export interface Study {
  labs(): Promise<LabsTold>;
  /** LabError for a lab that there is not. */
  guide(lab: string, language: 'en' | 'fr'): Promise<GuideTold>;
  snapshots(): Promise<SnapshotTold[]>;
}

/** The work in a lab that a page may have done. */
export interface Practice {
  /** Checks a lab again and again from now on; no lab: no more. */
  check(lab: string | undefined, language: 'en' | 'fr'): void;
  /** Has a block of a guide for this computer run. LabError for what is none, or when another one is at work. */
  run(lab: string, text: string, language: 'en' | 'fr'): Promise<void>;
  stopRun(): void;
  /** Gives the next hint of a step, which counts as read. LabError for a step that there is not. */
  hint(step: string): Promise<void>;
}

const LAB = z.string().regex(LAB_ID);
const language = z.enum(['en', 'fr']);
const askSchema = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('labs') }),
  z.strictObject({ ask: z.literal('snapshots') }),
  z.strictObject({ ask: z.literal('guide'), lab: LAB, language }),
]);

/** What a page asks to be told; undefined for anything else. */
export const readAsk = (value: unknown): Ask | undefined => askSchema.safeParse(value).data;

const size = z.int().min(2).max(500);
const wishSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('check'), lab: LAB.exactOptional(), language }),
  z.strictObject({ do: z.literal('hint'), step: z.string().regex(STEP_ID), language }),
  z.strictObject({ do: z.literal('run'), lab: LAB, text: z.string().max(600), language }),
  z.strictObject({ do: z.literal('stop-run') }),
  z.strictObject({ do: z.literal('shell'), machine: z.string().regex(MACHINE_NAME), cols: size, rows: size }),
  z.strictObject({ do: z.literal('close-shell'), id: z.string().regex(/^[0-9a-f]{16}$/) }),
]);

/** What a page wants beside the kit's commands; undefined for anything else. */
export const readWish = (value: unknown): Wish | undefined => wishSchema.safeParse(value).data;

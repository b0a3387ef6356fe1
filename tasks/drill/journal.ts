import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { writeWholeSync } from '../host/files.ts';
import { type Tools, undo } from './faults.ts';
import { type Fault, faultSchema } from './model.ts';

const schema = z.object({ fault: faultSchema, since: z.number() });

/** Folder of a lab's drills. */
export const drillsFolder = (labFolder: string): string => join(labFolder, 'drills');

const file = (labFolder: string) => join(drillsFolder(labFolder), 'open.json');

/** Writes down a fault before it is made, so that it is undone whatever becomes of this process. */
export function openFault(labFolder: string, fault: Fault): void {
  mkdirSync(drillsFolder(labFolder), { recursive: true });
  writeWholeSync(file(labFolder), JSON.stringify({ fault, since: Date.now() }));
}

/** Forgets it: it is undone. */
export function closeFault(labFolder: string): void {
  rmSync(file(labFolder), { force: true });
}

/** The fault that was not undone; undefined when there is none. */
export function leftFault(labFolder: string): Fault | undefined {
  if (!existsSync(file(labFolder))) return undefined;
  return schema.parse(JSON.parse(readFileSync(file(labFolder), 'utf8'))).fault;
}

/** Undoes what an interrupted drill left. Returns it; undefined when there was nothing. */
export async function undoLeft(labFolder: string, tools: Tools): Promise<Fault | undefined> {
  const fault = leftFault(labFolder);
  if (!fault) return undefined;
  await undo(fault, tools);
  closeFault(labFolder);
  return fault;
}
